//! A result that goes into a file: whole or not at all, and never by accident over another one.

use std::{fs::Permissions, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path};

use bundle::owned;

use crate::{exit_code::Exit, failure::Failure, settings};

/// Who may read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only: it holds a secret.
    Owner,
    /// Everyone, less the umask.
    All,
}

/// The hint of a command with `--force` if the file exists.
pub(crate) const IF_EXISTS: &str = "name another file, or replace this one with --force";

/// Writes `text` to `path`. A file that is there is replaced only if `replace` says so.
pub(crate) fn write(path: &Path, text: &str, readers: Readers, replace: bool) -> Result<(), Failure> {
    write_bytes(path, text.as_bytes(), readers, replace, IF_EXISTS)
}

/// Writes a new file; one that is there is never replaced.
pub(crate) fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    write_bytes(path, bytes, readers, false, "name another file")
}

/// Before anything else is done: the file must not exist. `if_exists` is the hint if it does.
pub(crate) fn is_free(path: &Path, if_exists: &'static str) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(exists(path, if_exists)),
        // A result that takes long is not to be lost in the end.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => has_directory(path),
        Err(error) => Err(Failure::file(path, &error)),
    }
}

/// Before anything else is done: the directory of the file must exist.
pub(crate) fn has_directory(path: &Path) -> Result<(), Failure> {
    let directory = settings::directory(path);
    match directory.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(no_directory(directory, "is not a directory")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(no_directory(directory, "this directory does not exist"))
        }
        Err(error) => Err(Failure::file(directory, &error)),
    }
}

fn no_directory(directory: &Path, why: &str) -> Failure {
    Failure::new(Exit::Files, format!("{}: {why}", directory.display()))
        .hint("create the directory, or name a file in another one")
}

fn exists(path: &Path, hint: &'static str) -> Failure {
    Failure::new(Exit::Files, format!("{}: this file exists", path.display())).hint(hint)
}

/// `if_exists`: the hint if the file exists.
fn write_bytes(
    path: &Path,
    bytes: &[u8],
    readers: Readers,
    replace: bool,
    if_exists: &'static str,
) -> Result<(), Failure> {
    // The system's own error would name the temporary file.
    has_directory(path)?;
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path, if_exists),
        _ => Failure::file(path, error),
    };
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(settings::directory(path))
        .map_err(|error| failed(&error))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    let persisted = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    // In a directory that others may write to, somebody may have put another file in its place before it got its name.
    let file = persisted.map_err(|error| failed(&error.error))?;
    Ok(owned::confirm(path, &file)?)
}
