//! A blob read from its start to its end.

use std::{io, sync::Arc};

use bytes::{Buf as _, Bytes};
use oci::{BlobSource, Hasher};
use parking_lot::Mutex;

const BLOCK: usize = 128 * 1024;

/// A [`BlobSource`] as a byte stream.
#[derive(Debug)]
pub(crate) struct BlobStream {
    blob: Arc<dyn BlobSource>,
    buffer: Bytes,
    position: u64,
    failure: Failure,
}

/// Why a blob could not be read to its end, if that is the fault of what holds it here and not of its content: who reads a
/// stream through a decompressor cannot tell the two apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    /// The error, if there was one.
    pub(crate) fn take(&self) -> Option<io::Error> {
        self.0.lock().take()
    }
}

impl BlobStream {
    pub(crate) fn new(blob: Arc<dyn BlobSource>) -> Self {
        Self { blob, buffer: Bytes::new(), position: 0, failure: Failure::default() }
    }

    /// What is known of a failure once the stream was read.
    pub(crate) fn failure(&self) -> Failure {
        self.failure.clone()
    }
}

impl io::Read for BlobStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            let mut block = vec![0; BLOCK];
            let count = self.blob.read_at(self.position, &mut block).inspect_err(|error| {
                // A file that is too short is damaged content.
                if error.kind() != io::ErrorKind::UnexpectedEof {
                    *self.failure.0.lock() = Some(io::Error::new(error.kind(), error.to_string()));
                }
            })?;
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

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Fails with this at its first byte.
    #[derive(Debug)]
    struct Failing(io::ErrorKind);

    impl BlobSource for Failing {
        fn size(&self) -> u64 {
            1
        }

        fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_fault_of_the_disk_is_not_a_fault_of_the_content() {
        for (kind, is_local) in [
            (io::ErrorKind::PermissionDenied, true),
            (io::ErrorKind::Other, true),
            (io::ErrorKind::UnexpectedEof, false),
        ] {
            let mut stream = BlobStream::new(Arc::new(Failing(kind)));
            let failure = stream.failure();
            assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), kind);
            assert_eq!(failure.take().map(|error| error.kind()), is_local.then_some(kind));
        }
    }
}
