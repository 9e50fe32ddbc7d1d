//! Rules for the paths of bundles.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Checks the name of a bundle to be read: one archive, or a directory of them.
pub(super) fn bundle_to_read(path: &Path) -> Result<(), Failure> {
    if path.is_dir() || path.file_name().is_some_and(::bundle::is_archive_name) {
        return Ok(());
    }
    bundle_path(path).map(drop)
}

/// Checks the name of an archive by the documented rules: it ends in `.tar`, and what has that name is a file.
pub(super) fn bundle_path(path: &Path) -> Result<PathBuf, Failure> {
    if path.is_dir() {
        let message = format!("{} is a directory; a pull writes one file", path.display());
        return Err(Failure::usage(message).hint(
            "name a file in it, such as d8.tar; with --bundle-format d8 a pull writes archives into a directory",
        ));
    }
    file_path(path)
}

/// The same for a command that is not a pull.
pub(crate) fn one_file_path(path: &Path) -> Result<PathBuf, Failure> {
    if path.is_dir() {
        let message = format!("{} is a directory; this command writes one file", path.display());
        return Err(Failure::usage(message).hint("name a file in it, such as d8.tar"));
    }
    file_path(path)
}

fn file_path(path: &Path) -> Result<PathBuf, Failure> {
    if path.extension().is_none_or(|extension| extension != "tar") {
        return Err(Failure::usage(format!("{}: the name of a bundle must end in .tar", path.display())));
    }
    ::bundle::refuse_special(path)?;
    Ok(path.to_owned())
}

/// `path` with `suffix` appended.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The directory that a file is in.
pub(crate) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
