//! One archive of a bundle: which image layouts it holds, and where each of their files is.

use std::{collections::BTreeMap, io, sync::Arc};

use bytes::Bytes;
use foreign_text::is_unfit_for_line;
use oci::{
    BlobSource, Descriptor, Digest, RepositoryName,
    layout::{INDEX_FILE, LayoutIndex, OCI_LAYOUT_FILE},
};
use tar_core::{HEADER_SIZE, Header};

use crate::{
    BundleError, Thin,
    layout::entry_path,
    legacy, part_fault,
    tar_index::{TarEntry, TarError, visit_entries},
    thin::{self, MAX_RECORD, RECORD_PATH},
    volumes::Volumes,
};

/// The most files that an archive may hold: many times the largest real one, and it bounds the memory.
const MAX_FILES: usize = 500_000;
/// The most that all `index.json` of an archive may take, in bytes: some 70 000 images.
const MAX_INDEXES: u64 = 32 * 1024 * 1024;

/// A tar, whole or in parts, whose headers and indexes have been read.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) volumes: Arc<Volumes>,
    /// The layouts, sorted by path.
    pub(crate) layouts: Vec<ArchiveLayout>,
    /// What it leaves out, if it is thin.
    pub(crate) thin: Option<Thin>,
}

/// An image layout in one archive.
#[derive(Debug)]
pub(crate) struct ArchiveLayout {
    /// The repository below the root of the registry.
    pub(crate) path: String,
    /// The descriptors of `index.json`, in its order.
    pub(crate) index: Vec<Descriptor>,
    /// Offset and size of everything that is stored.
    pub(crate) places: BTreeMap<Digest, (u64, u64)>,
}

impl Archive {
    /// Reads the headers and indexes of the archive in `volumes`.
    ///
    /// # Errors
    /// [`BundleError`] if it is no bundle's or damaged.
    pub(crate) fn read(volumes: Arc<Volumes>) -> Result<Self, BundleError> {
        check_kind(&volumes)?;
        let mut found = Found::default();
        visit_entries(&*volumes, |entry| found.add(&entry))
            .map_err(|error| name_structure(&volumes, error))?;
        let record = found.record;
        let mut layouts = found.read_indexes(&*volumes).map_err(|error| name(&volumes, error))?;
        let thin = record.map(|place| read_record(&*volumes, place, &mut layouts));
        let thin = thin.transpose().map_err(|error| name(&volumes, error))?;
        if layouts.is_empty() {
            return Err(BundleError::NotABundle {
                path: volumes.path_at(0).to_owned(),
                reason: "the archive contains no image layout (there is no index.json)".to_owned(),
            });
        }
        let name = volumes.named().first().and_then(|path| path.file_name());
        legacy::relocate(name, &mut layouts.iter_mut().map(|layout| &mut layout.path).collect::<Vec<_>>());
        Ok(Self { volumes, layouts, thin })
    }
}

/// Says in which file it is, and, of parts, which one is to blame.
pub(crate) fn name(volumes: &Volumes, error: TarError) -> BundleError {
    let (offset, entry, reason, truncated) = match error {
        TarError::Io(error) => return volumes.failed(error),
        TarError::Malformed { offset, entry, reason, truncated } => (offset, entry, reason, truncated),
    };
    if truncated && volumes.in_parts() {
        return BundleError::Damaged {
            path: volumes.path_at(u64::MAX).to_owned(),
            entry,
            reason: format!("{reason}; a part is truncated, or parts after this one are missing"),
        };
    }
    BundleError::Damaged {
        path: volumes.path_at(if truncated { u64::MAX } else { offset }).to_owned(),
        entry,
        reason,
    }
}

/// As [`name`], for an archive whose headers cannot be followed to the end.
fn name_structure(volumes: &Volumes, error: TarError) -> BundleError {
    part_fault::explain(volumes, &error).unwrap_or_else(|| name(volumes, error))
}

/// Tells the usual mistakes before the parser complains about a checksum.
fn check_kind(volumes: &Volumes) -> Result<(), BundleError> {
    let mut start = [0; HEADER_SIZE];
    let count = volumes.read_at(0, &mut start).map_err(|error| volumes.failed(error))?;
    let reason = match &start[..count] {
        [] => "the file is empty",
        [0x1f, 0x8b, ..] => "it is compressed with gzip; decompress it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "it is compressed with zstd; decompress it first",
        bytes if bytes.iter().all(|byte| *byte == 0) => "it begins with zeros",
        _ if Header::from_bytes(&start).verify_checksum().is_err() => "it is not a tar archive",
        _ => return Ok(()),
    };
    if volumes.in_parts()
        && let Some(error @ BundleError::WrongPart { .. }) =
            part_fault::explain(volumes, &TarError::malformed(0, "offset 0", reason))
    {
        return Err(error);
    }
    Err(BundleError::NotABundle { path: volumes.path_at(0).to_owned(), reason: reason.to_owned() })
}

