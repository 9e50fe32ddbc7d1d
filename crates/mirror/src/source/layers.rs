//! Layers that planning had to read, kept so that the bundle does not download them again.
//!
//! Small ones stay in memory within a budget, larger ones become files: memory must not grow with
//! the number of releases, and an installer's layers have hundreds of megabytes.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use oci::{BlobSource, Descriptor, Digest};
use tokio::sync::OnceCell;

use crate::Error;

/// Layers up to this size, in bytes, may stay in memory.
const SMALL: u64 = 1024 * 1024;
/// All layers in memory together, in bytes.
const MEMORY_BUDGET: u64 = 24 * 1024 * 1024;

/// Keeps verified blobs by digest; each is fetched once, however many ask at the same time.
#[derive(Debug)]
pub struct LayerStore {
    directory: Option<PathBuf>,
    memory_left: AtomicU64,
    kept: Mutex<HashMap<Digest, Arc<OnceCell<Kept>>>>,
}

/// One kept blob.
pub(crate) type Kept = Arc<dyn BlobSource>;

impl LayerStore {
    /// A store whose larger blobs go to `directory`, or, without one, to anonymous temporary files
    /// that vanish with the process (a dry run leaves nothing behind).
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self {
            directory,
            memory_left: AtomicU64::new(MEMORY_BUDGET),
            kept: Mutex::default(),
        }
    }

    /// The blob, fetched by `reader` if it is not here yet.
    pub(crate) async fn get(
        &self,
        descriptor: &Descriptor,
        repository: &registry::client::Repository,
    ) -> Result<Kept, Error> {
        let cell = self.lock().entry(descriptor.digest).or_default().clone();
        cell.get_or_try_init(|| self.fetch(descriptor, repository))
            .await
            .cloned()
    }

    /// Takes a kept blob out; dropping the result frees its memory. Its file, if it has one, must be
    /// removed by the caller.
    pub(crate) fn take(&self, digest: &Digest) -> Option<(Kept, Option<PathBuf>)> {
        let cell = self.lock().remove(digest)?;
        let file = self.path(digest).filter(|path| path.exists());
        Some((cell.get()?.clone(), file))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<OnceCell<Kept>>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(digest.hex()))
    }

    async fn fetch(
        &self,
        descriptor: &Descriptor,
        repository: &registry::client::Repository,
    ) -> Result<Kept, Error> {
        let size = descriptor.size;
        let in_memory = size <= SMALL
            && self
                .memory_left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(size)
                })
                .is_ok();
        if in_memory {
            return Ok(Arc::new(repository.blob_bytes(descriptor, SMALL).await?));
        }
        let path = self.path(&descriptor.digest);
        let failed = |source| Error::File {
            path: path.clone().unwrap_or_else(std::env::temp_dir),
            source,
        };
        let mut file = match &path {
            Some(path) => File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(path)
                .map_err(failed)?,
            None => tempfile::tempfile().map_err(failed)?,
        };
        let mut blob = repository.read_blob(descriptor.digest, size, 0);
        let mut hasher = descriptor.digest.hasher();
        while let Some(chunk) = blob.next().await? {
            hasher.update(&chunk);
            file.write_all(&chunk).map_err(failed)?;
        }
        let found = hasher.finish();
        if found != descriptor.digest {
            return Err(Error::content(repository, &descriptor.digest, found));
        }
        Ok(Arc::new(KeptFile { file, size }))
    }
}

#[derive(Debug)]
struct KeptFile {
    file: File,
    size: u64,
}

impl BlobSource for KeptFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.size.saturating_sub(offset))
            .unwrap_or(usize::MAX)
            .min(buf.len());
        self.file.read_exact_at(&mut buf[..count], offset)?;
        Ok(count)
    }
}

/// A [`BlobSource`] as a byte stream.
#[derive(Debug)]
pub(crate) struct Stream {
    blob: Kept,
    buffer: Bytes,
    position: u64,
}

impl Stream {
    pub(crate) fn new(blob: Kept) -> Self {
        Self {
            blob,
            buffer: Bytes::new(),
            position: 0,
        }
    }
}

impl io::Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        const BLOCK: usize = 128 * 1024;
        if self.buffer.is_empty() {
            let mut block = vec![0; BLOCK];
            let count = self.blob.read_at(self.position, &mut block)?;
            block.truncate(count);
            self.position += count as u64;
            self.buffer = block.into();
        }
        let count = buf.len().min(self.buffer.len());
        buf[..count].copy_from_slice(&self.buffer.split_to(count));
        Ok(count)
    }
}
