//! The files of a bundle that can be read, whatever the [spelling](crate::spelling) of their names on a medium.
//!
//! Files that are written have exactly the names of [`crate::names`].

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use crate::{
    BundleError,
    names::{self, Kind},
    spelling::plain,
};

/// A file that a reader looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Readable {
    /// The bundle in one piece.
    Whole,
    /// A part of it.
    Part(u32),
    /// The GOST sum of the whole.
    Sum,
    /// The GOST sum of a part.
    PartSum(u32),
}

/// Whether a file is an archive, judging by its name: `….tar`, however it is spelled.
pub fn is_archive_name(name: &OsStr) -> bool {
    Path::new(&plain(name)).extension() == Some(OsStr::new("tar"))
}

/// The files of `bundle` (`…/d8.tar`) in its directory.
///
/// # Errors
/// [`BundleError::Ambiguous`] for two files that differ only in the spelling of their names; [`BundleError::Io`].
pub(crate) fn files_of(bundle: &Path) -> Result<BTreeMap<Readable, PathBuf>, BundleError> {
    let Some(own) = bundle.file_name().map(plain) else {
        return Ok(BTreeMap::new());
    };
    let found = entries(names::directory(bundle), |name| kind(&own, &plain(name)))?;
    let exact = bundle.file_name().unwrap_or_default().as_bytes();
    unambiguous(bundle, found, |name| name.as_bytes().starts_with(exact))
}

/// The file `path`, however its name is spelled in its directory; `None` if there is none, or no such directory.
///
/// # Errors
/// As for the files of a bundle: [`BundleError::Ambiguous`], [`BundleError::Io`].
pub fn as_spelled(path: &Path) -> Result<Option<PathBuf>, BundleError> {
    let name = path.file_name().unwrap_or_default();
    let wanted = plain(name);
    let found = match entries(names::directory(path), |it| (plain(it) == wanted).then_some(())) {
        Err(error) if error.is_not_found() => return Ok(None),
        found => found?,
    };
    let files = unambiguous(path, found, |it| it == name)?;
    Ok(files.into_values().next())
}

fn kind(bundle: &OsStr, name: &OsStr) -> Option<Readable> {
    if bundle == name {
        return Some(Readable::Whole);
    }
    match names::kind(bundle, name)? {
        Kind::Part(number) => Some(Readable::Part(number)),
        Kind::Sum => Some(Readable::Sum),
        Kind::PartSum(number) => Some(Readable::PartSum(number)),
        Kind::PartialPart(_) | Kind::PartialSum => None,
    }
}

/// The names in `directory` that mean something, in order.
fn entries<T: Ord>(
    directory: &Path,
    meaning: impl Fn(&OsStr) -> Option<T>,
) -> Result<Vec<(T, OsString)>, BundleError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(BundleError::io(directory))? {
        let name = entry.map_err(BundleError::io(directory))?.file_name();
        found.extend(meaning(&name).map(|meaning| (meaning, name)));
    }
    found.sort();
    Ok(found)
}

/// One file for each meaning, spelled as `is_exact` says if there is a choice. The files are beside `sibling`.
fn unambiguous<T: Ord>(
    sibling: &Path,
    found: Vec<(T, OsString)>,
    is_exact: impl Fn(&OsStr) -> bool,
) -> Result<BTreeMap<T, PathBuf>, BundleError> {
    let (exact, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, name)| is_exact(name));
    let mut files: BTreeMap<T, PathBuf> = BTreeMap::new();
    for (meaning, name) in exact.into_iter().chain(others) {
        let path = sibling.with_file_name(name);
        match files.get(&meaning) {
            Some(first) => match (identity(first)?, identity(&path)?) {
                // A link by the usual name is a way to read such a disc.
                (first, second) if second.is_none() || first == second => {}
                (None, Some(_)) => drop(files.insert(meaning, path)),
                _ => return Err(BundleError::Ambiguous { first: first.clone(), second: path }),
            },
            None => drop(files.insert(meaning, path)),
        }
    }
    Ok(files)
}

/// Device and inode of what the name leads to; `None` for a link that leads nowhere.
fn identity(path: &Path) -> Result<Option<(u64, u64)>, BundleError> {
    match fs::metadata(path) {
        Ok(data) => Ok(Some((data.dev(), data.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BundleError::io(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_of_a_disc_are_those_of_a_bundle() {
        for (name, expected) in [
            ("D8.TAR", Some(Readable::Whole)),
            ("D8.TAR;1", Some(Readable::Whole)),
            ("D8.TAR.0000.CHUNK", Some(Readable::Part(0))),
            ("D8.TAR.0012.CHUNK;1", Some(Readable::Part(12))),
            ("D8.TAR.GOSTSUM;1", Some(Readable::Sum)),
            ("d8.tar.0001.CHUNK.GOSTSUM", Some(Readable::PartSum(1))),
            ("D8.TAR;", None),
            ("D8.TAR;one", None),
            ("D8_TAR.0000.CHUNK", None),
            ("D8.TAR.PARTIAL", None),
            ("D8.TAR.0001.CHUNK.PARTIAL", None),
            ("XD8.TAR", None),
        ] {
            for bundle in ["d8.tar", "D8.TAR", "D8.TAR;1"] {
                let found = kind(&plain(OsStr::new(bundle)), &plain(OsStr::new(name)));
                assert_eq!(found, expected, "{bundle} {name}");
            }
        }
        for (name, expected) in [("D8.TAR;1", true), ("d8.tar", true), ("d8.tgz", false), ("tar", false)] {
            assert_eq!(is_archive_name(OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn two_files_that_differ_in_case_are_ambiguous_and_links_to_one_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("D8.TAR"), "content").unwrap();
        symlink("D8.TAR", at("d8.tar")).unwrap();
        symlink("nothing", at("D8.tar")).unwrap();
        for name in ["d8.tar", "D8.TAR"] {
            let files = files_of(&at(name)).unwrap();
            assert_eq!(files.into_iter().collect::<Vec<_>>(), [(Readable::Whole, at(name))], "{name}");
        }
        fs::write(at("D8.TAR.GOSTSUM"), "sum").unwrap();
        fs::write(at("d8.tar.gostsum"), "sum").unwrap();
        let error = files_of(&at("d8.tar")).unwrap_err();
        let BundleError::Ambiguous { first, second } = error else { panic!("{error}") };
        assert_eq!((first, second), (at("d8.tar.gostsum"), at("D8.TAR.GOSTSUM")));
        fs::write(at("List.yaml"), "").unwrap();
        assert_eq!(as_spelled(&at("list.yaml")).unwrap(), Some(at("List.yaml")));
        assert_eq!(as_spelled(&at("other.yaml")).unwrap(), None);
        assert_eq!(as_spelled(&at("absent/list.yaml")).unwrap(), None);
        fs::write(at("list.yaml"), "").unwrap();
        assert!(matches!(as_spelled(&at("list.yaml")), Err(BundleError::Ambiguous { .. })));
    }
}
