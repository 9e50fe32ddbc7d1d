//! Split and joined bundles are the same bytes, sums are heeded and written, and failures leave nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bundle::{BundleError, GostSum, GostSums, Progress, WriteSums, join, split};

use crate::{gost12sum::gost12sum, sample};

struct Scene {
    from: tempfile::TempDir,
    to: tempfile::TempDir,
    bytes: Vec<u8>,
}

/// A whole bundle in one directory, and another directory.
fn scene() -> Scene {
    let (layout, store) = sample::sample();
    let from = tempfile::tempdir().unwrap();
    let whole = from.path().join("d8.tar");
    sample::write(&whole, &layout, &store, None);
    Scene { bytes: fs::read(&whole).unwrap(), to: tempfile::tempdir().unwrap(), from }
}

impl Scene {
    fn source(&self) -> Vec<PathBuf> {
        vec![self.from.path().join("d8.tar")]
    }

    fn parts(&self) -> Vec<PathBuf> {
        vec![self.to.path().join("d8.tar")]
    }
}

#[test]
fn split_and_joined_again_it_is_the_same() {
    for part_size in [512, 20_000, 65_536, 1_000_000] {
        let scene = scene();
        let split =
            split(&scene.source(), scene.to.path(), part_size, WriteSums::IfInputHasThem, &()).unwrap();
        assert_eq!((split.size, split.sums), (scene.bytes.len() as u64, None));
        let parts = scene.bytes.len().div_ceil(usize::try_from(part_size).unwrap());
        assert_eq!(split.files.len(), parts);
        for part in &split.files {
            assert!(fs::metadata(part).unwrap().len() <= part_size);
        }
        let out = scene.from.path().join("again.tar");
        let joined = join(&scene.parts(), &out, WriteSums::IfInputHasThem, &()).unwrap();
        assert_eq!(joined.files, std::slice::from_ref(&out));
        assert_eq!(fs::read(&out).unwrap(), scene.bytes);
        assert_eq!(sample::names(scene.from.path()), ["again.tar", "d8.tar"]);
    }
}

#[test]
fn sums_are_those_of_gost12sum() {
    let scene = scene();
    let done = split(&scene.source(), scene.to.path(), 30_000, WriteSums::Always, &()).unwrap();
    let GostSums { whole, parts } = done.sums.unwrap();
    assert_eq!(whole.to_string(), gost12sum(&scene.source()[0]));
    assert_eq!(done.files.len(), 2 * parts.len() + 1);
    for (part, sum) in done.files.iter().zip(&parts) {
        assert_eq!(sum.to_string(), gost12sum(part));
        let written = fs::read_to_string(format!("{}.gostsum", part.display())).unwrap();
        assert_eq!(written, sum.to_string());
    }
    assert_eq!(fs::read_to_string(scene.to.path().join("d8.tar.gostsum")).unwrap(), whole.to_string());
    // Sums beside the input are checked, and so the output gets sums without being asked for.
    let out = scene.from.path().join("again.tar");
    let joined = join(&scene.parts(), &out, WriteSums::IfInputHasThem, &()).unwrap();
    assert_eq!(joined.checked, parts.len() + 1);
    assert_eq!(joined.sums, Some(GostSums { whole, parts: vec![] }));
    assert_eq!(sample::names(scene.from.path()), ["again.tar", "again.tar.gostsum", "d8.tar"]);
}

#[test]
fn a_wrong_sum_stops_and_leaves_nothing() {
    let scene = scene();
    split(&scene.source(), scene.to.path(), 30_000, WriteSums::Always, &()).unwrap();
    let out = scene.from.path().join("again.tar");
    let part = scene.to.path().join("d8.tar.0002.chunk");
    let mut bytes = fs::read(&part).unwrap();
    bytes[17_000] ^= 1;
    fs::write(&part, bytes).unwrap();
    let error = join(&scene.parts(), &out, WriteSums::IfInputHasThem, &()).unwrap_err();
    let BundleError::WrongSum { path, stated, actual } = &error else { panic!("{error}") };
    assert_eq!(*path, part);
    assert_eq!(actual.to_string(), gost12sum(&part));
    assert_ne!(stated, actual);

    fs::remove_file(scene.to.path().join("d8.tar.0002.chunk.gostsum")).unwrap();
    let error = join(&scene.parts(), &out, WriteSums::IfInputHasThem, &()).unwrap_err();
    assert!(error.to_string().contains("d8.tar: damaged"), "{error}");

    fs::write(scene.to.path().join("d8.tar.gostsum"), "none").unwrap();
    let error = join(&scene.parts(), &out, WriteSums::IfInputHasThem, &()).unwrap_err();
    assert!(matches!(error, BundleError::BadSumFile { .. }), "{error}");
    assert_eq!(sample::names(scene.from.path()), ["d8.tar"]);
}

