//! Layers that planning has to read: each fetched once, checked, and kept for the bundle.
//!
//! A pull keeps them in its journal. A dry run, which may leave nothing behind, has small ones in memory
//! and large ones in anonymous temporary files: an installer's layers have hundreds of megabytes.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use bundle::{Access, PrivateDirectory};
use oci::{BlobSource, Descriptor, Digest, Hasher};
use registry::client::Repository;
use tokio::sync::OnceCell;

use super::blob_stream::hash;
use crate::{
    Error,
    journal::{Journal, blob_name},
    pull::CONTENT_ATTEMPTS,
};

/// Layers up to this size, in bytes, may stay in memory in a dry run.
const SMALL: u64 = 1024 * 1024;
/// All layers in memory together, in bytes.
const MEMORY_BUDGET: u64 = 24 * 1024 * 1024;

/// Keeps verified blobs by digest; each is fetched once, however many ask at the same time.
#[derive(Debug)]
pub struct LayerStore {
    place: Place,
    kept: Mutex<HashMap<Digest, Arc<OnceCell<Kept>>>>,
}

#[derive(Debug)]
enum Place {
    /// Files under the digest in this directory, and blobs in an earlier run's partial bundle.
    Journal { directory: Arc<PrivateDirectory>, written: Mutex<HashMap<Digest, Kept>> },
    /// Memory, until this budget in bytes is used up, and anonymous files.
    Temporary { budget: AtomicU64 },
}

/// One kept blob.
pub(crate) type Kept = Arc<dyn BlobSource>;

impl LayerStore {
    /// A store in the journal of a pull.
    pub fn in_journal(journal: &Journal) -> Self {
        let written = journal.written_earlier().into_iter();
        let written = written.map(|(digest, blob)| (digest, Arc::new(blob) as Kept)).collect();
        Self::at(Place::Journal { directory: journal.directory().clone(), written: Mutex::new(written) })
    }

    /// A store that vanishes with the process.
    pub fn temporary() -> Self {
        Self::at(Place::Temporary { budget: AtomicU64::new(MEMORY_BUDGET) })
    }

    fn at(place: Place) -> Self {
        Self { place, kept: Mutex::default() }
    }

    /// The blob, fetched from `repository` if it is not here yet.
    pub(crate) async fn get(&self, descriptor: &Descriptor, repository: &Repository) -> Result<Kept, Error> {
        let cell = locked(&self.kept).entry(descriptor.digest).or_default().clone();
        cell.get_or_try_init(|| self.fetch(descriptor, repository)).await.cloned()
    }

    /// The blobs that were asked for and are here.
    pub(crate) fn digests(&self) -> BTreeSet<Digest> {
        let kept = locked(&self.kept);
        kept.iter().filter(|(_, cell)| cell.initialized()).map(|(digest, _)| *digest).collect()
    }

    /// Lets go of every blob, so that nothing holds the files any more.
    pub(crate) fn forget(&self) {
        locked(&self.kept).clear();
        if let Place::Journal { written, .. } = &self.place {
            locked(written).clear();
        }
    }

    async fn fetch(&self, descriptor: &Descriptor, repository: &Repository) -> Result<Kept, Error> {
        match &self.place {
            Place::Temporary { budget } => {
                let reserve = |left: u64| left.checked_sub(descriptor.size);
                let reserved = budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, reserve);
                if descriptor.size <= SMALL && reserved.is_ok() {
                    return Ok(Arc::new(repository.blob_bytes(descriptor, SMALL).await?));
                }
                let path = std::env::temp_dir();
                let file =
                    tempfile::tempfile().map_err(|source| Error::File { path: path.clone(), source })?;
                let file = complete(file, path, descriptor, repository).await?;
                Ok(Arc::new(KeptFile { file, size: descriptor.size }))
            }
            Place::Journal { directory, written } => {
                let earlier = locked(written).remove(&descriptor.digest);
                if let Some(blob) = earlier.filter(|blob| blob.size() == descriptor.size)
                    && checked(&blob, descriptor).await?
                {
                    return Ok(blob);
                }
                let name = blob_name(&descriptor.digest);
                let path = directory.path_of(&name);
                let file = directory.open_file(&name, Access::Write);
                let file = file.map_err(|source| Error::File { path: path.clone(), source })?;
                complete(file, path, descriptor, repository).await?;
                Ok(Arc::new(ClosedFile { directory: directory.clone(), name, size: descriptor.size }))
            }
        }
    }
}

