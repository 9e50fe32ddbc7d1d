//! Files that are read here and there, of which only some are open at a time.
//!
//! Sixty modules in parts, or a layout of plain files, are more files than a process may have open: the limit is
//! 256 on some systems. So few stay open, of all bundles together, and the others are opened again for a read.

use std::{
    collections::VecDeque,
    fs::{File, Metadata, OpenOptions},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use parking_lot::{Mutex, MutexGuard};

use crate::{BundleError, regular};

/// Files that stay open after a read, in the whole process; the limit that this respects is the process's.
const KEPT_OPEN: usize = 64;

/// Those that are open, the one that has been so for longest in front.
static OPEN: Mutex<VecDeque<Weak<OnDemand>>> = Mutex::new(VecDeque::new());

/// A file that is open, or will be when it is read.
#[derive(Debug)]
pub(crate) struct OnDemand {
    path: PathBuf,
    identity: (u64, u64),
    size: u64,
    file: Mutex<Option<Arc<File>>>,
}

impl OnDemand {
    /// Opens `path`, so that what forbids it shows now.
    ///
    /// # Errors
    /// As [`regular::open_file`].
    pub(crate) fn open(path: PathBuf) -> Result<Arc<Self>, BundleError> {
        let file = regular::open_file(&path)?;
        let metadata = file.metadata().map_err(BundleError::io(&path))?;
        let known = Self::known(path, &metadata);
        known.keep(Arc::new(file));
        Ok(known)
    }

    /// A regular file whose `metadata` are known already.
    pub(crate) fn known(path: PathBuf, metadata: &Metadata) -> Arc<Self> {
        let identity = (metadata.dev(), metadata.ino());
        Arc::new(Self { path, identity, size: metadata.len(), file: Mutex::new(None) })
    }

    /// Its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The open file.
    pub(crate) fn get(self: &Arc<Self>) -> io::Result<Arc<File>> {
        if let Some(file) = &*lock(&self.file) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(regular::open_without_waiting(&self.path, OpenOptions::new().read(true))?);
        let metadata = file.metadata()?;
        if (metadata.dev(), metadata.ino()) != self.identity || metadata.len() != self.size {
            return Err(io::Error::other("the file was replaced while it was read"));
        }
        self.keep(Arc::clone(&file));
        Ok(file)
    }

    /// Leaves `file` open, and closes another one if there are too many. No two locks are held at the same time.
    fn keep(self: &Arc<Self>, file: Arc<File>) {
        *lock(&self.file) = Some(file);
        let too_many = {
            let mut open = lock(&OPEN);
            open.push_back(Arc::downgrade(self));
            if open.len() > KEPT_OPEN {
                open.retain(|it| it.strong_count() > 0);
            }
            if open.len() > KEPT_OPEN { open.pop_front() } else { None }
        };
        if let Some(other) = too_many.and_then(|other| other.upgrade()) {
            lock(&other.file).take();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::FileExt as _};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn all_can_be_read_and_few_are_open() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<Arc<OnDemand>> = (0..3 * KEPT_OPEN)
            .map(|number| {
                let path = folder.path().join(number.to_string());
                fs::write(&path, number.to_string()).unwrap();
                OnDemand::open(path).unwrap()
            })
            .collect();
        for (number, file) in files.iter().enumerate() {
            let mut bytes = vec![0; number.to_string().len()];
            file.get().unwrap().read_exact_at(&mut bytes, 0).unwrap();
            assert_eq!(bytes, number.to_string().as_bytes());
        }
        let open = files.iter().filter(|file| lock(&file.file).is_some()).count();
        assert!(open <= KEPT_OPEN, "{open}");
    }

    #[test]
    fn a_replaced_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one").unwrap();
        let file = OnDemand::known(path.clone(), &fs::metadata(&path).unwrap());
        fs::write(folder.path().join("b"), "two").unwrap();
        fs::rename(folder.path().join("b"), &path).unwrap();
        assert!(file.get().unwrap_err().to_string().contains("replaced"));
        fs::remove_file(&path).unwrap();
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(file.get().unwrap_err().to_string().contains("replaced"));
    }
}
