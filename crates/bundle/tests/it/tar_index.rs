//! The index against another implementation, against damage, and what it reads to get there.

use std::{
    io::{self, Cursor, Read as _},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use oci::BlobSource;
use proptest::prelude::*;

use crate::tar_bytes::{Found, archive, entry, every_kind, header, index, octal, record};

#[test]
fn sizes_beyond_8_gib_are_read_from_the_extension() {
    struct Sparse(Bytes, u64);
    impl std::fmt::Debug for Sparse {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Sparse")
        }
    }
    impl BlobSource for Sparse {
        fn size(&self) -> u64 {
            self.1
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
            let left = usize::try_from(self.1.saturating_sub(offset)).unwrap_or(usize::MAX);
            let count = buf.len().min(left);
            buf[..count].fill(0);
            self.0.read_at(offset, &mut buf[..count])?;
            Ok(count)
        }
    }
    let size = 10_u64 << 30;
    let start =
        [entry(b"x", b'x', &record("size", &size.to_string())), header(b"a", b'0', &octal(0))].concat();
    let total = start.len() as u64 + size + 1024;
    let found = index(&Sparse(start.into(), total)).unwrap();
    assert_eq!(found, [("a".to_owned(), 1536, size)]);
}

/// Counts what is read.
#[derive(Debug)]
struct Counted {
    bytes: Bytes,
    reads: AtomicU64,
    total: AtomicU64,
}

impl BlobSource for Counted {
    fn size(&self) -> u64 {
        BlobSource::size(&self.bytes)
    }
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(buf.len() as u64, Ordering::Relaxed);
        self.bytes.read_at(offset, buf)
    }
}

#[test]
fn only_headers_are_read() {
    let mut pieces: Vec<Vec<u8>> =
        (0..2000).map(|i| entry(format!("m{i}").as_bytes(), b'0', &[7; 900])).collect();
    pieces.extend((0..40).map(|i| entry(format!("l{i}").as_bytes(), b'0', &vec![7; 1 << 20])));
    let bytes = archive(&pieces);
    let counted = Counted { bytes, reads: AtomicU64::new(0), total: AtomicU64::new(0) };
    assert_eq!(index(&counted).unwrap().len(), 2040);
    let (reads, total) = (counted.reads.into_inner(), counted.total.into_inner());
    assert!(reads < 100, "{reads} reads");
    assert!(total < 5 << 20, "{total} of {} bytes", counted.bytes.len());
}

/// The same by the `tar` crate.
fn reference(bytes: &Bytes) -> Found {
    let mut archive = tar::Archive::new(Cursor::new(bytes.clone()));
    let entries = archive.entries_with_seek().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let found = (path, entry.raw_file_position(), entry.size());
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let at = usize::try_from(found.1).unwrap();
            assert_eq!(bytes[at..at + content.len()], content);
            found
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_what_the_tar_crate_reads(
        files in prop::collection::vec(("[a-z]{1,60}(/[a-z]{1,80}){0,4}", 0_usize..3000, any::<bool>()), 0..12),
    ) {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, size, pax) in &files {
            let mut header = if *pax { tar::Header::new_ustar() } else { tar::Header::new_gnu() };
            header.set_size(*size as u64);
            if *pax {
                builder.append_pax_extensions([("path", path.as_bytes())]).unwrap();
                header.set_path("x").unwrap();
                header.set_cksum();
                builder.append(&header, &vec![1; *size][..]).unwrap();
            } else {
                builder.append_data(&mut header, path, &vec![1; *size][..]).unwrap();
            }
        }
        let bytes = Bytes::from(builder.into_inner().unwrap());
        prop_assert_eq!(index(&bytes).unwrap(), reference(&bytes));
    }

    #[test]
    fn damage_never_panics_or_hangs(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        keep_whole in any::<bool>(),
    ) {
        let mut bytes = every_kind().to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
            let block = place / 512 * 512;
            // Headers stay true to their checksum, else nothing behind it would ever be reached.
            let header = &mut bytes[block..block + 512];
            header[148..156].copy_from_slice(b"        ");
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        if !keep_whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = index(&Bytes::from(bytes));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(index(&Bytes::from(bytes)).is_err());
    }
}
