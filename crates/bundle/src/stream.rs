//! Reading a range of a bundle in file order, block by block.

use std::ops::Range;

use bytes::Bytes;
use oci::BlobSource;

use crate::{BundleError, progress::Progress, volumes::Volumes};

/// Read at a time, in bytes.
const BLOCK: u64 = 1024 * 1024;

/// Calls `take` with each block of `range` and its offset.
///
/// # Errors
/// [`BundleError::Cancelled`], [`BundleError::Io`], or what `take` returns.
pub(crate) fn blocks(
    volumes: &Volumes,
    range: Range<u64>,
    progress: &dyn Progress,
    mut take: impl FnMut(u64, &Bytes) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    let mut offset = range.start;
    // Taken back after each block if nobody holds it any more: a fresh megabyte costs a page fault each 4 KiB.
    let mut spare = Vec::new();
    while offset < range.end {
        if progress.cancelled() {
            return Err(BundleError::Cancelled);
        }
        let count = BLOCK.min(range.end - offset);
        let mut bytes: Vec<u8> = std::mem::take(&mut spare);
        bytes.resize(usize::try_from(count).unwrap_or_default(), 0);
        let read = volumes.read_at(offset, &mut bytes).map_err(|error| volumes.failed(error))?;
        if read < bytes.len() {
            return Err(volumes.failed(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let block = Bytes::from(bytes);
        take(offset, &block)?;
        if let Ok(unshared) = block.try_into_mut() {
            spare = Vec::from(unshared);
        }
        offset += count;
        progress.bytes(count);
    }
    Ok(())
}
