//! The releases in `deckhousereleases.yaml` next to a bundle.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use deckhouse::{
    ReleaseManifest,
    release_check::{ReleaseCheckError, differences},
    release_list::{RELEASES_FILE, parse_releases},
};
use mirror::{Cause, MissingItem, WantedBy};
use semver::Version;

use crate::failure::Failure;

/// The files in the directories of a bundle.
#[derive(Debug, Default)]
pub(crate) struct ReleasesFiles {
    /// The files that could be read, with the releases that they name and their content.
    pub(crate) files: Vec<(PathBuf, BTreeSet<Version>, Vec<u8>)>,
    /// Files that cannot be used.
    pub(crate) unusable: Vec<MissingItem>,
}

impl ReleasesFiles {
    /// Reads the files next to `bundle`, which is named once for each of its directories, or in the directories that it
    /// names. A bundle on several media may have the file on any of them.
    pub(crate) fn next_to(bundle: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let place = |path: &PathBuf| {
            if path.is_dir() { path.join(RELEASES_FILE) } else { path.with_file_name(RELEASES_FILE) }
        };
        for path in bundle.iter().map(place) {
            let Some(path) = bundle::as_spelled(&path)? else { continue };
            let Some(bytes) = bundle::read_file(&path)? else { continue };
            match parse_releases(&bytes) {
                Ok(releases) => found.files.push((path, releases, bytes)),
                Err(error) => {
                    found.unusable.push(item(&path, String::new(), Vec::new(), &error.to_string()));
                }
            }
        }
        Ok(found)
    }

    /// All releases in the files.
    pub(crate) fn releases(&self) -> BTreeSet<Version> {
        self.files.iter().flat_map(|(_, releases, _)| releases).cloned().collect()
    }

    /// The releases of a bundle that a file does not have: a cluster would not know about them.
    pub(crate) fn lacking<'a>(
        &'a self,
        releases: &'a BTreeSet<Version>,
    ) -> impl Iterator<Item = MissingItem> + 'a {
        self.files.iter().flat_map(move |(path, listed, _)| {
            releases.difference(listed).map(move |version| {
                let by = vec![WantedBy::Release(version.clone())];
                item(path, format!("v{version}"), by, "the bundle has this release, but the file does not")
            })
        })
    }

    /// Where a file does not describe a release as the image of the release does.
    pub(crate) fn contradictions(&self, described: &[ReleaseManifest]) -> Result<Vec<MissingItem>, Failure> {
        let mut all = Vec::new();
        for (path, _, content) in &self.files {
            match differences(content, described) {
                Ok(found) => all.extend(found.iter().map(|difference| {
                    let by = vec![WantedBy::Release(difference.version.clone())];
                    item(path, String::new(), by, &difference.to_string())
                })),
                Err(ReleaseCheckError::File(error)) => {
                    all.push(item(path, String::new(), Vec::new(), &error.to_string()));
                }
                Err(ReleaseCheckError::Release(error)) => return Err(mirror::Error::from(error).into()),
            }
        }
        Ok(all)
    }
}

fn item(path: &Path, reference: String, wanted_by: Vec<WantedBy>, reason: &str) -> MissingItem {
    MissingItem {
        repository: path.display().to_string(),
        reference,
        wanted_by,
        reason: reason.to_owned(),
        cause: Cause::Missing,
    }
}
