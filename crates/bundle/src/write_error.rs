//! What a failed write means: a full disk, a quota, or a file that is too large.

use std::{io, path::PathBuf};

use crate::{BundleError, disk, names};

impl BundleError {
    /// What a failed write to the file `path`, which will have `needed` bytes, means.
    pub(crate) fn of_write(path: PathBuf, needed: u64, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::QuotaExceeded => Self::QuotaExceeded { path, needed },
            io::ErrorKind::StorageFull => {
                let free = disk::free_space(names::directory(&path)).unwrap_or_default();
                Self::DiskFull { path, needed, free }
            }
            io::ErrorKind::FileTooLarge => Self::FileTooLarge { path, size: needed, limit: None },
            _ => Self::Io { path, source },
        }
    }

    /// The same, if it was met while the file was written, which will have `needed` bytes.
    pub(crate) fn of_writing(self, needed: u64) -> Self {
        match self {
            Self::Io { path, source } => Self::of_write(path, needed, source),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn a_quota_is_not_a_full_disk() {
        let path = PathBuf::from("/tmp/d8.tar.partial");
        let told = |errno: Errno| BundleError::of_write(path.clone(), 5000, errno.into()).to_string();
        assert_eq!(
            told(Errno::DQUOT),
            "/tmp/d8.tar.partial: the disk quota of this user or group is used up: the bundle needs 5000 bytes"
        );
        let full = told(Errno::NOSPC);
        assert!(
            full.starts_with("/tmp/d8.tar.partial: no space left: the bundle needs 5000 bytes, "),
            "{full}"
        );
        assert!(told(Errno::FBIG).contains("more than the file system allows in one file"));
    }
}
