//! A bundle in another form: from a whole to parts, from parts to a whole.

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
/// as for [`crate::Bundle::open`], but no directories; the bundle keeps its name. GOST sums that lie beside it are checked while it is
/// read; then, or if `gost`, those of the new files are written too.
///
/// The files get their names only when everything is there and right; after a failure nothing is left,
/// unless it is only the sums that cannot be written.
///
/// # Errors
/// As [`crate::Bundle::open`] and [`Writer`]; [`BundleError::WrongSum`]; [`BundleError::OntoItself`] if the bundle
/// is in `directory`; [`BundleError::Cancelled`].
pub fn split(
    paths: &[PathBuf],
    directory: &Path,
    part_size: u64,
    gost: bool,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    let archive = Archive::read(Arc::new(Volumes::open(paths)?))?;
    let name = paths[0].file_name().unwrap_or_default();
    convert(&archive.volumes, &directory.join(name), Some(part_size), gost, progress)
}

/// Writes the archive that `paths` name into the one file `out`, byte for byte. Otherwise as [`split`].
///
/// # Errors
/// As [`split`].
pub fn join(
    paths: &[PathBuf],
    out: &Path,
    gost: bool,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    let archive = Archive::read(Arc::new(Volumes::open(paths)?))?;
    convert(&archive.volumes, out, None, gost, progress)
}

fn convert(
    volumes: &Volumes,
    out: &Path,
    part_size: Option<u64>,
    gost: bool,
    progress: &dyn Progress,
) -> Result<Converted, BundleError> {
    refuse_itself(volumes, out)?;
    Writer::check(out, volumes.size(), part_size)?;
    let stated = RecordedSums::read(volumes)?;
    check_room(out, volumes)?;
    let write = || {
        let writer = Writer::create(out, volumes.size(), part_size)?;
        writer.reserve()?;
        progress.began(volumes.size());
        let sums = copy(volumes, &writer, gost, &stated, progress)?;
        Ok((sums, writer.finish()?))
    };
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
    Ok(Converted { size: volumes.size(), files, sums, checked: stated.whole.len() + stated.parts.len() })
}

/// Copies every byte, and sums up what the input's and the output's sums are of, each on its own thread.
fn copy(
    volumes: &Volumes,
    writer: &Writer,
    gost: bool,
    stated: &RecordedSums,
    progress: &dyn Progress,
) -> Result<Option<GostSums>, BundleError> {
    let wanted = gost || !stated.is_empty();
    let range = 0..writer.size();
    thread::scope(|scope| {
        let lane = |wanted: bool, sizes: Vec<u64>| {
            let start = || SumThread::start(scope, sizes).map_err(|error| volumes.failed(error));
            wanted.then(start).transpose()
        };
        let whole = lane(wanted, vec![writer.size()])?;
        let new_parts = lane(wanted && writer.is_in_parts(), writer.file_sizes())?;
        let old_parts = lane(!stated.parts.is_empty(), volumes.sizes())?;
        stream::blocks(volumes, range, progress, |offset, block| {
            for lane in [&whole, &new_parts, &old_parts].into_iter().flatten() {
                lane.send(block);
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
        let Some(whole) = whole.map(|lane| lane.finish()[0]) else {
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
fn refuse_itself(volumes: &Volumes, out: &Path) -> Result<(), BundleError> {
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
fn check_room(out: &Path, volumes: &Volumes) -> Result<(), BundleError> {
    let needed = volumes.size();
    let free = disk::room(out).map_err(BundleError::io(names::directory(out)))?;
    if free < needed {
        return Err(BundleError::DiskFull { path: out.to_owned(), needed, free });
    }
    Ok(())
}
