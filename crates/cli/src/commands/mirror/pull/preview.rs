//! What a dry run shows in addition: each image, the bytes of each part, and the sticks that the bundle needs.

use std::{
    collections::{BTreeMap, HashSet},
    iter::repeat_n,
};

use ::bundle::Layout;
use mirror::{
    archives::PlannedArchive,
    parts::{self, Part, PartSize, PulledImage},
};
use oci::Digest;
use serde::Serialize;

use super::sticks::{Sticks, files};
use crate::{
    failure::Failure,
    format::{count, human},
    result_file::{self, Readers},
    settings::PullSettings,
    side_files::{self, SideSizes},
};

/// The size of a file with a GOST checksum, in bytes, with a name of usual length.
const GOST_SUM_SIZE: u64 = 100;

/// What a dry run shows in addition.
#[derive(Serialize)]
pub(super) struct Preview {
    /// Images and bytes of the platform, of each module and of the databases.
    parts: BTreeMap<Part, PartSize>,
    /// Every image.
    image_list: Vec<PulledImage>,
    /// How many files the bundle has.
    bundle_files: usize,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    sticks: Option<Sticks>,
    /// The file with the list of images.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_list_file: Option<String>,
    /// The size of the largest file of the bundle, in bytes.
    #[serde(skip)]
    largest_part: u64,
    #[serde(skip)]
    shows_images: bool,
    #[serde(skip)]
    lines: Vec<String>,
}

/// Checks that the list of images can be written when the source is read.
pub(super) fn check(settings: &PullSettings) -> Result<(), Failure> {
    let Some(path) = &settings.preview.image_list else { return Ok(()) };
    side_files::refuse_own_name("--image-list", path)?;
    result_file::is_free(path, "name another file")
}

impl Preview {
    /// Of the planned archives, and of what is written next to them. `name` returns the name of a repository of the source.
    pub(super) fn of(
        settings: &PullSettings,
        planned: &[PlannedArchive],
        side_files: &SideSizes,
        name: impl Fn(&str) -> String,
    ) -> Self {
        let wanted = || planned.iter().map(|archive| &archive.wanted);
        let files = files(planned.iter().map(|it| it.plan.layout().size()), settings.write.part_size);
        let sums = if settings.write.gost { files.len() } else { 0 };
        let carried: Vec<u64> = files
            .iter()
            .copied()
            .chain(repeat_n(GOST_SUM_SIZE, sums))
            .chain(side_files.all.iter().copied())
            .collect();
        let layouts = planned.iter().map(|archive| archive.plan.layout());
        let pulled: HashSet<Digest> = layouts.flat_map(Layout::blobs).map(|blob| blob.digest).collect();
        let image_list = parts::images(wanted());
        let line = |image: &PulledImage| {
            let tag = image.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
            format!("{}{tag}@{}", name(&image.repository), image.digest)
        };
        Self {
            parts: parts::sizes(wanted(), |digest| pulled.contains(digest)),
            lines: image_list.iter().map(line).collect(),
            image_list,
            bundle_files: files.len(),
            largest_part: files.iter().copied().max().unwrap_or(0),
            sticks: settings.preview.media_size.map(|size| Sticks::of(&carried, size)),
            image_list_file: settings.preview.image_list.as_ref().map(|path| path.display().to_string()),
            shows_images: settings.output.verbose,
        }
    }

    /// Writes the list of images, if a file for it was named.
    pub(super) fn write(&self, settings: &PullSettings) -> Result<(), Failure> {
        let Some(path) = &settings.preview.image_list else { return Ok(()) };
        let text = self.lines.join("\n") + "\n";
        result_file::write_new(path, text.as_bytes(), Readers::All)
    }

    /// The bytes of each part, below those of the whole download.
    pub(super) fn parts_text(&self) -> String {
        let width = self.parts.keys().map(|part| part.to_string().chars().count()).max().unwrap_or(0);
        let line = |(part, size): (&Part, &PartSize)| {
            let part = part.to_string();
            format!("  {part:<width$}  {:>9}  {}\n", human(size.bytes), count(size.images, "image"))
        };
        self.parts.iter().map(line).collect()
    }

    /// ` in 3 parts`, behind the size of the bundle.
    pub(super) fn in_files(&self) -> String {
        if self.bundle_files > 1 {
            format!(" in {}", count(self.bundle_files, "file"))
        } else {
            String::new()
        }
    }

    /// The sticks, if their size was named.
    pub(super) fn sticks_text(&self) -> String {
        let Some(sticks) = &self.sticks else { return String::new() };
        let size = human(sticks.size);
        match sticks.count {
            Some(number) => format!("media      {number} of {size}\n"),
            None if sticks.largest_file > self.largest_part => format!(
                "media      a file of {} next to the bundle does not fit on {size}\n",
                human(sticks.largest_file)
            ),
            None => format!(
                "media      a file of {} does not fit on {size}; split the bundle with --images-bundle-chunk-size\n",
                human(sticks.largest_file)
            ),
        }
    }

    /// The list of images, and what was written: maybe a lock file too.
    pub(super) fn images_text(&self, lock: Option<&str>) -> String {
        let mut text = String::new();
        if self.shows_images {
            text += "image list:\n";
            text.extend(self.lines.iter().map(|line| format!("  {line}\n")));
        }
        let written: Vec<&str> = self.image_list_file.as_deref().into_iter().chain(lock).collect();
        text.extend(written.iter().map(|file| format!("written    {file}\n")));
        let what = if written.is_empty() { "nothing" } else { "no bundle" };
        text += &format!("{what} was written (--dry-run)\n");
        text
    }
}
