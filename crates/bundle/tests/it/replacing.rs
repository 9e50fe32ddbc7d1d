//! An older bundle stays until the new one is complete; then it is gone with all that belonged to it.

use std::{fs, path::Path};

use bundle::{BundleError, Writer};

use crate::sample::{self, names};

const SUMS: [&str; 2] = ["d8.tar.gostsum", "d8.tar.0001.chunk.gostsum"];
const FOREIGN: [&str; 3] = ["d8.tar.bak", "deckhousereleases.yaml", "other.tar.0000.chunk"];

fn touch(dir: &Path, names: &[&str]) {
    for name in names {
        fs::write(dir.join(name), "x").unwrap();
    }
}

#[test]
fn every_form_replaces_every_form() {
    let (layout, store) = sample::sample();
    let forms = [None, Some(20_000), Some(50_000)];
    for (old, new) in forms.iter().flat_map(|old| forms.map(|new| (*old, new))) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d8.tar");
        sample::write(&path, &layout, &store, old);
        touch(dir.path(), &SUMS);
        touch(dir.path(), &FOREIGN);

        let writer = Writer::create(&path, layout.size(), new).unwrap();
        assert_eq!(sample::open(&path).unwrap().size(), layout.size(), "the old one is valid");
        for (offset, bytes) in sample::pieces(&layout, &store) {
            writer.write_at(offset, &bytes).unwrap();
        }
        assert!(SUMS.iter().all(|name| dir.path().join(name).exists()));
        let files = writer.finish().unwrap();

        let mut expected: Vec<String> = FOREIGN.map(str::to_owned).to_vec();
        for file in &files {
            expected.push(file.file_name().unwrap().to_str().unwrap().to_owned());
        }
        expected.sort();
        assert_eq!(names(dir.path()), expected, "{old:?} → {new:?}");
        assert_eq!(sample::open(&path).unwrap().parts(), files.len());
    }
}

#[test]
fn an_unfinished_bundle_has_no_final_name_and_can_be_resumed() {
    for part_size in [None, Some(1000)] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d8.tar");
        let writer = Writer::create(&path, 2048, part_size).unwrap();
        writer.write_at(990, b"across the border").unwrap();
        writer.sync().unwrap();
        drop(writer);
        assert!(names(dir.path()).iter().all(|name| name.ends_with(".partial")));
        assert!(matches!(sample::open(&path), Err(BundleError::NotFound { unfinished: true, .. })));

        let writer = Writer::reopen(&path, 2048, part_size).unwrap();
        let mut bytes = [0; 17];
        writer.read_at(990, &mut bytes).unwrap();
        assert_eq!(&bytes, b"across the border");
        drop(writer);

        let writer = Writer::create(&path, 2048, part_size).unwrap();
        writer.read_at(990, &mut bytes).unwrap();
        assert_eq!(bytes, [0; 17], "create starts afresh");
        writer.discard().unwrap();
        assert!(names(dir.path()).is_empty());
    }
}

#[test]
fn partials_of_another_form_do_not_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    drop(Writer::create(&path, 4096, Some(1000)).unwrap());
    drop(Writer::create(&path, 2048, Some(1000)).unwrap());
    assert_eq!(names(dir.path()).len(), 3 + 1);
    drop(Writer::create(&path, 2048, None).unwrap());
    assert_eq!(names(dir.path()), ["d8.tar.partial"]);
    drop(Writer::reopen(&path, 2048, Some(1000)).unwrap());
    assert_eq!(fs::metadata(dir.path().join("d8.tar.partial")).unwrap().len(), 0, "no space is kept");
}

#[test]
fn a_second_writer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    for first in [None, Some(1000)] {
        let writer = Writer::create(&path, 2048, first).unwrap();
        writer.write_at(0, b"keep").unwrap();
        for second in [None, Some(1000)] {
            for error in [
                Writer::create(&path, 2048, second).unwrap_err(),
                Writer::reopen(&path, 2048, second).unwrap_err(),
            ] {
                assert!(matches!(&error, BundleError::Locked { .. }), "{error}");
                assert!(error.to_string().contains("d8.tar.partial: another process"), "{error}");
            }
        }
        let mut bytes = [0; 4];
        writer.read_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"keep", "the one that came second touched nothing");
        let other = Writer::create(&dir.path().join("other.tar"), 2048, None).unwrap();
        other.discard().unwrap();
    }
    drop(Writer::create(&path, 2048, None).unwrap());
}

#[test]
fn a_crash_while_parts_get_their_names_loses_nothing() {
    let (layout, store) = sample::sample();
    let whole = tempfile::tempdir().unwrap();
    let files = sample::write(&whole.path().join("d8.tar"), &layout, &store, None);
    let expected = fs::read(&files[0]).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    let parts = sample::write(&path, &layout, &store, Some(30_000));
    for renamed in 0..=parts.len() {
        // The state that `finish` leaves when it is killed after giving this many names, from the last on.
        fs::write(dir.path().join("d8.tar.partial"), "renaming").unwrap();
        for part in &parts[..parts.len() - renamed] {
            fs::rename(part, format!("{}.partial", part.display())).unwrap();
        }
        if renamed < parts.len() {
            assert!(sample::open(&path).is_err());
        }
        let writer = Writer::reopen(&path, layout.size(), Some(30_000)).unwrap();
        assert!(names(dir.path()).iter().all(|name| name.ends_with(".partial")));
        let mut bytes = vec![0; expected.len()];
        writer.read_at(0, &mut bytes).unwrap();
        assert!(bytes == expected);
        assert_eq!(writer.finish().unwrap(), parts);
    }
}

#[test]
fn impossible_sizes_are_refused_before_anything_is_created() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    let error = Writer::create(&path, 1_000_000, Some(1)).unwrap_err();
    assert!(matches!(error, BundleError::TooManyParts { parts: 1_000_000, .. }));
    assert!(names(dir.path()).is_empty());
    let error = Writer::create(&dir.path().join("absent/d8.tar"), 1024, None).unwrap_err();
    assert!(error.to_string().contains("absent/d8.tar.partial"), "{error}");
}

#[test]
fn too_little_disk_space_is_reported_with_sizes() {
    let dir = tempfile::tempdir().unwrap();
    let free = bundle::free_space(dir.path()).unwrap();
    let Ok(writer) = Writer::create(&dir.path().join("d8.tar"), free.saturating_mul(4), None) else {
        // The file system has no files of that size at all, which it said.
        return;
    };
    match writer.reserve() {
        Err(BundleError::DiskFull { needed, .. }) => assert_eq!(needed, free * 4),
        // A file system without allocation ahead.
        Ok(()) => {}
        Err(error) => panic!("{error}"),
    }
    writer.discard().unwrap();
}
