//! The bundle is a plain tar: the system's own `tar` reads it without a word of complaint.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use crate::sample;

fn tar(dir: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("tar").args(arguments).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    output
}

#[test]
fn the_system_tar_lists_and_extracts() {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    sample::write(&dir.path().join("d8.tar"), &layout, &store, None);

    let listed = tar(dir.path(), &["tf", "d8.tar"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.lines().count(), layout.entry_count());
    assert!(listed.starts_with("oci-layout\nindex.json\nblobs/sha256/"));

    let verbose = tar(dir.path(), &["tvf", "d8.tar", "--utc", "--full-time", "--numeric-owner"]);
    for line in String::from_utf8(verbose.stdout).unwrap().lines() {
        assert!(line.starts_with("-rwxrwxrwx 0/0 ") && line.contains(" 1970-01-01 00:00:00 "), "{line}");
    }

    let out = tempfile::tempdir().unwrap();
    let target = out.path().to_str().unwrap();
    tar(dir.path(), &["-xf", "d8.tar", "-C", target]);
    for blob in layout.blobs() {
        let file = listed.lines().find(|line| line.ends_with(&blob.digest.hex())).unwrap();
        let file = out.path().join(file);
        assert_eq!(fs::read(&file).unwrap(), store[&blob.digest]);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o700, 0o700);
    }
}

#[test]
fn what_the_system_tar_packs_is_read() {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    sample::write(&path, &layout, &store, None);
    let ours = sample::open(&path).unwrap();
    let tree = tempfile::tempdir().unwrap();
    tar(dir.path(), &["-xf", "d8.tar", "-C", tree.path().to_str().unwrap()]);
    for format in ["gnu", "pax", "ustar", "oldgnu"] {
        let other = dir.path().join(format!("{format}.tar"));
        let format = format!("--format={format}");
        tar(tree.path(), &["-cf", other.to_str().unwrap(), &format, "."]);
        let theirs = sample::open(&other).unwrap();
        assert_eq!(theirs.repositories().len(), ours.repositories().len());
        for (one, two) in ours.repositories().iter().zip(theirs.repositories()) {
            assert_eq!((&one.path, &one.index, &one.blobs), (&two.path, &two.index, &two.blobs), "{format}");
        }
    }
}
