//! Which archives make up a bundle: the one that is named, or all in a directory, as `d8 mirror pull` makes
//! them (`platform.tar`, `security.tar`, `module-NAME.tar`, …).
//!
//! In a directory every `.tar` counts, as for `d8 mirror push`: one that was skipped because of its name would be
//! missed by nobody. An archive of which only a sum or unfinished work exists counts too, and is then missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use crate::{BundleError, names, spelling, volumes::Volumes};

/// Opens the archives of the bundle that `paths` name: the whole, one path per directory that has parts of it,
/// or directories, over which archives and their parts may be spread. In the order of their names.
///
/// # Errors
/// As [`Volumes::open`] for each archive; [`BundleError::NotABundle`] if there is none; [`BundleError::Unfinished`].
pub(crate) fn open(paths: &[PathBuf]) -> Result<Vec<Volumes>, BundleError> {
    let file = paths.iter().find(|path| !path.is_dir());
    if let Some(unfinished) = file.filter(|path| path.extension().is_some_and(|it| it == "partial")) {
        return Err(BundleError::Unfinished { path: unfinished.clone() });
    }
    match (file, paths.iter().any(|path| path.is_dir())) {
        (_, false) => return Ok(vec![Volumes::open(paths)?]),
        (None, true) => {}
        (Some(file), true) => {
            let reason = "a directory is named too; name either directories or one archive".to_owned();
            return Err(BundleError::NotABundle { path: file.clone(), reason });
        }
    }
    let mut archives = BTreeMap::new();
    for directory in paths {
        let named = archives_in(directory)?.into_iter();
        archives.extend(named.map(|name| (spelling::plain(&name), name)));
    }
    if archives.is_empty() {
        let reason = "the directory has no archive (platform.tar, module-NAME.tar, …) in it".to_owned();
        return Err(BundleError::NotABundle { path: paths[0].clone(), reason });
    }
    let places = |name: &OsString| paths.iter().map(|path| path.join(name)).collect::<Vec<_>>();
    archives.values().map(|name| Volumes::open(&places(name))).collect()
}

/// The names of the archives of which something is in `directory`, as they are spelled there: the whole, parts, a
/// sum, unfinished work.
///
/// # Errors
/// [`BundleError::Io`] if it cannot be read.
pub fn archives_in(directory: &Path) -> Result<BTreeSet<OsString>, BundleError> {
    let mut archives = BTreeSet::new();
    for entry in fs::read_dir(directory).map_err(BundleError::io(directory))? {
        let name = entry.map_err(BundleError::io(directory))?.file_name();
        archives.extend(names::archive_of(&name).map(ToOwned::to_owned));
    }
    Ok(archives)
}
