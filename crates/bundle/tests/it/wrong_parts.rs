//! A part that is missing, cut, swapped or of another bundle is named, and told apart from the others.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bundle::{BundleError, Layout, PartFault};

use crate::sample::{self, Store};

struct Scene {
    dir: tempfile::TempDir,
    parts: Vec<PathBuf>,
}

fn scene(part_size: u64) -> Scene {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    let parts = sample::write(&dir.path().join("d8.tar"), &layout, &store, Some(part_size));
    Scene { dir, parts }
}

impl Scene {
    fn fails(&self) -> BundleError {
        sample::open(&self.dir.path().join("d8.tar")).unwrap_err()
    }

    fn swap(&self, a: usize, b: usize) {
        let spare = self.dir.path().join("spare");
        fs::rename(&self.parts[a], &spare).unwrap();
        fs::rename(&self.parts[b], &self.parts[a]).unwrap();
        fs::rename(&spare, &self.parts[b]).unwrap();
    }
}

fn cut(file: &Path, by: u64) {
    let size = fs::metadata(file).unwrap().len();
    fs::File::options().write(true).open(file).unwrap().set_len(size - by).unwrap();
}

#[test]
fn the_last_part_is_missing() {
    for part_size in [5_000, 20_000] {
        let scene = scene(part_size);
        let last = scene.parts.last().unwrap();
        fs::remove_file(last).unwrap();
        let error = scene.fails();
        let BundleError::MissingPart { path, .. } = &error else { panic!("{part_size}: {error}") };
        assert_eq!(path, last);
    }
}

#[test]
fn a_checksum_reveals_missing_parts() {
    let scene = scene(60_000);
    let last = scene.parts.last().unwrap();
    fs::write(format!("{}.gostsum", last.display()), "x").unwrap();
    cut(&scene.parts[scene.parts.len() - 2], 512);
    fs::remove_file(last).unwrap();
    let error = scene.fails();
    assert!(matches!(&error, BundleError::MissingPart { path, .. } if path == last), "{error}");
}

#[test]
fn a_truncated_part_is_named() {
    for (part_size, by) in [(5_000, 1), (20_000, 511), (20_000, 19_999), (20_000, 20_000), (15_000, 513)] {
        let count = scene(part_size).parts.len();
        for number in 0..count - 1 {
            let scene = scene(part_size);
            cut(&scene.parts[number], by);
            let error = scene.fails();
            let BundleError::WrongPart { path, fault } = &error else {
                panic!("{part_size}, {number}: {error}")
            };
            assert_eq!(path, &scene.parts[number], "{error}");
            let (size, expected) = (part_size - by, part_size);
            assert_eq!(*fault, PartFault::Cut { size, expected });
        }
        let scene = scene(part_size);
        cut(scene.parts.last().unwrap(), 512);
        let error = scene.fails().to_string();
        let last = scene.parts.last().unwrap().display().to_string();
        assert!(error.contains(&last) && error.contains("cut"), "{error}");
    }
}

#[test]
fn swapped_parts_are_named() {
    // Large enough that each part has a header, which is what an inference can be made from.
    for part_size in [9_999, 20_000] {
        let count = scene(part_size).parts.len();
        let mut told = 0;
        for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
            let scene = scene(part_size);
            scene.swap(a, b);
            // Within a layer there is no header: then only digests and sums can tell.
            let Err(error) = sample::open(&scene.dir.path().join("d8.tar")) else {
                continue;
            };
            match &error {
                BundleError::WrongPart { path, fault: PartFault::Swapped { with } } => {
                    let mut named = [path, with];
                    named.sort();
                    assert_eq!(named, [&scene.parts[a], &scene.parts[b]], "{error}");
                    told += 1;
                }
                _ => panic!("{part_size}: {a} and {b}: {error}"),
            }
        }
        assert!(told > count, "{told} of {count} parts");
    }
}

#[test]
fn a_part_of_another_bundle_is_named() {
    let mut store = Store::new();
    let other = (0..40_u64).map(|n| vec![(n + 100, 700 + 13 * usize::try_from(n).unwrap())]);
    let other = sample::repository("other", &other.collect::<Vec<_>>(), &mut store);
    let other = Layout::new(vec![other]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let foreign = sample::write(&dir.path().join("d8.tar"), &other, &store, Some(10_000));
    for number in 1..3 {
        let scene = scene(10_000);
        // Not the same number, since headers of both stand at multiples of 512 bytes of their archive.
        fs::copy(&foreign[number + 1], &scene.parts[number]).unwrap();
        let error = scene.fails();
        let BundleError::WrongPart { path, fault } = &error else { panic!("{number}: {error}") };
        assert_eq!(path, &scene.parts[number]);
        assert!(matches!(fault, PartFault::Foreign { .. }), "{error}");
    }

    let scene = scene(10_000);
    let larger = sample::write(&dir.path().join("x.tar"), &other, &store, Some(30_000));
    fs::copy(&larger[1], &scene.parts[1]).unwrap();
    let error = scene.fails();
    let BundleError::WrongPart { path, fault } = &error else { panic!("{error}") };
    assert_eq!(path, &scene.parts[1]);
    let (size, expected) = (30_000, 10_000);
    assert_eq!(*fault, PartFault::Larger { size, expected });
}
