//! Writing only the requested parts of a bundle.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use oci::{Algorithm, BlobSource as _, Digest, Hasher};

use super::PartsRequest;
use crate::{
    BundleError, WriteSums,
    archive::Archive,
    convert::refuse_itself,
    disk, names,
    owned::{self, Readers},
    progress::Progress,
    regular, stream,
    sums::{RecordedSums, SumThread, write_sum},
    volumes::Volumes,
};

/// Writes the requested parts of the archive that `paths` name into `directory`, and returns the files. The archive may
/// be whole or in parts of any size. `sums` says whether the GOST checksums of the parts are written.
///
/// # Errors
/// As [`crate::Bundle::open`]; [`BundleError::OtherBundle`] if the archive is not the requested one, or has no such part;
/// [`BundleError::OntoItself`]; [`BundleError::DiskFull`]; [`BundleError::Io`]; [`BundleError::Cancelled`].
pub fn split_only(
    paths: &[PathBuf],
    directory: &Path,
    request: &PartsRequest,
    sums: WriteSums,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, BundleError> {
    let archive = Archive::read(Arc::new(Volumes::open(paths)?))?;
    let volumes = &archive.volumes;
    let bundle = directory.join(request.bundle.as_str());
    refuse_itself(volumes, &bundle)?;
    let with_sums = sums == WriteSums::Always || !RecordedSums::read(volumes)?.is_empty();
    let range = |number: u32| {
        let start = u64::from(number).saturating_mul(request.part_size);
        start..volumes.size().min(start.saturating_add(request.part_size))
    };
    let count = u32::try_from(volumes.size().div_ceil(request.part_size)).unwrap_or(u32::MAX);
    let other = |reason: String| BundleError::OtherBundle { path: paths[0].clone(), reason };
    if let Some(absent) = request.parts.iter().find(|number| **number >= count) {
        let reason = format!("with this part size it has {count} parts, and part {absent} is requested");
        return Err(other(reason));
    }
    let wanted: Vec<u32> = (0..count).filter(|number| request.includes(*number)).collect();
    let known = range(request.known.part);
    let size = |range: &std::ops::Range<u64>| range.end.saturating_sub(range.start);
    let needed: u64 = wanted.iter().map(|number| size(&range(*number))).sum();
    let free = disk::free_space(directory).map_err(BundleError::io(directory))?;
    if free < needed {
        return Err(BundleError::DiskFull { path: bundle, needed, free });
    }
    progress.began(needed + size(&known));
    if size(&known) != request.known.size || digest(volumes, known, progress)? != request.known.digest {
        let part = request.known.part;
        return Err(other(format!(
            "its part {part} would differ from the one that the request was made with"
        )));
    }
    let mut files = Vec::new();
    for number in wanted {
        let part = names::part(&bundle, number);
        let sum = write(volumes, range(number), &part, with_sums, progress)
            .inspect_err(|_| drop(fs::remove_file(names::partial(&part))))?;
        files.push(part.clone());
        if let Some(sum) = sum {
            files.push(write_sum(&part, &sum)?);
        }
    }
    Ok(files)
}

/// The digest of a range of an archive.
pub(super) fn digest(
    volumes: &Volumes,
    range: std::ops::Range<u64>,
    progress: &dyn Progress,
) -> Result<Digest, BundleError> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    stream::blocks(volumes, range, progress, |_, block| {
        hasher.update(block);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// Writes a range of the archive to `part`, which gets its name when it is complete.
fn write(
    volumes: &Volumes,
    range: std::ops::Range<u64>,
    part: &Path,
    with_sum: bool,
    progress: &dyn Progress,
) -> Result<Option<crate::GostSum>, BundleError> {
    regular::refuse_special(part)?;
    let partial = names::partial(part);
    let file = owned::open(&partial, OpenOptions::new().read(true).write(true).create(true), Readers::All)?;
    let (start, size) = (range.start, range.end - range.start);
    let failed = |error| BundleError::of_write(partial.clone(), size, error);
    file.set_len(size).map_err(failed)?;
    let sum = thread::scope(|scope| {
        let begin = || SumThread::start(scope, vec![size]).map_err(|error| volumes.failed(error));
        let thread = with_sum.then(begin).transpose()?;
        stream::blocks(volumes, range, progress, |offset, block| {
            if let Some(thread) = &thread {
                thread.send(block);
            }
            file.write_all_at(block, offset - start).map_err(failed)
        })?;
        Ok::<_, BundleError>(thread.map(|thread| thread.finish()[0]))
    })?;
    file.sync_all().map_err(failed)?;
    fs::rename(&partial, part).map_err(BundleError::io(part))?;
    owned::confirm(part, &file)?;
    Ok(sum)
}
