//! Files and directories that no other user can change while we work with them.
//!
//! In a directory that others may write to, anybody can make a name before us, or put another file in its place: a
//! symbolic link would lead our writes elsewhere, a file of theirs would become our result. So names are opened without
//! following links, and what was really opened is checked.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    },
    path::Path,
};

use rustix::{
    fs::{Mode, OFlags, Stat, fstat},
    process::geteuid,
};

use crate::{BundleError, NotOurs, names, regular, replace};

/// Who may read a new file; nobody else may write to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner only: it may hold a secret.
    Owner,
    /// Everyone, less the umask.
    All,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::All => 0o644,
        }
    }
}

/// Opens the file `path` with `options`, which must not truncate it, and closes it to all but `readers`.
///
/// # Errors
/// [`BundleError::NotOurs`] if others could change it, [`BundleError::NotAFile`] if it is no regular file, or
/// [`BundleError::Io`].
pub fn open(path: &Path, options: &mut OpenOptions, readers: Readers) -> Result<File, BundleError> {
    let file = regular::open_as(path, options.mode(readers.mode()), OFlags::NOFOLLOW)
        .map_err(|error| if is_link(&error, path) { not_ours(path, NotOurs::Link) } else { error })?;
    let stat = state(&file, path)?;
    check_owner(path, &stat)?;
    if stat.st_nlink > 1 {
        return Err(not_ours(path, NotOurs::HardLinks(stat.st_nlink)));
    }
    let mode = stat.st_mode & 0o777;
    if mode & !readers.mode() != 0 {
        // By an earlier version, or another program. A file system without permissions has nothing to narrow.
        drop(file.set_permissions(Permissions::from_mode(mode & readers.mode())));
    }
    Ok(file)
}

/// Creates the file `path` and removes what an interrupted run left there.
///
/// # Errors
/// [`BundleError::Io`], also if another file of this name is made at the same time.
pub fn create(path: &Path) -> Result<File, BundleError> {
    replace::remove(path)?;
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create_new(true)
        .mode(Readers::All.mode())
        .open(path)
        .map_err(BundleError::io(path))
}

/// Makes sure that the name `path` stands for `file` and not for another one.
///
/// # Errors
/// [`BundleError::NotOurs`] if it does not; [`BundleError::Io`].
pub fn confirm(path: &Path, file: &File) -> Result<(), BundleError> {
    let ours = file.metadata().map_err(BundleError::io(path))?;
    match fs::symlink_metadata(path) {
        Ok(named) if (named.dev(), named.ino()) == (ours.dev(), ours.ino()) => Ok(()),
        Ok(_) => Err(not_ours(path, NotOurs::Replaced)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_ours(path, NotOurs::Replaced)),
        Err(error) => Err(BundleError::io(path)(error)),
    }
}

pub(crate) fn not_ours(path: &Path, why: NotOurs) -> BundleError {
    BundleError::NotOurs { path: path.to_owned(), why }
}

/// Refuses what belongs to somebody else.
pub(crate) fn check_owner(path: &Path, stat: &Stat) -> Result<(), BundleError> {
    let owner = stat.st_uid;
    if owner == geteuid().as_raw() || made_here(path).is_some_and(|made| !made.keeps && made.uid == owner) {
        return Ok(());
    }
    Err(not_ours(path, NotOurs::Owner(owner)))
}

/// What the file system makes of a new directory next to a file.
pub(crate) struct Made {
    /// Whom it belongs to.
    pub(crate) uid: u32,
    /// Whether owner and permissions are those that were asked for. FAT has neither, and some network file systems give
    /// everything to one user: there nobody can be kept out.
    pub(crate) keeps: bool,
}

/// Makes a directory next to `path` and removes it again; `None` if that is impossible.
pub(crate) fn made_here(path: &Path) -> Option<Made> {
    let made = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(names::directory(path))
        .ok()?;
    let data = fs::symlink_metadata(made.path()).ok()?;
    let keeps = data.uid() == geteuid().as_raw() && data.mode() & 0o777 == 0o700;
    Some(Made { uid: data.uid(), keeps })
}

/// Not only after ELOOP: some kernels refuse to create a file where somebody else has a link.
fn is_link(error: &BundleError, path: &Path) -> bool {
    matches!(error, BundleError::Io { .. }) && fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink())
}

/// Whether others may do anything with what has this mode.
pub(crate) fn is_open_to_others(stat: &Stat) -> bool {
    Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO)
}

/// The state of an open file.
pub(crate) fn state(file: impl AsFd, path: &Path) -> Result<Stat, BundleError> {
    fstat(file).map_err(|error| BundleError::io(path)(error.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn why(result: Result<File, BundleError>) -> NotOurs {
        match result {
            Err(BundleError::NotOurs { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_others_could_change_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        fs::write(at("victim"), "content").unwrap();
        symlink(at("victim"), at("link")).unwrap();
        symlink(at("absent"), at("dangling")).unwrap();
        assert_eq!(why(open(&at("link"), &mut options, Readers::All)), NotOurs::Link);
        assert_eq!(why(open(&at("dangling"), &mut options, Readers::All)), NotOurs::Link);
        assert!(!at("absent").exists());
        fs::hard_link(at("victim"), at("second")).unwrap();
        assert_eq!(why(open(&at("second"), &mut options, Readers::All)), NotOurs::HardLinks(2));
        assert_eq!(fs::read(at("victim")).unwrap(), b"content");

        let file = open(&at("new"), &mut options, Readers::All).unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o133, 0);
        fs::set_permissions(at("new"), Permissions::from_mode(0o666)).unwrap();
        for (readers, mode) in [(Readers::All, 0o644), (Readers::Owner, 0o600)] {
            let file = open(&at("new"), &mut options, readers).unwrap();
            assert_eq!(file.metadata().unwrap().mode() & 0o777, mode);
        }
        let file = open(&at("new"), &mut options, Readers::All).unwrap();
        confirm(&at("new"), &file).unwrap();
        fs::rename(at("victim"), at("new")).unwrap();
        let error = confirm(&at("new"), &file).unwrap_err();
        assert!(error.to_string().contains("it was replaced by another file"), "{error}");
    }

    #[test]
    fn a_file_is_created_new_and_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "content").unwrap();
        symlink(at("victim"), at("link")).unwrap();
        create(&at("link")).unwrap().set_len(3).unwrap();
        assert_eq!(fs::read(at("victim")).unwrap(), b"content");
        assert_eq!(fs::read(at("link")).unwrap(), [0; 3]);
    }
}
