//! Bundles, sums and archives of others, edited.

use std::fs;

use bundle::{Bundle, sums::read_sum};
use bytes::Bytes;
use fuzzing::fuzz;

use crate::{
    sample::{sample, write},
    tar_bytes::{every_kind, index},
};

/// Headers stay true to their checksum, else nothing behind a change would ever be reached.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}

#[test]
fn archives() {
    fuzz!([every_kind()], |bytes: &[u8]| drop(index(&Bytes::from(with_checksums(bytes)))));
}

#[test]
fn bundles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d8.tar");
    let (layout, store) = sample();
    write(&path, &layout, &store, None);
    let seed = fs::read(&path).unwrap();
    fuzz!([seed], |bytes: &[u8]| {
        fs::write(&path, with_checksums(bytes)).unwrap();
        let Ok(bundle) = Bundle::open(std::slice::from_ref(&path)) else { return };
        for repository in bundle.repositories() {
            for descriptor in &repository.index {
                if let Ok(manifest) = bundle.manifest(&repository.path, descriptor) {
                    assert_eq!(manifest.digest().same_algorithm_of(manifest.bytes()), descriptor.digest);
                }
            }
            for (digest, size) in &repository.blobs {
                let blob = bundle.blob(&repository.path, digest).unwrap();
                assert_eq!(blob.size(), *size);
                assert!(*size <= bundle.size());
            }
        }
    });
}

#[test]
fn sums() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d8.tar.gostsum");
    let sum = "0a".repeat(32);
    fuzz!([sum.clone(), format!("{sum}  d8.tar\n")], |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        if let Ok(sum) = read_sum(&folder.path().join("d8.tar.gostsum")) {
            let sum = sum.unwrap().to_string();
            assert!(String::from_utf8_lossy(bytes).to_lowercase().contains(&sum), "{sum}");
        }
    });
}
