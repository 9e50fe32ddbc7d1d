//! Only regular files are read as a bundle and replaced by one.
//!
//! Opening a named pipe waits until somebody writes to it, and reading a device may have no end. So files are opened
//! without waiting, and the opened file is checked: a check of the name before would be about another file if the
//! name changes in between.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::{fd::AsFd, unix::fs::OpenOptionsExt as _},
    path::Path,
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
};

use crate::{BundleError, SpecialFile};

/// Opens the regular file `path` for reading; symbolic links are followed.
///
/// # Errors
/// [`BundleError::NotAFile`] if it is anything else; [`BundleError::Io`].
pub fn open_file(path: &Path) -> Result<File, BundleError> {
    open(path, OpenOptions::new().read(true))
}

/// The content of the regular file `path`; `None` if there is no such file.
///
/// # Errors
/// As [`open_file`].
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>, BundleError> {
    let mut file = match open_file(path) {
        Ok(file) => file,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(BundleError::io(path))?;
    Ok(Some(bytes))
}

/// Opens `path` with `options`, and refuses what is not a regular file.
fn open(path: &Path, options: &OpenOptions) -> Result<File, BundleError> {
    open_as(path, options, OFlags::empty())
}

/// The same, with more flags of open(2).
pub(crate) fn open_as(path: &Path, options: &OpenOptions, flags: OFlags) -> Result<File, BundleError> {
    let file = match open_with(path, options, flags) {
        // This is how a socket answers, and a device without a driver or without a medium.
        Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::NXIO | Errno::NODEV)) => {
            refuse_special(path)?;
            return Err(BundleError::io(path)(error));
        }
        opened => opened.map_err(BundleError::io(path))?,
    };
    match SpecialFile::of(file.metadata().map_err(BundleError::io(path))?.file_type()) {
        None => Ok(file),
        Some(kind) => Err(BundleError::NotAFile { path: path.to_owned(), kind }),
    }
}

/// Opens `path` with `options` and never waits for another process, whatever it is.
pub(crate) fn open_without_waiting(path: &Path, options: &OpenOptions) -> io::Result<File> {
    open_with(path, options, OFlags::empty())
}

fn open_with(path: &Path, options: &OpenOptions, flags: OFlags) -> io::Result<File> {
    let with = |flags: OFlags| {
        let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
        options.clone().custom_flags(flags).open(path)
    };
    let file = match with(flags | OFlags::NONBLOCK | OFlags::NOCTTY) {
        // A file server has a lease on the regular file, and is asked to give it up: that is worth waiting for.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && fs::metadata(path)?.is_file() => {
            return with(flags);
        }
        opened => opened?,
    };
    // For regular files the flag means nothing today; open(2) asks not to rely on that.
    let flags = fcntl_getfl(file.as_fd())?;
    fcntl_setfl(file.as_fd(), flags.difference(OFlags::NONBLOCK))?;
    Ok(file)
}

/// Refuses a name that cannot become or is not a regular file, without opening it. A name that is free is fine.
///
/// # Errors
/// [`BundleError::NotAFile`]; [`BundleError::Io`] if the system does not say what it is.
pub fn refuse_special(path: &Path) -> Result<(), BundleError> {
    match fs::metadata(path) {
        Ok(data) => match SpecialFile::of(data.file_type()) {
            None => Ok(()),
            Some(kind) => Err(BundleError::NotAFile { path: path.to_owned(), kind }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BundleError::io(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use rustix::fs::{CWD, FileType as Type, Mode, mknodat};

    use super::*;

    fn kind(error: &BundleError) -> SpecialFile {
        match error {
            BundleError::NotAFile { kind, .. } => *kind,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        mknodat(CWD, at("pipe"), Type::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("directory")).unwrap();
        for name in ["pipe", "directory"] {
            symlink(at(name), at(&format!("link to {name}"))).unwrap();
        }
        symlink("/dev/zero", at("link to device")).unwrap();
        for (name, expected) in [
            ("pipe", SpecialFile::NamedPipe),
            ("link to pipe", SpecialFile::NamedPipe),
            ("socket", SpecialFile::Socket),
            ("directory", SpecialFile::Directory),
            ("link to directory", SpecialFile::Directory),
            ("link to device", SpecialFile::CharacterDevice),
            ("/dev/null", SpecialFile::CharacterDevice),
        ] {
            let path = at(name);
            assert_eq!(kind(&open_file(&path).unwrap_err()), expected, "{name}");
            assert_eq!(kind(&refuse_special(&path).unwrap_err()), expected, "{name}");
            let error = read_file(&path).unwrap_err();
            assert_eq!(error.to_string(), format!("{} is {expected}, not a file", path.display()));
        }
        fs::write(at("file"), "content").unwrap();
        symlink(at("file"), at("link to file")).unwrap();
        symlink(at("absent"), at("link to nothing")).unwrap();
        for name in ["file", "link to file"] {
            refuse_special(&at(name)).unwrap();
            assert_eq!(read_file(&at(name)).unwrap().unwrap(), b"content");
        }
        for name in ["absent", "link to nothing"] {
            refuse_special(&at(name)).unwrap();
            assert_eq!(read_file(&at(name)).unwrap(), None);
        }
    }

    #[test]
    fn a_file_opened_for_writing_is_checked_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        mknodat(CWD, &path, Type::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        for options in
            [OpenOptions::new().read(true).write(true).create(true), OpenOptions::new().write(true)]
        {
            let error = open(&path, options);
            // Without a reader a pipe cannot be opened for writing alone: then its kind is what is said, too.
            assert_eq!(kind(&error.unwrap_err()), SpecialFile::NamedPipe);
        }
        let file = folder.path().join("file");
        open(&file, OpenOptions::new().write(true).create(true)).unwrap();
    }

    #[test]
    fn an_opened_file_blocks_like_a_plain_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "content").unwrap();
        let flags = fcntl_getfl(open_file(&path).unwrap()).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK), "{flags:?}");
    }
}