#[test]
fn a_bundle_is_not_written_over_itself() {
    let scene = scene();
    let dotted = scene.from.path().join(".");
    for directory in [scene.from.path(), &dotted] {
        let error = split(&scene.source(), directory, 30_000, WriteSums::IfInputHasThem, &()).unwrap_err();
        assert!(matches!(error, BundleError::OntoItself { .. }), "{error}");
    }
    let error = join(&scene.source(), &scene.source()[0], WriteSums::IfInputHasThem, &()).unwrap_err();
    assert!(matches!(error, BundleError::OntoItself { .. }), "{error}");
    split(&scene.source(), scene.to.path(), 30_000, WriteSums::IfInputHasThem, &()).unwrap();
    let error = join(&scene.parts(), &scene.parts()[0], WriteSums::IfInputHasThem, &()).unwrap_err();
    assert!(matches!(error, BundleError::OntoItself { .. }), "{error}");
    assert_eq!(fs::read(&scene.source()[0]).unwrap(), scene.bytes);
}

#[test]
fn an_incomplete_bundle_is_not_converted() {
    let scene = scene();
    let parts =
        split(&scene.source(), scene.to.path(), 30_000, WriteSums::IfInputHasThem, &()).unwrap().files;
    fs::remove_file(parts.last().unwrap()).unwrap();
    let out = scene.from.path().join("again.tar");
    join(&scene.parts(), &out, WriteSums::IfInputHasThem, &()).unwrap_err();
    assert!(join(&scene.source(), Path::new("/absent/d8.tar"), WriteSums::IfInputHasThem, &()).is_err());
    let error = split(&scene.source(), scene.to.path(), 1, WriteSums::IfInputHasThem, &()).unwrap_err();
    assert!(matches!(error, BundleError::TooManyParts { .. }), "{error}");
    assert_eq!(sample::names(scene.from.path()), ["d8.tar"]);
    assert_eq!(sample::names(scene.to.path()).len(), parts.len() - 1);
}

/// Stops after so many bytes.
struct StopAfter(u64, AtomicU64);

impl Progress for StopAfter {
    fn began(&self, bytes: u64) {
        assert!(bytes > 90_000, "the sample is about as large");
    }

    fn bytes(&self, count: u64) {
        self.1.fetch_add(count, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.1.load(Ordering::Relaxed) >= self.0
    }
}

#[test]
fn a_cancelled_run_leaves_no_files() {
    let scene = scene();
    let stop = StopAfter(0, AtomicU64::new(0));
    let error = split(&scene.source(), scene.to.path(), 30_000, WriteSums::Always, &stop).unwrap_err();
    assert!(matches!(error, BundleError::Cancelled), "{error}");
    assert_eq!(sample::names(scene.to.path()), Vec::<String>::new());

    let watch = StopAfter(u64::MAX, AtomicU64::new(0));
    split(&scene.source(), scene.to.path(), 30_000, WriteSums::Always, &watch).unwrap();
    assert_eq!(watch.1.into_inner(), scene.bytes.len() as u64);
}

#[test]
fn an_older_bundle_with_its_sums_is_replaced() {
    let scene = scene();
    split(&scene.source(), scene.to.path(), 20_000, WriteSums::Always, &()).unwrap();
    let done = split(&scene.source(), scene.to.path(), 60_000, WriteSums::IfInputHasThem, &()).unwrap();
    let mut expected: Vec<String> =
        done.files.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    expected.sort();
    assert_eq!(sample::names(scene.to.path()), expected);
    let out = scene.to.path().join("d8-2.tar");
    join(&scene.parts(), &out, WriteSums::Always, &()).unwrap();
    assert_eq!(
        fs::read_to_string(scene.to.path().join("d8-2.tar.gostsum")).unwrap(),
        GostSum::of(&scene.bytes).to_string()
    );
}
