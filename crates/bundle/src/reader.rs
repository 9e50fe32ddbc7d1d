//! A bundle opened for reading: which repositories are inside, and each blob straight from its place.
//!
//! A bundle is one archive, or the archives of a directory, which are one set of repositories: what several of
//! them hold of a repository is put together, in the order of their names. So of two images with one tag the
//! later archive's counts, as for `d8 mirror push`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use oci::{
    BlobSource, Descriptor, Digest, RawManifest,
    layout::{REF_NAME, blob_path},
    manifest,
};

use crate::{
    BundleError, Thin,
    archive::{self, Archive},
    archives,
    layout::entry_path,
    modules,
    tar_index::TarError,
    volumes::Volumes,
};

/// A bundle, open for reading. Nothing is written, so it may be on read-only media.
///
/// ```no_run
/// use bundle::Bundle;
///
/// let bundle = Bundle::open(&["/media/usb/d8.tar".into()])?;
/// for repository in bundle.repositories() {
///     println!("{}: {} blobs", repository.path, repository.blobs.len());
/// }
/// # Ok::<(), bundle::BundleError>(())
/// ```
#[derive(Debug)]
pub struct Bundle {
    archives: Vec<Arc<Volumes>>,
    repositories: Vec<Repository>,
    thin: Option<Box<ThinContent>>,
}

/// What a bundle with a thin archive has and lacks.
#[derive(Debug, Default)]
struct ThinContent {
    thin: Thin,
    /// Every blob of all repositories, and its size in bytes.
    places: HashMap<Digest, (Place, u64)>,
}

/// Where the content of a blob of a repository is, with its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// In the bundle.
    Here(u64),
    /// Not in the bundle, because the target has it: the bundle is thin.
    LeftOut(u64),
}

/// One repository in a bundle.
#[derive(Debug, Default)]
pub struct Repository {
    /// Path below the root of the registry: empty for the root itself, `install`, `modules/x/release`.
    pub path: String,
    /// The descriptors of `index.json`, in its order.
    pub index: Vec<Descriptor>,
    /// What is stored, manifests too: size in bytes by digest. Contents have not been checked.
    pub blobs: BTreeMap<Digest, u64>,
    places: BTreeMap<Digest, Place>,
    /// The first archive that has some of it.
    archive: usize,
}

/// The position of a blob.
#[derive(Debug, Clone, Copy)]
struct Place {
    archive: usize,
    offset: u64,
}

