//! One writer at a time.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::io::Errno;

use crate::{
    Access, BundleError, PrivateDirectory,
    owned::{self, Readers},
};

/// Opens and locks the file `path`, made if need be, until the result is dropped. A file system without
/// locks gives none, which is no reason to refuse work.
///
/// # Errors
/// [`BundleError::Locked`] while another process holds it, [`BundleError::NotAFile`], [`BundleError::NotOurs`] if
/// others could change it, or [`BundleError::Io`].
pub fn lock(path: &Path) -> Result<File, BundleError> {
    loop {
        let file = owned::open(path, OpenOptions::new().read(true).write(true).create(true), Readers::All)?;
        take(&file, path)?;
        if is_named(&file, fs::symlink_metadata(path), path)? {
            return Ok(file);
        }
    }
}

/// The same for the file `name` of a directory.
///
/// # Errors
/// [`BundleError::Locked`] while another process holds it, or [`BundleError::Io`].
pub fn lock_in(directory: &PrivateDirectory, name: &str) -> Result<File, BundleError> {
    let path = directory.path_of(name);
    loop {
        let file = directory.open_file(name, Access::Write).map_err(BundleError::io(&path))?;
        take(&file, &path)?;
        let named = directory.open_file(name, Access::Read).and_then(|named| named.metadata());
        if is_named(&file, named, &path)? {
            return Ok(file);
        }
    }
}

fn take(file: &File, path: &Path) -> Result<(), BundleError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(BundleError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(()),
        Err(TryLockError::Error(error)) => Err(BundleError::io(path)(error)),
    }
}

/// Whether the file still has its name: between open and lock the other writer may have finished, and then it is its
/// bundle.
fn is_named(file: &File, named: io::Result<Metadata>, path: &Path) -> Result<bool, BundleError> {
    let ours = file.metadata().map_err(BundleError::io(path))?;
    match named {
        Ok(now) => Ok((now.dev(), now.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(BundleError::io(path)(error)),
    }
}

/// NFS without a lock service says `ENOLCK`, others that they do not support it.
fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || Errno::from_io_error(error) == Some(Errno::NOLCK)
}
