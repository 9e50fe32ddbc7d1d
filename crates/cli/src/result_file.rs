//! A result that goes into a file: whole or not at all, and never by accident over another one.

use std::{fs::Permissions, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path};

use bundle::owned;

use crate::{failure::Failure, settings};

/// Who may read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only: it holds a secret.
    Owner,
    /// Everyone, less the umask.
    All,
}

/// Writes `text` to `path`. A file that is there is replaced only if `replace` says so.
pub(crate) fn write(path: &Path, text: &str, readers: Readers, replace: bool) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::file(path, error);
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(settings::directory(path))
        .map_err(|error| failed(&error))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| failed(&error))?;
    let persisted = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    match persisted {
        // In a directory that others may write to, somebody may have put another file in its place before it got its name.
        Ok(file) => Ok(owned::confirm(path, &file)?),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(failed(&error.error).hint("name another file, or replace this one with --force"))
        }
        Err(error) => Err(failed(&error.error)),
    }
}
