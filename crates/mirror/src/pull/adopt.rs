//! Moving what the journal keeps of a blob to the blob's places in the bundle.

use std::io::Read as _;

use bundle::{Access, PlannedBlob, PrivateDirectory, Writer};

use crate::{
    Error,
    journal::{Progress, blob_name},
};

/// Files up to this size, in bytes, stay in the journal after they were copied: planning reads them
/// again if the pull is interrupted, and all of them together are small beside the bundle.
const STAYS: u64 = 1024 * 1024;

const BLOCK: usize = 1024 * 1024;

/// Copies the blob's file, if there is one that is longer than `written`, and notes how far the blob has
/// come. Its content has not been checked: that is done when the blob is completed.
pub(super) fn adopt(
    writer: &Writer,
    progress: &Progress,
    number: u32,
    blob: &PlannedBlob,
    directory: &PrivateDirectory,
    written: u64,
) -> Result<u64, Error> {
    let name = blob_name(&blob.digest);
    let failed = |source| Error::File { path: directory.path_of(&name), source };
    let Ok(mut source) = directory.open_file(&name, Access::Read) else { return Ok(written) };
    let length = source.metadata().map_err(failed)?.len().min(blob.size);
    let mut position = 0;
    if length > written {
        let mut block = vec![0; BLOCK];
        while position < length {
            let count = source.read(&mut block).map_err(failed)?;
            if count == 0 {
                break;
            }
            let count = usize::try_from(length - position).unwrap_or(BLOCK).min(count);
            for place in &blob.offsets {
                writer.write_at(place + position, &block[..count])?;
            }
            position += count as u64;
        }
        progress.record(number, position)?;
    }
    if length > STAYS {
        directory.remove_file(&name).map_err(failed)?;
    }
    Ok(position.max(written))
}
