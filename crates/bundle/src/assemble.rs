//! Writing a planned bundle from blobs that are in other bundles on the disk.

use std::{collections::HashMap, path::Path, sync::Arc};

use oci::{BlobSource, Digest};

use crate::{
    Bundle, BundleError, Converted, FrontierSums, Layout, PlannedBlob, WriteSums, Writer,
    convert::{check_room, complete, refuse_itself},
    layout::entry_path,
    progress::Progress,
    reader::LocalBlob,
    sums::RecordedSums,
};

/// Copied at a time, in bytes.
const BLOCK: usize = 1024 * 1024;

/// Writes the archive that `layout` describes into the one file `out`. Each blob is copied from the first of `inputs`
/// that has it, and its digest is checked. `sums` refers to the first input.
///
/// The file gets its name only when it is complete and correct. After a failure nothing is left, except if only the
/// checksum file cannot be written.
///
/// # Errors
/// As [`Writer`]; [`BundleError::OntoItself`] if `out` is an input; [`BundleError::Damaged`] for a blob that does not
/// have its digest; [`BundleError::NoSuchBlob`]; [`BundleError::Cancelled`].
pub fn assemble(
    layout: &Layout,
    inputs: &[&Bundle],
    out: &Path,
    sums: WriteSums,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    for volumes in inputs.iter().flat_map(|input| input.volumes()) {
        refuse_itself(volumes, out)?;
    }
    let mut with_sums = sums == WriteSums::Always;
    for volumes in inputs.iter().take(1).flat_map(|input| input.volumes()) {
        with_sums |= !RecordedSums::read(volumes)?.is_empty();
    }
    Writer::check(out, layout.size(), None)?;
    check_room(out, layout.size())?;
    let mut blobs: HashMap<Digest, LocalBlob> = HashMap::new();
    for (digest, blob) in inputs.iter().flat_map(|input| input.local_blobs()) {
        blobs.entry(digest).or_insert(blob);
    }
    let write = || {
        let writer = Arc::new(Writer::create(out, layout.size(), None)?);
        writer.reserve()?;
        let sums = with_sums.then(|| FrontierSums::start(Arc::clone(&writer))).transpose()?;
        let done = |offset: u64, count: u64| {
            if let Some(sums) = &sums {
                sums.done(offset, count);
            }
        };
        progress.began(layout.blobs().iter().map(|blob| blob.size).sum());
        for (offset, bytes) in layout.fixed_segments() {
            writer.write_at(offset, &bytes)?;
            done(offset, bytes.len() as u64);
        }
        for blob in layout.blobs() {
            let no_such = || BundleError::NoSuchBlob { digest: blob.digest };
            copy(blob, blobs.get(&blob.digest).ok_or_else(no_such)?, &writer, progress)?;
            for offset in &blob.offsets {
                done(*offset, blob.size);
            }
        }
        let sums = sums.map(FrontierSums::finish).transpose()?;
        Ok((sums, writer.finish()?))
    };
    complete(out, layout.size(), write)
}

fn copy(
    blob: &PlannedBlob,
    from: &LocalBlob,
    writer: &Writer,
    progress: &dyn Progress,
) -> Result<(), BundleError> {
    let damaged = |reason: String| BundleError::Damaged {
        path: from.path.clone(),
        entry: entry_path(&from.repository, &oci::layout::blob_path(&blob.digest)),
        reason,
    };
    let size = from.content.size();
    if size != blob.size {
        return Err(damaged(format!("it has {size} bytes instead of {}", blob.size)));
    }
    let mut hasher = blob.digest.hasher();
    let mut block = vec![0; BLOCK];
    let mut position = 0;
    while position < size {
        if progress.cancelled() {
            return Err(BundleError::Cancelled);
        }
        let count = from.content.read_at(position, &mut block).map_err(BundleError::io(&from.path))?;
        if count == 0 {
            return Err(BundleError::io(&from.path)(std::io::ErrorKind::UnexpectedEof.into()));
        }
        hasher.update(&block[..count]);
        for offset in &blob.offsets {
            writer.write_at(offset + position, &block[..count])?;
        }
        position += count as u64;
        progress.bytes(count as u64);
    }
    let actual = hasher.finish();
    if actual == blob.digest { Ok(()) } else { Err(damaged(format!("the content has the digest {actual}"))) }
}
