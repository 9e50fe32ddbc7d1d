//! What the file system has room for: free space, the largest file, allocation ahead.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::{fs::FallocateFlags, io::Errno};

use crate::names::{self, Kind};

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
    let mut room = free_space(names::directory(path))?;
    let unfinished = names::siblings(path)?
        .into_iter()
        .filter(|(kind, _)| matches!(kind, Kind::PartialPart(_)))
        .map(|(_, file)| file);
    for file in unfinished.chain([names::partial(path)]) {
        // `blocks` counts what is really taken, in units of 512 bytes.
        let taken = fs::metadata(file).map_or(0, |data| data.blocks().saturating_mul(512));
        room = room.saturating_add(taken);
    }
    Ok(room)
}

/// The largest size of one file in `dir`, in bytes, where the file system has a limit that a bundle can
/// reach: 4 294 967 295 on the FAT family, none elsewhere or where the system does not tell.
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

    /// Numbers of `linux/magic.h`. FAT behind FUSE cannot be told: it refuses what is too large by `EFBIG`.
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
    fn tells_what_the_file_system_has() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free_space(dir.path()).unwrap() > 0);
        assert_eq!(file_size_limit(dir.path()), None);
        assert!(free_space(&dir.path().join("absent")).is_err());
        assert_eq!(file_size_limit(&dir.path().join("absent")), None);
    }
}
