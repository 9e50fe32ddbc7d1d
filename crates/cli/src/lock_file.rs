//! Lock files of pulls.

use std::path::Path;

use deckhouse::Lock;

use crate::{
    failure::Failure,
    result_file::{self, Readers},
    side_files,
};

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

/// Checks that the file can be written when the pull is complete.
///
/// # Errors
/// If there is a directory of that name, or none to write into.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    side_files::refuse_directory(path)?;
    result_file::has_directory(path)
}

/// Writes a lock file, or replaces an earlier one.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(path: &Path, lock: &Lock) -> Result<(), Failure> {
    let text = lock.to_yaml().map_err(Failure::internal)?;
    result_file::write(path, &text, Readers::All, true)
}
