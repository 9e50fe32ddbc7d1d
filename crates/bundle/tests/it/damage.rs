//! Whatever is wrong with a bundle is named, and nothing wrong is taken for a bundle.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use bundle::{Bundle, BundleError};
use oci::Digest;

use crate::sample;

struct Scene {
    dirs: Vec<tempfile::TempDir>,
    paths: Vec<PathBuf>,
}

/// The sample in parts of 20 000 bytes, dealt out to `count` directories in turn.
fn spread(count: usize) -> Scene {
    let (layout, store) = sample::sample();
    let dirs: Vec<_> = (0..count).map(|_| tempfile::tempdir().unwrap()).collect();
    let paths: Vec<_> = dirs.iter().map(|dir| dir.path().join("d8.tar")).collect();
    let parts = sample::write(&paths[0], &layout, &store, Some(20_000));
    for (number, part) in parts.iter().enumerate() {
        let to = dirs[number % count].path().join(part.file_name().unwrap());
        fs::rename(part, to).unwrap();
    }
    Scene { dirs, paths }
}

fn fails(paths: &[PathBuf]) -> BundleError {
    Bundle::open(paths).unwrap_err()
}

#[test]
fn parts_are_found_in_several_directories_in_any_order() {
    let mut scene = spread(3);
    scene.paths.reverse();
    scene.paths.push(scene.dirs[0].path().join(".").join("d8.tar"));
    let bundle = Bundle::open(&scene.paths).unwrap();
    assert!(bundle.parts() > 3);
    let shared = Digest::of(&sample::content(4, 70_000));
    assert!(bundle.blob("modules/a-module-of-some-length/release", &shared).is_some());
}

#[test]
fn missing_parts_are_named() {
    let scene = spread(2);
    let error = fails(&scene.paths[..1]);
    let BundleError::MissingPart { path, others } = &error else { panic!("{error}") };
    assert!(path.ends_with("d8.tar.0001.chunk"), "{error}");
    assert_eq!(*others, 1, "{error}");

    let scene = spread(1);
    let last = sample::names(scene.dirs[0].path()).pop().unwrap();
    fs::remove_file(scene.dirs[0].path().join(&last)).unwrap();
    let error = fails(&scene.paths).to_string();
    let gone = format!("{last}: missing");
    assert!(error.contains(&gone) || error.contains("parts after this one are missing"), "{error}");

    fs::remove_file(scene.dirs[0].path().join("d8.tar.0000.chunk")).unwrap();
    let error = fails(&scene.paths).to_string();
    assert!(error.contains("d8.tar.0000.chunk: missing"), "{error}");
}

