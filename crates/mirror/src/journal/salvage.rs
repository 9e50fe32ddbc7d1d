//! Taking over what is still wanted when the source has moved on: the new plan places blobs elsewhere.
//!
//! Each blob is copied out of the old partial bundle into a file of its own, and its space in the old
//! one given back at once, so that the disk never holds both. It may break off at any moment: what has
//! been copied is found by its file, the rest is still where the old plan says.

use std::{collections::HashSet, io::Write as _};

use bundle::{Access, PrivateDirectory};

use super::{
    earlier::Earlier,
    plan_file::{PlacedBlob, PlanFile},
};
use crate::{Error, Event, Observer};

const BLOCK: usize = 1024 * 1024;

pub(super) fn salvage(
    earlier: &Earlier,
    plan: &PlanFile,
    directory: &PrivateDirectory,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let wanted: HashSet<_> = plan.blobs.iter().map(|blob| blob.digest).collect();
    let mut kept: Vec<(&PlacedBlob, u64)> =
        earlier.blobs().filter(|(blob, _)| wanted.contains(&blob.digest)).collect();
    kept.sort_by_key(|(blob, _)| blob.offset);
    let bytes: u64 = kept.iter().map(|(_, length)| length).sum();
    if bytes == 0 {
        return Ok(());
    }
    observer.event(Event::Note(format!(
        "the selection or the source has changed since the interrupted pull: {bytes} bytes of its data are reused"
    )));
    if !release_all_but(earlier, &kept) {
        let path = directory.path();
        let free =
            bundle::free_space(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        observer.event(Event::Note(format!(
            "this file system cannot free parts of a file, so reusing the data needs {bytes} more bytes; {free} are free"
        )));
        if free < bytes {
            return Err(bundle::BundleError::DiskFull { path: path.to_owned(), needed: bytes, free }.into());
        }
    }
    for (blob, length) in kept {
        copy(earlier, blob, length, directory)?;
        earlier.writer.release(blob.offset, length);
    }
    Ok(())
}

/// Gives back everything but the ranges that are kept; whether the file system can do that.
fn release_all_but(earlier: &Earlier, kept: &[(&PlacedBlob, u64)]) -> bool {
    let mut position = 0;
    let ends = kept.iter().map(|(blob, length)| (blob.offset, blob.offset + length));
    for (start, end) in ends.chain([(earlier.plan.size, earlier.plan.size)]) {
        if start > position && !earlier.writer.release(position, start - position) {
            return false;
        }
        position = end;
    }
    true
}

/// Appends what the file does not have yet.
fn copy(
    earlier: &Earlier,
    blob: &PlacedBlob,
    length: u64,
    directory: &PrivateDirectory,
) -> Result<(), Error> {
    let name = super::blob_name(&blob.digest);
    let failed = |source| Error::File { path: directory.path_of(&name), source };
    let mut file = directory.open_file(&name, Access::Append).map_err(failed)?;
    let mut position = file.metadata().map_err(failed)?.len();
    let mut block = vec![0; BLOCK];
    while position < length {
        let count = usize::try_from(length - position).unwrap_or(BLOCK).min(BLOCK);
        earlier.writer.read_at(blob.offset + position, &mut block[..count])?;
        file.write_all(&block[..count]).map_err(failed)?;
        position += count as u64;
    }
    Ok(())
}
