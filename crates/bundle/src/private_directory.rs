//! A directory for work in progress that only its owner can look into or write to.
//!
//! Anyone who may write to its parent directory can replace it. So it is opened for each use, compared with the directory
//! that was opened first, and files are opened relative to it. It is not kept open, because a pull of many modules has
//! one for each module.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _},
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{self, AtFlags, CWD, Dir, Mode, OFlags, Stat},
    io::Errno,
};

use crate::{
    BundleError,
    not_ours::NotOurs,
    owned::{self, made_here, not_ours, state},
};

/// The directory. Names of files are relative to it, and may begin with the name of a directory in it.
#[derive(Debug)]
pub struct PrivateDirectory {
    path: PathBuf,
    /// Device and inode of what was opened first.
    identity: (u64, u64),
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading what is there.
    Read,
    /// Reading and writing; made if it is not there.
    Write,
    /// Writing at the end; made if it is not there.
    Append,
    /// Writing what is not there yet.
    New,
}

impl PrivateDirectory {
    /// Opens the directory `path`, made with mode 0700 if it is not there.
    ///
    /// # Errors
    /// [`BundleError::NotOurs`] if it is a link, belongs to somebody else, or others have access to it;
    /// [`BundleError::Io`].
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let failed = |error: Errno| BundleError::io(path)(error.into());
        let is_new = match fs::mkdir(path, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(failed(error)),
        };
        let directory = match open(path) {
            Ok(directory) => directory,
            Err(Errno::LOOP | Errno::NOTDIR) => {
                let is_link = std::fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
                return Err(not_ours(path, if is_link { NotOurs::Link } else { NotOurs::NotADirectory }));
            }
            Err(error) => return Err(failed(error)),
        };
        let mut stat = state(&directory, path)?;
        owned::check_owner(path, &stat)?;
        if is_new && owned::is_open_to_others(&stat) {
            // A default ACL of the directory around it gives more than was asked for.
            fs::fchmod(&directory, Mode::RWXU).ok();
            stat = state(&directory, path)?;
        }
        if owned::is_open_to_others(&stat) && made_here(path).is_none_or(|made| made.keeps) {
            return Err(not_ours(path, NotOurs::Mode(stat.st_mode & 0o7777)));
        }
        Ok(Self { path: path.to_owned(), identity: identity(&stat) })
    }

    /// The directory itself, to reach what is in it.
    fn directory(&self) -> io::Result<OwnedFd> {
        let directory = match open(&self.path) {
            Err(Errno::LOOP | Errno::NOTDIR | Errno::NOENT) => return Err(replaced()),
            opened => opened?,
        };
        if identity(&fs::fstat(&directory)?) == self.identity { Ok(directory) } else { Err(replaced()) }
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it, to be shown.
    pub fn path_of(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a directory in it, if it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_directory(&self, name: &str) -> io::Result<()> {
        match fs::mkdirat(self.directory()?, name, Mode::RWXU) {
            Err(error) if error != Errno::EXIST => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Opens a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn open_file(&self, name: impl AsRef<Path>, access: Access) -> io::Result<File> {
        let how = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::RDWR | OFlags::CREATE,
            Access::Append => OFlags::RDWR | OFlags::APPEND | OFlags::CREATE,
            Access::New => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
        };
        let flags = how | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(fs::openat(self.directory()?, name.as_ref(), flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// The content of a file; `None` if it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut file = match self.open_file(name, Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Whether there is a file of this name.
    pub fn has(&self, name: &str) -> bool {
        let stat = |directory| Ok(fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?);
        self.directory().and_then(|directory: OwnedFd| -> io::Result<_> { stat(directory) }).is_ok()
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove_file(&self, name: impl AsRef<Path>) -> io::Result<()> {
        absent_is_fine(fs::unlinkat(self.directory()?, name.as_ref(), AtFlags::empty()))
    }

    /// Gives a file another name.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let directory = self.directory()?;
        Ok(fs::renameat(&directory, from, &directory, to)?)
    }

    /// Moves a file out of it, to `path` on the same file system, replacing what is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn move_out(&self, name: &str, path: &Path) -> io::Result<()> {
        Ok(fs::renameat(self.directory()?, name, CWD, path)?)
    }

    /// The names and sizes in bytes of the files in a directory in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn files(&self, directory: &str) -> io::Result<Vec<(OsString, u64)>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = fs::openat(self.directory()?, directory, flags, Mode::empty())?;
        let mut files = Vec::new();
        for entry in Dir::read_from(&opened)? {
            let name = std::ffi::OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned();
            if name == "." || name == ".." {
                continue;
            }
            let stat = fs::statat(&opened, &name, AtFlags::SYMLINK_NOFOLLOW)?;
            files.push((name, u64::try_from(stat.st_size).unwrap_or_default()));
        }
        Ok(files)
    }

    /// Removes a directory in it and the files there.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove_directory(&self, directory: &str) -> io::Result<()> {
        let files = match self.files(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            files => files?,
        };
        for (name, _) in files {
            self.remove_file(Path::new(directory).join(name))?;
        }
        absent_is_fine(fs::unlinkat(self.directory()?, directory, AtFlags::REMOVEDIR))
    }

    /// Removes it and the files in it, which must not have directories.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self) -> io::Result<()> {
        for (name, _) in self.files(".")? {
            self.remove_file(name)?;
        }
        absent_is_fine(fs::unlinkat(CWD, &self.path, AtFlags::REMOVEDIR))
    }
}

fn open(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    fs::openat(CWD, path, flags, Mode::empty())
}

fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

fn replaced() -> io::Error {
    io::Error::other("another user replaced it during this run")
}

fn absent_is_fine(result: Result<(), Errno>) -> io::Result<()> {
    match result {
        Err(error) if error != Errno::NOENT => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Write as _,
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use super::*;

    fn why(path: &Path) -> NotOurs {
        match PrivateDirectory::open(path) {
            Err(BundleError::NotOurs { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_directory_of_ours_that_is_closed_to_others_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("elsewhere")).unwrap();
        symlink(at("elsewhere"), at("link")).unwrap();
        fs::write(at("file"), "").unwrap();
        assert_eq!(why(&at("link")), NotOurs::Link);
        assert_eq!(why(&at("file")), NotOurs::NotADirectory);
        for mode in [0o777, 0o770, 0o755, 0o701] {
            fs::set_permissions(at("elsewhere"), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(why(&at("elsewhere")), NotOurs::Mode(mode));
        }
        fs::set_permissions(at("elsewhere"), fs::Permissions::from_mode(0o700)).unwrap();
        PrivateDirectory::open(&at("elsewhere")).unwrap();
        PrivateDirectory::open(&at("new")).unwrap();
        let mode = fs::metadata(at("new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn files_are_made_renamed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let directory = PrivateDirectory::open(&at("d")).unwrap();
        directory.make_directory("blobs").unwrap();
        directory.open_file("plan", Access::New).unwrap().write_all(b"plan").unwrap();
        directory.open_file("plan", Access::New).unwrap_err();
        directory.open_file("blobs/a", Access::Append).unwrap().write_all(b"a").unwrap();
        assert_eq!(directory.read("plan").unwrap().unwrap(), b"plan");
        assert_eq!(directory.read("absent").unwrap(), None);
        assert_eq!(directory.files("blobs").unwrap(), [("a".into(), 1)]);
        directory.rename("plan", "other").unwrap();
        assert!(directory.has("other") && !directory.has("plan"));
        directory.move_out("other", &at("out")).unwrap();
        assert_eq!(fs::read(at("out")).unwrap(), b"plan");
        directory.remove_directory("blobs").unwrap();
        directory.open_file("lock", Access::Write).unwrap();
        directory.remove().unwrap();
        assert!(!at("d").exists());
    }

    #[test]
    fn a_replacement_of_the_directory_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let directory = PrivateDirectory::open(&at("d")).unwrap();
        directory.make_directory("blobs").unwrap();
        fs::rename(at("d"), at("moved")).unwrap();
        fs::write(at("victim"), "content").unwrap();
        let other: &dyn Fn() = &|| fs::create_dir_all(at("d/blobs")).unwrap();
        let link: &dyn Fn() = &|| symlink(at("moved"), at("d")).unwrap();
        let file: &dyn Fn() = &|| fs::write(at("d"), "").unwrap();
        for prepare in [other, link, file, &|| {}] {
            prepare();
            directory.open_file("plan", Access::New).unwrap_err();
            let error = directory.open_file("blobs/a", Access::Append).unwrap_err().to_string();
            assert!(error.contains("another user replaced it"), "{error}");
            directory.move_out("victim", &at("out")).unwrap_err();
            directory.remove_directory("blobs").unwrap_err();
            directory.remove().unwrap_err();
            let made = at("d");
            if made.is_dir() && !made.is_symlink() {
                assert!(at("d/blobs").is_dir());
                fs::remove_dir_all(made).unwrap();
            } else {
                drop(fs::remove_file(made));
            }
        }
        assert!(at("moved/blobs").is_dir());
    }

    #[test]
    fn links_in_it_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let directory = PrivateDirectory::open(&at("d")).unwrap();
        fs::write(at("victim"), "content").unwrap();
        symlink(at("victim"), at("d/link")).unwrap();
        for access in [Access::Read, Access::Write, Access::Append, Access::New] {
            directory.open_file("link", access).unwrap_err();
        }
        directory.remove().unwrap();
        assert_eq!(fs::read(at("victim")).unwrap(), b"content");
        assert!(!at("d").exists());
    }
}
