//! A bundle opened for reading: which repositories are inside, and each blob straight from its place.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc};

use bytes::Bytes;
use oci::{
    BlobSource, Descriptor, Digest, RawManifest, RepositoryName,
    layout::{INDEX_FILE, LayoutIndex, OCI_LAYOUT_FILE, blob_path},
    manifest,
};
use tar_core::{HEADER_SIZE, Header};

use crate::{
    BundleError,
    layout::entry_path,
    part_fault,
    tar_index::{TarEntry, TarError, visit_entries},
    volumes::Volumes,
};

/// The most files that a bundle may hold: many times the largest real one, and it bounds the memory.
const MAX_FILES: usize = 500_000;
/// The most that all `index.json` may take, in bytes: some 70 000 images.
const MAX_INDEXES: u64 = 32 * 1024 * 1024;

/// A bundle, open for reading. Nothing is written anywhere, so it may lie on read-only media.
#[derive(Debug)]
pub struct Bundle {
    volumes: Arc<Volumes>,
    repositories: Vec<Repository>,
}

/// One repository in a bundle.
#[derive(Debug)]
pub struct Repository {
    /// Path below the root of the registry: empty for the root itself, `install`, `modules/x/release`.
    pub path: String,
    /// The descriptors of `index.json`, in its order.
    pub index: Vec<Descriptor>,
    /// What is stored, manifests too: size in bytes by digest. Contents have not been checked.
    pub blobs: BTreeMap<Digest, u64>,
    offsets: BTreeMap<Digest, u64>,
}

impl Bundle {
    /// Opens the bundle that `paths` name, one path per directory. Each names the whole (`d8.tar`), also
    /// where it lies there in parts (`d8.tar.0000.chunk`, …). Only headers and `index.json` are read.
    ///
    /// # Errors
    /// [`BundleError`] if there is no bundle, a part is missing, or the archive is damaged.
    pub fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        Self::read(Arc::new(Volumes::open(paths)?))
    }

    pub(crate) fn read(volumes: Arc<Volumes>) -> Result<Self, BundleError> {
        check_kind(&volumes)?;
        let mut found = Found::default();
        visit_entries(&*volumes, |entry| found.add(&entry))
            .map_err(|error| name_structure(&volumes, error))?;
        let repositories = found.read_indexes(&*volumes).map_err(|error| name(&volumes, error))?;
        if repositories.is_empty() {
            return Err(BundleError::NotABundle {
                path: volumes.path_at(0).to_owned(),
                reason: "the archive holds no image layout (there is no index.json)".to_owned(),
            });
        }
        Ok(Self { volumes, repositories })
    }

    /// The repositories, sorted by path.
    pub fn repositories(&self) -> &[Repository] {
        &self.repositories
    }

    /// The repository at `path`; empty for the root.
    pub fn repository(&self, path: &str) -> Option<&Repository> {
        let place = self.repositories.binary_search_by(|repository| repository.path.as_str().cmp(path));
        place.ok().map(|place| &self.repositories[place])
    }

    /// The size of the tar in bytes, all parts together.
    pub fn size(&self) -> u64 {
        self.volumes.size()
    }

    /// How many files the bundle lies in: 1 if it is whole.
    pub fn parts(&self) -> usize {
        self.volumes.count()
    }

    /// The files that it lies in.
    pub(crate) fn volumes(&self) -> &Volumes {
        &self.volumes
    }

    /// The files that the blob or manifest of `repository` lies in.
    pub(crate) fn files_of(&self, repository: &Repository, digest: &Digest) -> Vec<PathBuf> {
        let place = repository.offsets.get(digest).zip(repository.blobs.get(digest));
        place.map_or_else(Vec::new, |(offset, size)| self.volumes.paths_of(*offset, *size))
    }

    /// A blob or manifest of exactly this repository, read in place. Its content has not been checked.
    pub fn blob(&self, repository: &str, digest: &Digest) -> Option<Arc<dyn BlobSource>> {
        let repository = self.repository(repository)?;
        Some(Arc::new(Slice {
            volumes: Arc::clone(&self.volumes),
            offset: *repository.offsets.get(digest)?,
            size: *repository.blobs.get(digest)?,
        }))
    }

    /// The manifest that `descriptor` names, checked by size and digest.
    ///
    /// # Errors
    /// [`BundleError::Damaged`] if it is not there, not what the descriptor says, or no manifest.
    pub fn manifest(&self, repository: &str, descriptor: &Descriptor) -> Result<RawManifest, BundleError> {
        let digest = descriptor.digest;
        let entry = entry_path(repository, &blob_path(&digest));
        let place = self
            .repository(repository)
            .and_then(|found| Some((*found.offsets.get(&digest)?, *found.blobs.get(&digest)?)));
        let (offset, size) = place.unwrap_or_default();
        let damaged = |reason: String| name(&self.volumes, TarError::malformed(offset, &entry, reason));
        if place.is_none() {
            return Err(damaged("the manifest is not in the bundle".to_owned()));
        }
        if size != descriptor.size {
            let reason = format!("it has {size} bytes, {} are stated", descriptor.size);
            return Err(damaged(reason));
        }
        if size > manifest::MAX_SIZE {
            return Err(damaged(format!("{size} bytes are too many for a manifest")));
        }
        let bytes = read(&*self.volumes, offset, size).map_err(|error| name(&self.volumes, error.into()))?;
        let found = digest.same_algorithm_of(&bytes);
        if found != digest {
            return Err(damaged(format!("the content has the digest {found}")));
        }
        RawManifest::with_digest(Some(&descriptor.media_type), bytes, digest)
            .map_err(|error| damaged(error.to_string()))
    }
}