impl Bundle {
    /// Opens the bundle that `paths` name. Each names the whole archive (`d8.tar`), even if it exists in
    /// parts (`d8.tar.0000.chunk`, …), one path per directory; or each is a directory, and the bundle is all
    /// archives in them. Only headers and `index.json` are read.
    ///
    /// # Errors
    /// [`BundleError`] if there is no bundle, a part is missing, or an archive is damaged.
    pub fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        let archives = archives::open(paths)?.into_iter().map(|volumes| Archive::read(Arc::new(volumes)));
        Ok(Self::of(archives.collect::<Result<_, _>>()?))
    }

    /// Opens all modules in `directory`: archives `module-NAME.tar`, whole or in parts, and image layouts that are
    /// in directories `NAME`. Other archives are skipped.
    ///
    /// # Errors
    /// As [`Self::open`]; [`BundleError::Ambiguous`] if a module exists in both forms.
    pub fn open_modules(directory: &Path) -> Result<Self, BundleError> {
        Ok(Self::of(modules::open(directory)?))
    }

    /// The bundle that `archives` make up.
    pub(crate) fn of(archives: Vec<Archive>) -> Self {
        let mut repositories: BTreeMap<String, Repository> = BTreeMap::new();
        let mut volumes = Vec::with_capacity(archives.len());
        let mut thin: Option<Box<ThinContent>> = None;
        for (number, archive) in archives.into_iter().enumerate() {
            volumes.push(archive.volumes);
            if let Some(Thin { bases, left_out }) = archive.thin {
                let known = &mut thin.get_or_insert_default().thin;
                known.bases.extend(bases);
                known.left_out.extend(left_out);
            }
            for layout in archive.layouts {
                let repository = repositories.entry(layout.path.clone()).or_insert_with(|| Repository {
                    path: layout.path,
                    archive: number,
                    ..Repository::default()
                });
                repository.add(number, layout.index, layout.places);
            }
        }
        let repositories: Vec<Repository> = repositories.into_values().collect();
        if let Some(thin) = &mut thin {
            let all = repositories.iter().flat_map(|it| it.places.iter().zip(it.blobs.values()));
            thin.places = all.map(|((digest, place), size)| (*digest, (*place, *size))).collect();
        }
        Self { archives: volumes, repositories, thin }
    }

    /// What the bundle leaves out, if it is thin.
    pub fn thin(&self) -> Option<&Thin> {
        self.thin.as_ref().map(|thin| &thin.thin)
    }

    /// Where the content of a blob or manifest of `repository` is; `None` if it is missing. A blob of a full bundle must
    /// be in the repository itself; in a thin bundle it is in any repository, or left out.
    pub fn stored(&self, repository: &Repository, digest: &Digest) -> Option<Stored> {
        if let Some((_, size)) = self.place(repository, digest) {
            return Some(Stored::Here(size));
        }
        let held = self.thin()?.left_out.get(digest)?;
        Some(Stored::LeftOut(held.size))
    }

    fn place(&self, repository: &Repository, digest: &Digest) -> Option<(Place, u64)> {
        let own = repository.places.get(digest).copied().zip(repository.blobs.get(digest).copied());
        own.or_else(|| self.thin.as_ref()?.places.get(digest).copied())
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

    /// The size in bytes, all archives and their parts together.
    pub fn size(&self) -> u64 {
        self.archives.iter().map(|archive| archive.size()).sum()
    }

    /// How many archives it is.
    pub fn archives(&self) -> usize {
        self.archives.len()
    }

    /// How many files the bundle is in: 1 if it is one archive in one piece.
    pub fn parts(&self) -> usize {
        self.archives.iter().map(|archive| archive.count()).sum()
    }

    /// The names of its archives, as they were given; of one in parts that of the whole.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.archives.iter().flat_map(|archive| archive.named()).map(PathBuf::as_path)
    }

    /// The files that contain the blob or manifest of `repository`.
    pub(crate) fn files_of(&self, repository: &Repository, digest: &Digest) -> Vec<PathBuf> {
        self.place(repository, digest)
            .map_or_else(Vec::new, |(place, size)| self.archives[place.archive].paths_of(place.offset, size))
    }

    /// A blob or manifest of this repository that is [`Stored::Here`], read in place. Its content has not been checked.
    pub fn blob(&self, repository: &str, digest: &Digest) -> Option<Arc<dyn BlobSource>> {
        let (place, size) = self.place(self.repository(repository)?, digest)?;
        let volumes = Arc::clone(&self.archives[place.archive]);
        Some(Arc::new(Slice { volumes, offset: place.offset, size }))
    }

    /// The archives.
    pub(crate) fn volumes(&self) -> impl Iterator<Item = &Volumes> {
        self.archives.iter().map(|archive| &**archive)
    }

    /// Every blob and manifest of every repository. Contents have not been checked.
    pub(crate) fn local_blobs(&self) -> impl Iterator<Item = (Digest, LocalBlob)> {
        self.repositories.iter().flat_map(move |repository| {
            repository.places.iter().zip(repository.blobs.values()).map(move |((digest, place), size)| {
                let volumes = &self.archives[place.archive];
                let blob = LocalBlob {
                    path: volumes.path_at(place.offset).to_owned(),
                    repository: repository.path.clone(),
                    content: Slice { volumes: Arc::clone(volumes), offset: place.offset, size: *size },
                };
                (*digest, blob)
            })
        })
    }

    /// The manifest that `descriptor` names, checked by size and digest.
    ///
    /// # Errors
    /// [`BundleError::Damaged`] if it is not there, not what the descriptor says, or no manifest.
    pub fn manifest(&self, repository: &str, descriptor: &Descriptor) -> Result<RawManifest, BundleError> {
        let digest = descriptor.digest;
        let entry = entry_path(repository, &blob_path(&digest));
        let repository = self.repository(repository);
        let place = repository.and_then(|it| Some((*it.places.get(&digest)?, *it.blobs.get(&digest)?)));
        let home = Place { archive: repository.map_or(0, |it| it.archive), offset: 0 };
        let (Place { archive, offset }, size) = place.unwrap_or((home, 0));
        let volumes = &self.archives[archive];
        let damaged = |reason: String| archive::name(volumes, TarError::malformed(offset, &entry, reason));
        if place.is_none() {
            return Err(damaged("the manifest is not in the bundle".to_owned()));
        }
        if size != descriptor.size {
            let reason = format!("it has {size} bytes instead of {}", descriptor.size);
            return Err(damaged(reason));
        }
        if size > manifest::MAX_SIZE {
            return Err(damaged(format!(
                "the manifest has {size} bytes, more than {} MiB",
                manifest::MAX_SIZE >> 20
            )));
        }
        let bytes = archive::read(&**volumes, offset, size);
        let bytes = bytes.map_err(|error| archive::name(volumes, error.into()))?;
        let found = digest.same_algorithm_of(&bytes);
        if found != digest {
            return Err(damaged(format!("the content has the digest {found}")));
        }
        RawManifest::with_digest(Some(&descriptor.media_type), bytes, digest)
            .map_err(|error| damaged(error.to_string()))
    }
}

impl Repository {
    /// Puts to it what archive number `archive` has of it.
    fn add(&mut self, archive: usize, index: Vec<Descriptor>, places: BTreeMap<Digest, (u64, u64)>) {
        let name = |it: &Descriptor| (it.digest, it.annotations.get(REF_NAME).cloned());
        let known: BTreeSet<_> = self.index.iter().map(name).collect();
        self.index.extend(index.into_iter().filter(|descriptor| !known.contains(&name(descriptor))));
        for (digest, (offset, size)) in places {
            if let Entry::Vacant(vacant) = self.places.entry(digest) {
                vacant.insert(Place { archive, offset });
                self.blobs.insert(digest, size);
            }
        }
    }
}

/// A blob in a bundle.
#[derive(Debug)]
pub(crate) struct LocalBlob {
    /// The file that it begins in.
    pub(crate) path: PathBuf,
    /// A repository that has it.
    pub(crate) repository: String,
    pub(crate) content: Slice,
}

/// One entry of the archive.
#[derive(Debug)]
pub(crate) struct Slice {
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
