//! One writer at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::io::Errno;

use crate::{BundleError, regular};

/// Opens and locks the file `path`, made if need be, until the result is dropped. A file system without
/// locks gives none, which is no reason to refuse work.
///
/// # Errors
/// [`BundleError::Locked`] while another process holds it, [`BundleError::NotAFile`], or [`BundleError::Io`].
pub fn lock(path: &Path) -> Result<File, BundleError> {
    loop {
        let file =
            regular::open(path, OpenOptions::new().read(true).write(true).create(true).truncate(false))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BundleError::Locked { path: path.to_owned() });
            }
            Err(TryLockError::Error(error)) if has_no_locks(&error) => {}
            Err(TryLockError::Error(error)) => return Err(BundleError::io(path)(error)),
        }
        // Between open and lock the other writer may have finished: then this is its bundle.
        let ours = file.metadata().map_err(BundleError::io(path))?;
        match fs::metadata(path) {
            Ok(now) if (now.dev(), now.ino()) == (ours.dev(), ours.ino()) => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(BundleError::io(path)(error)),
        }
    }
}

/// NFS without a lock service says `ENOLCK`, others that they do not support it.
fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || Errno::from_io_error(error) == Some(Errno::NOLCK)
}
