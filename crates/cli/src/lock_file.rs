//! Lock files of pulls.

use std::path::Path;

use deckhouse::Lock;

use crate::{
    exit_code::Exit,
    failure::Failure,
    result_file::{self, Readers},
    side_files,
};

/// The largest file that is read to find out whether it is a lock file, in bytes. Each image takes some 100 bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Reads a lock file.
///
/// # Errors
/// A wrong usage if it is not one.
pub(crate) fn read(path: &Path) -> Result<Lock, Failure> {
    let failed = |error: &std::io::Error| Failure::file(path, error);
    let text = std::fs::read(path).map_err(|error| failed(&error))?;
    Lock::parse(&text).map_err(|error| {
        Failure::usage(format!("{} {error}", path.display()))
            .hint("name a file that a pull with --lock has written with this version of dhctl")
    })
}

/// Checks that the file can be written when the pull is complete: an earlier lock file is replaced, and nothing else.
///
/// # Errors
/// If there is a directory or another file of that name, no directory to write into, or if a pull writes another file with
/// this name.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    side_files::refuse_directory(path)?;
    result_file::has_directory(path)?;
    side_files::refuse_own_name("--lock", path)?;
    let size = match path.metadata() {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::file(path, &error)),
    };
    let is_lock = size == 0
        || size <= LARGEST && ::bundle::read_file(path)?.is_none_or(|bytes| Lock::parse(&bytes).is_ok());
    if is_lock {
        return Ok(());
    }
    Err(Failure::new(Exit::Files, format!("{}: this file exists, and is not a lock file", path.display()))
        .hint("name another file with --lock; a pull replaces only an earlier lock file"))
}

/// Writes a lock file, or replaces an earlier one.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(path: &Path, lock: &Lock) -> Result<(), Failure> {
    let text = lock.to_yaml().map_err(Failure::internal)?;
    result_file::write(path, &text, Readers::All, true)
}