/// Appends to `file`, which may hold the blob's first bytes, until the blob is whole.
async fn complete(
    mut file: File,
    path: PathBuf,
    descriptor: &Descriptor,
    repository: &Repository,
) -> Result<File, Error> {
    let failed = |source| Error::File { path: path.clone(), source };
    let there = file.metadata().map_err(failed)?.len();
    let there = if there <= descriptor.size { there } else { 0 };
    let blob: Kept = Arc::new(KeptFile { file: file.try_clone().map_err(failed)?, size: there });
    let hasher = digest_of(blob, descriptor).await?;
    file.seek(SeekFrom::Start(there)).map_err(failed)?;
    let mut found = append(&mut file, hasher, there, descriptor, repository).await?.map_err(failed)?;
    // What was there may be the damaged part, and something on the way may have spoiled what came.
    let mut whole_attempts = u32::from(there == 0);
    while found != descriptor.digest && whole_attempts < CONTENT_ATTEMPTS {
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        found = append(&mut file, descriptor.digest.hasher(), 0, descriptor, repository)
            .await?
            .map_err(failed)?;
        whole_attempts += 1;
    }
    if found != descriptor.digest {
        return Err(Error::content(repository, &descriptor.digest, found));
    }
    Ok(file)
}

async fn append(
    file: &mut File,
    mut hasher: Hasher,
    position: u64,
    descriptor: &Descriptor,
    repository: &Repository,
) -> Result<io::Result<Digest>, Error> {
    if position < descriptor.size {
        let mut blob = repository.read_blob(descriptor.digest, descriptor.size, position);
        while let Some(chunk) = blob.next().await? {
            hasher.update(&chunk);
            if let Err(error) = file.write_all(&chunk) {
                return Ok(Err(error));
            }
        }
    }
    Ok(Ok(hasher.finish()))
}

async fn checked(blob: &Kept, descriptor: &Descriptor) -> Result<bool, Error> {
    Ok(digest_of(blob.clone(), descriptor).await?.finish() == descriptor.digest)
}

pub(super) async fn digest_of(blob: Kept, descriptor: &Descriptor) -> Result<Hasher, Error> {
    let digest = descriptor.digest;
    let task = tokio::task::spawn_blocking(move || hash(&*blob, digest.hasher()));
    let hasher = task.await.map_err(|error| Error::Internal(error.to_string()))?;
    hasher.map_err(|source| Error::File { path: digest.hex().into(), source })
}

fn locked<T>(mutex: &Mutex<T>) -> parking_lot::MutexGuard<'_, T> {
    mutex.lock()
}

/// A blob in a file of its own. Its content has not been checked.
#[derive(Debug)]
pub(crate) struct KeptFile {
    file: File,
    size: u64,
}

impl KeptFile {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl BlobSource for KeptFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(buf.len());
        self.file.read_exact_at(&mut buf[..count], offset)?;
        Ok(count)
    }
}

/// A file that is open only while it is read: the modules of one pull have more than a process may open.
#[derive(Debug)]
struct ClosedFile {
    directory: Arc<PrivateDirectory>,
    name: String,
    size: u64,
}

impl BlobSource for ClosedFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        KeptFile { file: self.directory.open_file(&self.name, Access::Read)?, size: self.size }
            .read_at(offset, buf)
    }
}
