//! Replacing an older bundle by a finished one.
//!
//! A single file is replaced in one step. Parts cannot be, so the steps are ordered such that a crash
//! between any two of them leaves either a complete bundle or one that readers refuse, never a mixture
//! that looks complete; and that the next run can continue from there.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{
    BundleError,
    names::{self, Kind},
};

/// In `NAME.partial` of a bundle in parts: all parts are complete, and are being renamed.
const RENAMING: &[u8] = b"renaming";

/// Gives the whole bundle its name.
pub(crate) fn with_whole(bundle: &Path) -> Result<Vec<PathBuf>, BundleError> {
    // Sums first: a bundle without sums is valid, a bundle with those of another one is not.
    remove_siblings(bundle, Kind::is_sum)?;
    rename(&names::partial(bundle), bundle)?;
    sync_directory(bundle)?;
    remove_siblings(bundle, |kind| matches!(kind, Kind::Part(_) | Kind::PartialPart(_)))?;
    sync_directory(bundle)?;
    Ok(vec![bundle.to_owned()])
}

/// Gives the parts, `count` of them, their names. `lock` is `NAME.partial`.
pub(crate) fn with_parts(bundle: &Path, lock: &File, count: u32) -> Result<Vec<PathBuf>, BundleError> {
    remove_siblings(bundle, Kind::is_sum)?;
    // From the first on, so that what is left of an older set is immediately seen to be incomplete.
    remove_siblings(bundle, |kind| matches!(kind, Kind::Part(_)))?;
    sync_directory(bundle)?;
    lock.write_all_at(RENAMING, 0)
        .and_then(|()| lock.sync_all())
        .map_err(BundleError::io(names::partial(bundle)))?;
    // From the last on: without part 0 no set is complete.
    let parts: Vec<PathBuf> = (0..count).map(|number| names::part(bundle, number)).collect();
    for part in parts.iter().rev() {
        rename(&names::partial(part), part)?;
    }
    sync_directory(bundle)?;
    remove(bundle)?;
    remove_siblings(bundle, |kind| matches!(kind, Kind::PartialPart(_)))?;
    remove(&names::partial(bundle))?;
    sync_directory(bundle)?;
    Ok(parts)
}

/// Takes back what [`with_parts`] had renamed when it was interrupted. `lock` is `NAME.partial`.
pub(crate) fn roll_back(bundle: &Path, lock: &File) -> Result<(), BundleError> {
    let mut mark = [0; RENAMING.len()];
    let length = lock.metadata().map_err(BundleError::io(names::partial(bundle)))?.len();
    if length != RENAMING.len() as u64 {
        return Ok(());
    }
    lock.read_exact_at(&mut mark, 0).map_err(BundleError::io(names::partial(bundle)))?;
    if mark != *RENAMING {
        return Ok(());
    }
    for (kind, path) in siblings(bundle)? {
        if matches!(kind, Kind::Part(_)) {
            rename(&path, &names::partial(&path))?;
        }
    }
    sync_directory(bundle)
}

/// The finished files of a bundle with the name `bundle`, in one file or in parts, with their GOST sums. Writing a bundle with
/// this name replaces them.
///
/// # Errors
/// [`BundleError::Io`].
pub fn earlier(bundle: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let is_finished =
        |(kind, _): &(Kind, PathBuf)| matches!(kind, Kind::Part(_) | Kind::Sum | Kind::PartSum(_));
    let whole = fs::symlink_metadata(bundle).is_ok().then(|| bundle.to_owned());
    let siblings = siblings(bundle)?.into_iter().filter(is_finished).map(|(_, path)| path);
    Ok(whole.into_iter().chain(siblings).collect())
}

/// Removes the unfinished parts from number `keep` on.
pub(crate) fn remove_partial_parts(bundle: &Path, keep: u32) -> Result<(), BundleError> {
    remove_siblings(bundle, |kind| matches!(kind, Kind::PartialPart(number) if number >= keep))
}

/// Removes everything of the unfinished bundle `bundle`; a finished one of that name stays.
///
/// # Errors
/// [`BundleError::Io`].
pub fn remove_unfinished(bundle: &Path) -> Result<(), BundleError> {
    remove_partial_parts(bundle, 0)?;
    // Last, since removing it lets the next writer in.
    remove(&names::partial(bundle))
}

/// Removes `path` if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), BundleError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BundleError::io(path)(error)),
        _ => Ok(()),
    }
}

fn siblings(bundle: &Path) -> Result<Vec<(Kind, PathBuf)>, BundleError> {
    names::siblings(bundle).map_err(BundleError::io(names::directory(bundle)))
}

fn remove_siblings(bundle: &Path, stale: impl Fn(Kind) -> bool) -> Result<(), BundleError> {
    for (kind, path) in siblings(bundle)? {
        if stale(kind) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<(), BundleError> {
    fs::rename(from, to).map_err(BundleError::io(to))
}

/// Names are on the disk only when their directory is. Some file systems cannot sync one, and have
/// nothing better.
fn sync_directory(bundle: &Path) -> Result<(), BundleError> {
    let directory = names::directory(bundle);
    let file = File::open(directory).map_err(BundleError::io(directory))?;
    match file.sync_all() {
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Err(BundleError::io(directory)(error))
        }
        _ => Ok(()),
    }
}
