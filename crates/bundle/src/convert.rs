//! Splitting a bundle into parts, and joining parts into one file.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use oci::BlobSource as _;

use crate::{
    BundleError, Writer,
    archive::Archive,
    disk, names,
    progress::Progress,
    replace, spelling, stream,
    sums::{GostSums, RecordedSums, SumThread},
    volumes::Volumes,
};

/// When GOST checksums of the new files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteSums {
    /// Only if the input has `.gostsum` files.
    IfInputHasThem,
    /// Always.
    Always,
}

/// What was written.
#[derive(Debug)]
pub struct Converted {
    /// Size of the bundle in bytes.
    pub size: u64,
    /// The files of the bundle, in order, then those of its sums.
    pub files: Vec<PathBuf>,
    /// The sums, if they were requested or were next to the input.
    pub sums: Option<GostSums>,
    /// How many sums next to the input were correct.
    pub checked: usize,
}

/// Writes the archive that `paths` name into `directory` in parts of at most `part_size` bytes. `paths` are
/// the same as for [`crate::Bundle::open`], except directories; the bundle keeps its name. GOST checksums next to it are
/// checked while it is read. `sums` says whether those of the new files are written.
///
/// The files get their names only when all of them are complete and correct. After a failure nothing is left, except if
/// only the checksum files cannot be written.
///
/// # Errors
/// As [`crate::Bundle::open`] and [`Writer`]; [`BundleError::WrongSum`]; [`BundleError::OntoItself`] if the bundle
/// is in `directory`; [`BundleError::Cancelled`].
pub fn split(
    paths: &[PathBuf],
    directory: &Path,
    part_size: u64,
    sums: WriteSums,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    let archive = Archive::read(Arc::new(Volumes::open(paths)?))?;
    let name = paths[0].file_name().unwrap_or_default();
    convert(&archive.volumes, &directory.join(name), Some(part_size), sums, progress)
}

/// Writes the archive that `paths` name into the one file `out`, byte for byte. Otherwise as [`split`].
///
/// # Errors
/// As [`split`].
pub fn join(
    paths: &[PathBuf],
    out: &Path,
    sums: WriteSums,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    let archive = Archive::read(Arc::new(Volumes::open(paths)?))?;
    convert(&archive.volumes, out, None, sums, progress)
}

fn convert(
    volumes: &Volumes,
    out: &Path,
    part_size: Option<u64>,
    write_sums: WriteSums,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    refuse_itself(volumes, out)?;
    Writer::check(out, volumes.size(), part_size)?;
    let stated = RecordedSums::read(volumes)?;
    check_room(out, volumes.size())?;
    let write = || {
        let writer = Writer::create(out, volumes.size(), part_size)?;
        writer.reserve()?;
        progress.began(volumes.size());
        let sums = copy(volumes, &writer, write_sums, &stated, progress)?;
        Ok((sums, writer.finish()?))
    };
    let checked = stated.whole.len() + stated.parts.len();
    Ok(Converted { checked, ..complete(out, volumes.size(), write)? })
}

/// Writes the bundle `out` of `size` bytes with `write`, which returns its sums and files, and then the files of the sums.
/// After a failure nothing is left, except if only those cannot be written.
pub(crate) fn complete(
    out: &Path,
    size: u64,
    write: impl FnOnce() -> Result<(Option<GostSums>, Vec<PathBuf>), BundleError>,
) -> Result<Converted, BundleError> {
    let (sums, mut files) = match write() {
        Ok(done) => done,
        Err(error @ BundleError::Locked { .. }) => return Err(error),
        Err(error) => {
            // The first failure is the one to report.
            drop(replace::remove_unfinished(out));
            return Err(error);
        }
    };
    if let Some(sums) = &sums {
        files.extend(sums.write(out)?);
    }
    Ok(Converted { size, files, sums, checked: 0 })
}

/// Copies every byte, and computes the checksums of input and output, each on a thread of its own.
fn copy(
    volumes: &Volumes,
    writer: &Writer,
    sums: WriteSums,
    stated: &RecordedSums,
    progress: &dyn Progress,
) -> Result<Option<GostSums>, BundleError> {
    let wanted = sums == WriteSums::Always || !stated.is_empty();
    let range = 0..writer.size();
    thread::scope(|scope| {
        let sum_thread = |wanted: bool, sizes: Vec<u64>| {
            let start = || SumThread::start(scope, sizes).map_err(|error| volumes.failed(error));
            wanted.then(start).transpose()
        };
        let whole = sum_thread(wanted, vec![writer.size()])?;
        let new_parts = sum_thread(wanted && writer.is_in_parts(), writer.file_sizes())?;
        let old_parts = sum_thread(!stated.parts.is_empty(), volumes.sizes())?;
        stream::blocks(volumes, range, progress, |offset, block| {
            for thread in [&whole, &new_parts, &old_parts].into_iter().flatten() {
                thread.send(block);
            }
            writer.write_at(offset, block)
        })?;
        let old_parts = old_parts.map(SumThread::finish).unwrap_or_default();
        for (number, _, sum) in &stated.parts {
            let actual = &old_parts[*number as usize];
            if actual != sum {
                let path = volumes.path(*number as usize).to_owned();
                return Err(BundleError::wrong_sum(path, sum, actual));
            }
        }
        let Some(whole) = whole.map(|thread| thread.finish()[0]) else {
            return Ok(None);
        };
        if let Some((path, sum)) = stated.whole.iter().find(|(_, sum)| *sum != whole) {
            return Err(BundleError::wrong_sum(path.with_extension(""), sum, &whole));
        }
        let parts = new_parts.map(SumThread::finish).unwrap_or_default();
        Ok(Some(GostSums { whole, parts }))
    })
}

/// A bundle cannot be replaced by another form of itself: the input would be gone before the output is safe.
pub(crate) fn refuse_itself(volumes: &Volumes, out: &Path) -> Result<(), BundleError> {
    let identity = |path: &Path| {
        let directory = names::directory(path);
        let data = fs::metadata(directory).map_err(BundleError::io(directory))?;
        Ok::<_, BundleError>((data.dev(), data.ino()))
    };
    let target = identity(out)?;
    for named in volumes.named() {
        if spelling::is_same(named.file_name(), out.file_name()) && identity(named)? == target {
            return Err(BundleError::OntoItself { path: out.to_owned() });
        }
    }
    Ok(())
}

/// Says before the first byte that the disk is too small.
pub(crate) fn check_room(out: &Path, needed: u64) -> Result<(), BundleError> {
    let free = disk::room(out).map_err(BundleError::io(names::directory(out)))?;
    if free < needed {
        return Err(BundleError::DiskFull { path: out.to_owned(), needed, free });
    }
    Ok(())
}
