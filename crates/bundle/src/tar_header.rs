//! Tar headers as the bundle has them, and how long they are.
//!
//! GNU format with everything that could differ between two runs or two machines left out: mode 0777,
//! no owner, no time. That is what the platform's own tools write, so theirs and ours compare equal.

use tar_core::{
    EntryType, HEADER_SIZE,
    builder::{EntryBuilder, NAME_MAX_LEN},
};

/// Size of a block: everything in a tar begins at a multiple of it.
pub(crate) const BLOCK: u64 = HEADER_SIZE as u64;

/// What ends an archive: two blocks of zeros.
pub(crate) const END: u64 = 2 * BLOCK;

/// The number of zeros after `size` bytes of content.
pub(crate) fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK
}

/// The length of [`header`] for an entry at `path`.
pub(crate) fn header_len(path: &str) -> u64 {
    if path.len() <= NAME_MAX_LEN {
        return BLOCK;
    }
    // A GNU long name: a header of its own, then the name and a zero byte.
    let name = path.len() as u64 + 1;
    BLOCK + name + padding(name) + BLOCK
}

/// The header blocks of a regular file at `path`: one block, more for a name that needs it.
pub(crate) fn header(path: &str, size: u64) -> Vec<u8> {
    let mut entry = EntryBuilder::new_gnu();
    entry.path(path).entry_type(EntryType::Regular);
    let fields =
        entry.size(size).and_then(|entry| entry.mode(0o777)).and_then(|entry| entry.uid(0)?.gid(0)?.mtime(0));
    if fields.is_err() {
        unreachable!("every u64 fits the base-256 form of a size, and the rest is constant");
    }
    entry.finish_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_match_the_plan() {
        for length in [1, 99, 100, 101, 200, 510, 511, 512, 513, 2000] {
            let path = "p".repeat(length);
            assert_eq!(header(&path, 7).len() as u64, header_len(&path), "{length}");
        }
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }

    #[test]
    fn the_tar_crate_reads_the_same() {
        for length in [1, 100, 101, 511, 512] {
            for size in [0, 1, 0o77_777_777_777, 0o100_000_000_000, u64::MAX >> 1] {
                let path = "p".repeat(length);
                let bytes = header(&path, size);
                let last = tar::Header::from_byte_slice(&bytes[bytes.len() - 512..]);
                assert_eq!(last.entry_size().unwrap(), size);
                assert_eq!((last.mode().unwrap(), last.uid().unwrap(), last.gid().unwrap()), (0o777, 0, 0));
                assert_eq!(last.mtime().unwrap(), 0);
                assert_eq!(last.as_gnu().unwrap().magic, *b"ustar ");
                assert_eq!(last.as_gnu().unwrap().version, *b" \0");
                assert!(last.username_bytes().unwrap().is_empty());
                assert_eq!(last.entry_type(), tar::EntryType::Regular);
            }
        }
    }
}