/// The files of the archive that belong to image layouts.
#[derive(Default)]
pub(crate) struct Found {
    layouts: BTreeMap<String, Files>,
    files: usize,
    index_bytes: u64,
    /// Offset and size of the record of a thin bundle.
    record: Option<(u64, u64)>,
}

#[derive(Default)]
struct Files {
    marker: bool,
    index: Option<(u64, u64)>,
    places: BTreeMap<Digest, (u64, u64)>,
    /// Offset of any entry, to say where the layout is.
    offset: u64,
}

impl Found {
    /// Takes a file of the archive, if it belongs to a layout.
    pub(crate) fn add(&mut self, entry: &TarEntry<'_>) -> Result<(), TarError> {
        let fail = |reason: &str| Err(TarError::malformed(entry.offset, entry.path, reason));
        if entry.path.contains(is_unfit_for_line) {
            return fail("its name has control characters");
        }
        if entry.path == RECORD_PATH {
            return match self.record.replace((entry.offset, entry.size)) {
                _ if entry.size > MAX_RECORD => fail(&format!("it is larger than {} MiB", MAX_RECORD >> 20)),
                None => Ok(()),
                Some(_) => fail("the entry occurs twice"),
            };
        }
        let Some((path, file)) = classify(entry.path) else {
            return Ok(());
        };
        self.files += 1;
        if self.files > MAX_FILES {
            return fail(&format!("the archive has more than {MAX_FILES} files"));
        }
        if !self.layouts.contains_key(path) {
            if !path.is_empty() && path.parse::<RepositoryName>().is_err() {
                return fail("its directory is not a repository path");
            }
            let files = Files { offset: entry.offset, ..Files::default() };
            self.layouts.insert(path.to_owned(), files);
        }
        let Some(layout) = self.layouts.get_mut(path) else {
            return Ok(());
        };
        let new = match file {
            File::Marker => !std::mem::replace(&mut layout.marker, true),
            File::Index => {
                self.index_bytes = self.index_bytes.saturating_add(entry.size);
                layout.index.replace((entry.offset, entry.size)).is_none()
            }
            File::Blob(digest) => layout.places.insert(digest, (entry.offset, entry.size)).is_none(),
        };
        if self.index_bytes > MAX_INDEXES {
            return fail(&format!("all index.json together are larger than {} MiB", MAX_INDEXES >> 20));
        }
        if new { Ok(()) } else { fail("the entry occurs twice") }
    }

    /// Reads the index of each layout.
    pub(crate) fn read_indexes(self, archive: &dyn BlobSource) -> Result<Vec<ArchiveLayout>, TarError> {
        self.layouts
            .into_iter()
            .map(|(path, files)| {
                let entry = entry_path(&path, INDEX_FILE);
                let Some((offset, size)) = files.index else {
                    return Err(TarError::malformed(files.offset, entry, "the index is missing"));
                };
                let bytes = read(archive, offset, size)?;
                let index = LayoutIndex::parse(&bytes)
                    .map_err(|error| TarError::malformed(offset, entry, error.to_string()))?;
                Ok(ArchiveLayout { path, index: index.manifests, places: files.places })
            })
            .collect()
    }
}

/// Reads the record of a thin bundle at `place`, and removes its repository from `layouts`.
fn read_record(
    archive: &dyn BlobSource,
    place: (u64, u64),
    layouts: &mut Vec<ArchiveLayout>,
) -> Result<Thin, TarError> {
    let (offset, size) = place;
    let record = read(archive, offset, size)?;
    let layout = layouts.extract_if(.., |layout| layout.path == thin::REPOSITORY).next();
    let index = layout.map(|layout| layout.index).unwrap_or_default();
    Thin::parse(&record, &index).map_err(|reason| TarError::malformed(offset, RECORD_PATH, reason))
}

enum File {
    Marker,
    Index,
    Blob(Digest),
}

/// The repository and the role of a file; `None` for one that belongs to no layout, such as the stray
/// temporary files that old tools packed.
fn classify(path: &str) -> Option<(&str, File)> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        OCI_LAYOUT_FILE => return Some((directory, File::Marker)),
        INDEX_FILE => return Some((directory, File::Index)),
        _ => {}
    }
    let (above, algorithm) = directory.rsplit_once('/')?;
    let repository = match above.rsplit_once('/') {
        Some((repository, "blobs")) => repository,
        None if above == "blobs" => "",
        _ => return None,
    };
    let digest = format!("{algorithm}:{name}").parse().ok()?;
    Some((repository, File::Blob(digest)))
}

pub(crate) fn read(source: &dyn BlobSource, offset: u64, size: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    if source.read_at(offset, &mut bytes)? < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.into())
}
