//! The one seam between what stores bytes (a bundle, memory) and what sends them (pusher, server).

use std::io;

/// Random access to the bytes of one blob.
///
/// Implementations read with `pread`, so one source serves many readers at the same time and an upload can be
/// started again from any offset.
pub trait BlobSource: Send + Sync + std::fmt::Debug {
    /// The size in bytes.
    fn size(&self) -> u64;

    /// Fills `buf` from `offset` as far as the blob reaches and returns the number of bytes read.
    ///
    /// Less than `buf.len()` only at the end of the blob.
    ///
    /// # Errors
    /// What the storage underneath reports; a store that ends before [`BlobSource::size`] is
    /// [`io::ErrorKind::UnexpectedEof`].
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

/// Bytes in memory.
impl BlobSource for bytes::Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let count = buf.len().min(self.len() - start);
        buf[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }
}
