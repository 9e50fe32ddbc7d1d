//! What the file system has room for: free space, the largest file, allocation ahead.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::{fs::FallocateFlags, io::Errno};

use crate::{
    BundleError,
    names::{self, Kind},
};

/// `MSDOS_SUPER_MAGIC` of `linux/magic.h`: FAT12, FAT16 and FAT32. exFAT has a magic and no such limit.
const FAT_MAGIC: i128 = 0x4d44;
/// A FAT directory entry has 32 bits for the size.
const FAT_LIMIT: u64 = u32::MAX as u64;

/// The bytes that an unprivileged user can still write to the file system of `dir`.
///
/// # Errors
/// What the system says, as when `dir` does not exist.
pub fn free_space(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// The bytes that a new bundle `path` can have: what is free, and what an unfinished one holds, which makes
/// room for it.
pub(crate) fn room(path: &Path) -> io::Result<u64> {
    Ok(free_space(names::directory(path))?.saturating_add(unfinished(path)?))
}

/// What the unfinished bundle `path` takes, in bytes.
fn unfinished(path: &Path) -> io::Result<u64> {
    let parts = names::siblings(path)?
        .into_iter()
        .filter(|(kind, _)| matches!(kind, Kind::PartialPart(_)))
        .map(|(_, file)| file);
    Ok(parts.chain([names::partial(path)]).map(|file| taken(&file)).sum())
}

/// What the finished bundle `path` takes, in bytes.
fn finished(path: &Path) -> io::Result<u64> {
    let parts = names::siblings(path)?
        .into_iter()
        .filter(|(kind, _)| matches!(kind, Kind::Part(_)))
        .map(|(_, file)| file);
    Ok(parts.chain([path.to_owned()]).map(|file| taken(&file)).sum())
}

/// The bytes of the disk that `file` takes; 0 if it is not there.
pub(crate) fn taken(file: &Path) -> u64 {
    // `blocks` counts what is really taken, in units of 512 bytes.
    fs::metadata(file).map_or(0, |data| data.blocks().saturating_mul(512))
}

/// Refuses archives that are to be written into `directory` one after the other, if the disk has no room for
/// all. Each is given by its path, its size in bytes, and the bytes that exist and will be moved into it. What
/// an unfinished one takes counts for it; an older one of the same name is there until the new one is done.
///
/// # Errors
/// [`BundleError::DiskFull`] with the free bytes that all together need; [`BundleError::Io`].
pub fn room_for_all(directory: &Path, archives: &[(PathBuf, u64, u64)]) -> Result<(), BundleError> {
    let mut steps = Vec::new();
    for (path, size, moved) in archives {
        let there = unfinished(path).and_then(|unfinished| Ok((unfinished, finished(path)?)));
        let (unfinished, finished) = there.map_err(BundleError::io(directory))?;
        steps.push((size.saturating_sub(unfinished.saturating_add(*moved)), finished));
    }
    let needed = needed(&steps);
    let free = free_space(directory).map_err(BundleError::io(directory))?;
    if free < needed {
        return Err(BundleError::DiskFull { path: directory.to_owned(), needed, free });
    }
    Ok(())
}

/// The free bytes that steps need, each of which takes some and then gives some back.
fn needed(steps: &[(u64, u64)]) -> u64 {
    let (mut needed, mut taken) = (0, 0_i128);
    for (takes, gives) in steps {
        taken += i128::from(*takes);
        needed = needed.max(taken);
        taken -= i128::from(*gives);
    }
    u64::try_from(needed).unwrap_or(u64::MAX)
}

/// The largest size of one file in `dir`, in bytes, where the file system has a limit that a bundle can
/// reach: 4 294 967 295 on the FAT family, none elsewhere or if the system does not report it.
pub fn file_size_limit(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statfs(dir).ok()?;
    limit_of(i128::from(stat.f_type))
}

/// The limit of the file systems with this magic number (`f_type` of `statfs`).
fn limit_of(magic: i128) -> Option<u64> {
    (magic == FAT_MAGIC).then_some(FAT_LIMIT)
}

/// Allocates the first `size` bytes of `file`; a file system that cannot is no error.
pub(crate) fn allocate(file: &File, size: u64) -> io::Result<()> {
    let result = rustix::io::retry_on_intr(|| rustix::fs::fallocate(file, FallocateFlags::empty(), 0, size));
    match result {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Gives the disk space of a range back; whether the file system could.
pub(crate) fn release(file: &File, offset: u64, count: u64) -> bool {
    let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::io::retry_on_intr(|| rustix::fs::fallocate(file, how, offset, count)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of `linux/magic.h`. FAT behind FUSE cannot be detected: it refuses what is too large by `EFBIG`.
    #[test]
    fn only_fat_has_a_limit() {
        for (name, magic, limit) in [
            ("vfat, msdos", 0x4d44, Some(4_294_967_295)),
            ("exfat", 0x2011_bab0, None),
            ("fuse", 0x6573_5546, None),
            ("ntfs3", 0x7366_746e, None),
            ("ext4", 0xef53, None),
            ("xfs", 0x5846_5342, None),
            ("tmpfs", 0x0102_1994, None),
        ] {
            assert_eq!(limit_of(magic), limit, "{name}");
        }
    }

    #[test]
    fn space_of_an_older_archive_counts_after_it_is_replaced() {
        for (steps, expected) in [
            (&[][..], 0),
            (&[(10, 0), (30, 0)], 40),
            (&[(10, 10), (30, 30)], 30),
            (&[(30, 30), (10, 0)], 30),
            (&[(10, 40), (30, 0)], 10),
            (&[(0, 5), (3, 0)], 0),
        ] {
            assert_eq!(needed(steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn reports_the_free_space_of_the_file_system() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free_space(dir.path()).unwrap() > 0);
        assert_eq!(file_size_limit(dir.path()), None);
        assert!(free_space(&dir.path().join("absent")).is_err());
        assert_eq!(file_size_limit(&dir.path().join("absent")), None);
    }
}