#[test]
fn a_duplicate_part_is_refused_and_both_files_are_named() {
    let scene = spread(2);
    fs::write(&scene.paths[1], "whole").unwrap();
    let error = fails(&scene.paths);
    assert!(matches!(error, BundleError::Ambiguous { .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("d8.tar and ") && error.contains("d8.tar.0000.chunk"), "{error}");

    let scene = spread(2);
    fs::copy(scene.dirs[0].path().join("d8.tar.0002.chunk"), scene.dirs[1].path().join("d8.tar.0002.chunk"))
        .unwrap();
    assert!(matches!(fails(&scene.paths), BundleError::Ambiguous { .. }));
}

#[test]
fn a_file_that_is_not_a_bundle_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut no_layout = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    no_layout.append_data(&mut header, "file", &b"hello"[..]).unwrap();
    let no_layout = no_layout.into_inner().unwrap();
    let cases: [(&[u8], &str); 7] = [
        (b"", "empty"),
        (b"hello", "not a tar archive"),
        (&[b'a'; 4096], "not a tar archive"),
        (&[0; 4096], "zeros"),
        (&[0x1f, 0x8b, 8, 0], "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (&no_layout, "no image layout"),
    ];
    let path = dir.path().join("d8.tar");
    for (bytes, reason) in cases {
        fs::write(&path, bytes).unwrap();
        let error = sample::open(&path).unwrap_err();
        assert!(matches!(error, BundleError::NotABundle { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.to_string().contains("d8.tar"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(sample::open(&path).unwrap_err(), BundleError::NotFound { unfinished: false, .. }));
    assert!(fails(&[dir.path().to_owned()]).to_string().contains("directory"));
    assert!(fails(&[dir.path().join("d8.tar.0000.chunk")]).to_string().contains("one part"));
    assert!(fails(&[path, dir.path().join("x.tar")]).to_string().contains("its name is not"));
    assert!(fails(&[]).to_string().contains("no file is named"));
    assert!(matches!(fails(&[PathBuf::from("/absent/d8.tar")]), BundleError::Io { .. }));
}

#[test]
fn a_truncation_at_any_offset_is_found() {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    let files = sample::write(&path, &layout, &store, None);
    let bytes = fs::read(&files[0]).unwrap();
    for length in
        (1..bytes.len()).step_by(331).chain([bytes.len() - 1, bytes.len() - 512, bytes.len() - 1024])
    {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = sample::open(&path).unwrap_err();
        assert!(
            matches!(error, BundleError::Damaged { .. } | BundleError::NotABundle { .. }),
            "{length}: {error}"
        );
    }
}

#[test]
fn a_changed_manifest_is_found() {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    sample::write(&path, &layout, &store, None);
    let descriptor = sample::open(&path).unwrap().repository("install").unwrap().index[0].clone();
    let mut bytes = fs::read(&path).unwrap();
    let mark = format!("install/blobs/sha256/{}", descriptor.digest.hex());
    let header = bytes.windows(mark.len()).position(|window| window == mark.as_bytes()).unwrap();
    bytes[header + 512 + 5] ^= 1;
    fs::write(&path, bytes).unwrap();
    let bundle = sample::open(&path).unwrap();
    let error = bundle.manifest("install", &descriptor).unwrap_err().to_string();
    assert!(error.contains(&mark) && error.contains("has the digest"), "{error}");

    let mut wrong = descriptor.clone();
    wrong.size += 1;
    let error = bundle.manifest("install", &wrong).unwrap_err().to_string();
    assert!(error.contains("bytes instead of"), "{error}");
    wrong.digest = Digest::of(b"nothing");
    let error = bundle.manifest("install", &wrong).unwrap_err().to_string();
    assert!(error.contains("not in the bundle"), "{error}");
    assert!(bundle.manifest("absent", &descriptor).is_err());
}

type Entry<'a> = (&'a str, &'a [u8]);

fn pack(path: &Path, entries: &[Entry<'_>]) {
    let mut builder = tar::Builder::new(fs::File::create(path).unwrap());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap();
}

#[test]
fn archives_that_contradict_the_layout_are_refused() {
    let empty = br#"{"schemaVersion":2,"manifests":null}"#.as_slice();
    let blob = format!("blobs/sha256/{}", Digest::of(b"a").hex());
    let stray = format!("{blob}12345");
    let cases: [(&[Entry<'_>], Option<&str>); 9] = [
        (&[("index.json", empty)], None),
        (&[("./a/index.json", empty), (&stray, b"a"), ("README", b"")], None),
        (&[("index.json", empty), ("index.json", empty)], Some("twice")),
        (&[("index.json", empty), (&blob, b"a"), (&blob, b"a")], Some("twice")),
        (&[("index.json", empty), (&blob, b"a"), (&format!("./{blob}"), b"b")], Some("twice")),
        (&[(&blob, b"a")], Some("index is missing")),
        (&[("index.json", b"[")], Some("index.json")),
        (&[("index.json", empty), ("install/oci-layout", b"{}")], Some("install/index.json")),
        (&[("Bad Name/index.json", empty)], Some("not a repository path")),
    ];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    for (entries, reason) in cases {
        pack(&path, entries);
        match (sample::open(&path), reason) {
            (Ok(bundle), None) => assert_eq!(bundle.repositories().len(), 1),
            (Err(error), Some(reason)) => assert!(error.to_string().contains(reason), "{error}"),
            (result, reason) => panic!("{result:?}, expected {reason:?}"),
        }
    }
}

#[test]
fn reading_a_bundle_writes_nothing_next_to_it() {
    let scene = spread(1);
    let before = sample::names(scene.dirs[0].path());
    fs::set_permissions(scene.dirs[0].path(), fs::Permissions::from_mode(0o555)).unwrap();
    let bundle = Bundle::open(&scene.paths).unwrap();
    let repository = &bundle.repositories()[0];
    bundle.manifest(&repository.path, &repository.index[0]).unwrap();
    assert_eq!(sample::names(scene.dirs[0].path()), before);
    fs::set_permissions(scene.dirs[0].path(), fs::Permissions::from_mode(0o755)).unwrap();
}
