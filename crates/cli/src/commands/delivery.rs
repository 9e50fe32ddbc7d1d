//! What lies beside a bundle: `deckhousereleases.yaml` and a copy of `dhctl` itself.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use deckhouse::release_list::RELEASES_FILE;

use crate::{failure::Failure, settings};

/// Name of the copy of this program.
pub(crate) const BINARY_FILE: &str = "dhctl";

/// Whether this build runs on any Linux of its architecture.
pub(crate) const IS_STATIC: bool = cfg!(all(target_os = "linux", target_feature = "crt-static"));

/// Writes `deckhousereleases.yaml` beside `bundle`.
pub(crate) fn write_releases(bundle: &Path, text: &str) -> Result<PathBuf, Failure> {
    let path = bundle.with_file_name(RELEASES_FILE);
    replace(&path, 0o644, |file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::file(&path, &error))?;
    Ok(path)
}

/// Puts a copy of the running program beside `bundle`, unless it is the very file that runs.
pub(crate) fn copy_binary(bundle: &Path, executable: &Path) -> Result<PathBuf, Failure> {
    let path = bundle.with_file_name(BINARY_FILE);
    let fail = |error: io::Error| Failure::file(&path, &error);
    let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
    let running = identity(executable).map_err(|error| Failure::file(executable, &error))?;
    if identity(&path).is_ok_and(|there| there == running) {
        return Ok(path);
    }
    replace(&path, 0o755, |file| io::copy(&mut File::open(executable)?, file).map(drop)).map_err(fail)?;
    Ok(path)
}

/// Writes a file under a temporary name and renames it, so that its name always means a whole file.
fn replace(path: &Path, mode: u32, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let directory = settings::directory(path);
    let mut file = tempfile::Builder::new().prefix(".dhctl-").tempfile_in(directory)?;
    write(file.as_file_mut())?;
    // FAT has no modes, and the copy is as useful there without.
    drop(file.as_file().set_permissions(Permissions::from_mode(mode)));
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
