//! A blob read from its start to its end.

use std::{io, sync::Arc};

use bytes::{Buf as _, Bytes};
use oci::{BlobSource, Hasher};

const BLOCK: usize = 128 * 1024;

/// A [`BlobSource`] as a byte stream.
#[derive(Debug)]
pub(crate) struct BlobStream {
    blob: Arc<dyn BlobSource>,
    buffer: Bytes,
    position: u64,
}

impl BlobStream {
    pub(crate) fn new(blob: Arc<dyn BlobSource>) -> Self {
        Self { blob, buffer: Bytes::new(), position: 0 }
    }
}

impl io::Read for BlobStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            let mut block = vec![0; BLOCK];
            let count = self.blob.read_at(self.position, &mut block)?;
            block.truncate(count);
            self.position += count as u64;
            self.buffer = block.into();
        }
        let count = buf.len().min(self.buffer.len());
        self.buffer.copy_to_slice(&mut buf[..count]);
        Ok(count)
    }
}

/// Feeds all of `blob` to `hasher`.
pub(super) fn hash(blob: &dyn BlobSource, mut hasher: Hasher) -> io::Result<Hasher> {
    let mut block = vec![0; BLOCK];
    let mut position = 0;
    while position < blob.size() {
        let count = blob.read_at(position, &mut block)?;
        hasher.update(&block[..count]);
        position += count as u64;
    }
    Ok(hasher)
}