impl Repository {
    /// Digest, offset and size of everything that is stored.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Digest, u64, u64)> {
        let sizes = self.blobs.values();
        self.offsets.iter().zip(sizes).map(|((digest, offset), size)| (*digest, *offset, *size))
    }
}

/// Says in which file it is, and, of parts, which one is to blame.
fn name(volumes: &Volumes, error: TarError) -> BundleError {
    let (offset, entry, reason, truncated) = match error {
        TarError::Io(error) => return volumes.failed(error),
        TarError::Malformed { offset, entry, reason, truncated } => (offset, entry, reason, truncated),
    };
    if truncated && volumes.in_parts() {
        return BundleError::Damaged {
            path: volumes.path_at(u64::MAX).to_owned(),
            entry,
            reason: format!("{reason}; a part is cut, or parts after this one are missing"),
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
    let found = match &error {
        TarError::Malformed { offset, entry, reason, truncated } => {
            part_fault::explain(volumes, *offset, entry, reason, *truncated)
        }
        TarError::Io(_) => None,
    };
    found.unwrap_or_else(|| name(volumes, error))
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
        _ if Header::from_bytes(&start).verify_checksum().is_err() => "it is no tar archive",
        _ => return Ok(()),
    };
    if volumes.in_parts()
        && let Some(error @ BundleError::WrongPart { .. }) =
            part_fault::explain(volumes, 0, "offset 0", reason, false)
    {
        return Err(error);
    }
    Err(BundleError::NotABundle { path: volumes.path_at(0).to_owned(), reason: reason.to_owned() })
}

/// The files of the archive that belong to image layouts.
#[derive(Default)]
struct Found {
    layouts: BTreeMap<String, Files>,
    files: usize,
    index_bytes: u64,
}

#[derive(Default)]
struct Files {
    marker: bool,
    index: Option<(u64, u64)>,
    sizes: BTreeMap<Digest, u64>,
    offsets: BTreeMap<Digest, u64>,
    /// Offset of any entry, to say where the layout is.
    offset: u64,
}

impl Found {
    fn add(&mut self, entry: &TarEntry<'_>) -> Result<(), TarError> {
        let fail = |reason: &str| Err(TarError::malformed(entry.offset, entry.path, reason));
        let Some((path, file)) = classify(entry.path) else {
            return Ok(());
        };
        self.files += 1;
        if self.files > MAX_FILES {
            return fail("the archive has more files than any bundle");
        }
        if !self.layouts.contains_key(path) {
            if !path.is_empty() && path.parse::<RepositoryName>().is_err() {
                return fail("its directory is no repository path");
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
            File::Blob(digest) => {
                layout.offsets.insert(digest, entry.offset);
                layout.sizes.insert(digest, entry.size).is_none()
            }
        };
        if self.index_bytes > MAX_INDEXES {
            return fail("the indexes are larger than those of any bundle");
        }
        if new { Ok(()) } else { fail("the entry occurs twice") }
    }

    fn read_indexes(self, archive: &dyn BlobSource) -> Result<Vec<Repository>, TarError> {
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
                Ok(Repository { path, index: index.manifests, blobs: files.sizes, offsets: files.offsets })
            })
            .collect()
    }
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

fn read(source: &dyn BlobSource, offset: u64, size: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    if source.read_at(offset, &mut bytes)? < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.into())
}

/// One entry of the archive.
#[derive(Debug)]
struct Slice {
    volumes: Arc<Volumes>,
    offset: u64,
    size: u64,
}

impl BlobSource for Slice {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(offset);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if count == 0 {
            return Ok(0);
        }
        let read = self.volumes.read_at(self.offset + offset, &mut buf[..count])?;
        if read < count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(count)
    }
}
