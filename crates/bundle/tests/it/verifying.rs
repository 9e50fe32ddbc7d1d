//! Every byte that is wrong is found, and the damage is told in terms of images and parts.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bundle::{BundleError, Damage, Progress, VerifyReport, WriteSums, split, verify};
use oci::Digest;

use crate::sample;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sums {
    None,
    Whole,
    Parts,
    Both,
}

struct Scene {
    dir: tempfile::TempDir,
    files: Vec<PathBuf>,
}

fn scene(part_size: Option<u64>, sums: Sums) -> Scene {
    let (layout, store) = sample::sample();
    let from = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let source = from.path().join("d8.tar");
    sample::write(&source, &layout, &store, None);
    let write = if sums == Sums::None { WriteSums::IfInputHasThem } else { WriteSums::Always };
    let mut files = match part_size {
        Some(size) => split(&[source], dir.path(), size, write, &()).unwrap().files,
        None => bundle::join(&[source], &dir.path().join("d8.tar"), write, &()).unwrap().files,
    };
    files.retain(|file| file.extension().unwrap() != "gostsum");
    if sums == Sums::Parts {
        fs::remove_file(dir.path().join("d8.tar.gostsum")).unwrap();
    }
    if sums == Sums::Whole {
        for file in files.iter().filter(|_| part_size.is_some()) {
            fs::remove_file(format!("{}.gostsum", file.display())).unwrap();
        }
    }
    Scene { dir, files }
}

impl Scene {
    fn path(&self) -> PathBuf {
        self.dir.path().join("d8.tar")
    }

    fn verify(&self) -> Result<VerifyReport, BundleError> {
        verify(&[self.path()], &())
    }

    /// Changes the byte at `offset` of all files together, and back when called again.
    fn flip(&self, mut offset: usize) -> &Path {
        for file in &self.files {
            let mut bytes = fs::read(file).unwrap();
            if offset < bytes.len() {
                bytes[offset] ^= 0x10;
                fs::write(file, bytes).unwrap();
                return file;
            }
            offset -= bytes.len();
        }
        panic!("beyond the end");
    }

    fn bytes(&self) -> Vec<u8> {
        self.files.iter().flat_map(|file| fs::read(file).unwrap()).collect()
    }
}

/// Counts what is told.
#[derive(Default)]
struct Count {
    total: AtomicU64,
    done: AtomicU64,
}

impl Progress for Count {
    fn began(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    fn bytes(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }
}

#[test]
fn an_intact_bundle_has_no_damage() {
    for part_size in [None, Some(7_777), Some(30_000), Some(1_000_000)] {
        for sums in [Sums::None, Sums::Whole, Sums::Parts, Sums::Both] {
            let scene = scene(part_size, sums);
            let count = Count::default();
            let report = verify(&[scene.path()], &count).unwrap();
            assert_eq!(report.damages, [], "{part_size:?} {sums:?}");
            let parts = part_size.map_or(0, |_| scene.files.len());
            let expected = match sums {
                Sums::None => 0,
                Sums::Whole => 1,
                Sums::Parts => parts,
                Sums::Both => 1 + parts,
            };
            assert_eq!(report.sums.len(), expected, "{part_size:?} {sums:?}");
            assert_eq!(report.files, scene.files.len());
            let stored = sample::open(&scene.path()).unwrap();
            let blobs: usize = stored.repositories().iter().map(|it| it.blobs.len()).sum();
            assert_eq!(report.blobs, blobs);
            assert_eq!(count.done.into_inner(), count.total.into_inner());
        }
    }
}

#[test]
fn with_checksums_every_changed_byte_is_found() {
    for (part_size, sums) in [
        (None, Sums::Whole),
        (Some(30_000), Sums::Whole),
        (Some(30_000), Sums::Parts),
        (Some(30_000), Sums::Both),
    ] {
        let scene = scene(part_size, sums);
        let size = scene.bytes().len();
        for offset in (0..size).step_by(7001).chain([size - 1]) {
            let file = scene.flip(offset).to_owned();
            let report = scene.verify().unwrap();
            let named = report.damages.iter().filter(|it| it.entry.is_none());
            let named: Vec<_> = named.flat_map(|it| &it.files).collect();
            assert!(!report.damages.is_empty(), "{offset}");
            let expected = if sums == Sums::Whole { scene.path() } else { file };
            assert!(named.contains(&&expected), "{offset}: {:?}", report.damages);
            scene.flip(offset);
        }
        assert_eq!(scene.verify().unwrap().damages, []);
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).position(|it| it == needle).unwrap()
}

#[test]
fn a_damaged_blob_is_reported_with_its_images_and_parts() {
    for sums in [Sums::None, Sums::Parts, Sums::Both] {
        let scene = scene(Some(20_000), sums);
        let content = sample::content(4, 70_000);
        let start = find(&scene.bytes(), &content);
        let file = scene.flip(start + 35_000).to_owned();
        let report = scene.verify().unwrap();
        let blobs: Vec<&Damage> = report.damages.iter().filter(|it| it.entry.is_some()).collect();
        let [damage] = blobs[..] else { panic!("{:?}", report.damages) };
        let path = "modules/a-module-of-some-length/release";
        let hex = Digest::of(&content).hex();
        assert_eq!(damage.entry, Some(format!("{path}/blobs/sha256/{hex}")));
        assert_eq!(damage.images, [format!("{path}:v1.0.0")]);
        assert_eq!(damage.files, scene.files[start / 20_000..=(start + 69_999) / 20_000]);
        assert!(damage.files.contains(&file));
        assert!(damage.to_string().contains("the content has the digest sha256:"), "{damage}");
    }
}

#[test]
fn a_layer_of_several_images_names_them_all() {
    let scene = scene(None, Sums::None);
    let start = find(&scene.bytes(), &sample::content(1, 3000));
    scene.flip(start);
    let report = scene.verify().unwrap();
    assert_eq!(report.damages.len(), 1, "the copy in the other repository is sound");
    assert_eq!(report.damages[0].images, ["(root):v1.0.0", "(root):v1.0.1"]);
}

#[test]
fn a_damaged_manifest_is_reported_once() {
    let scene = scene(None, Sums::None);
    let bundle = sample::open(&scene.path()).unwrap();
    let digest = bundle.repository("install").unwrap().index[0].digest;
    let bytes = scene.bytes();
    let header = find(&bytes, format!("install/blobs/sha256/{}", digest.hex()).as_bytes());
    scene.flip(header + 512 + 20);
    let report = scene.verify().unwrap();
    let [damage] = &report.damages[..] else { panic!("{:?}", report.damages) };
    assert_eq!(damage.images, ["install:v1.0.0"]);
    assert!(damage.entry.as_ref().unwrap().ends_with(&digest.hex()));
}

#[test]
fn missing_objects_that_manifests_name_are_reported() {
    let mut store = sample::Store::new();
    let mut repositories = sample::repositories(&mut store);
    let lost = repositories[1].blobs.pop().unwrap();
    let layout = bundle::Layout::new(repositories).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    sample::write(&path, &layout, &store, None);
    let report = verify(&[path], &()).unwrap();
    let [damage] = &report.damages[..] else { panic!("{:?}", report.damages) };
    assert_eq!(damage.images, ["install:v1.0.0"]);
    assert!(damage.entry.as_ref().unwrap().ends_with(&lost.digest.hex()));
    assert!(damage.reason.contains("not in the bundle"), "{damage}");
}

#[test]
fn a_part_truncated_between_two_entries_is_reported() {
    let scene = scene(Some(20_000), Sums::None);
    // The last 512 bytes of the first part are the header of an empty layer.
    let part = fs::File::options().write(true).open(&scene.files[0]).unwrap();
    part.set_len(20_000 - 512).unwrap();
    let report = scene.verify().unwrap();
    let cut = "the part is truncated: it has 19488 bytes, the other parts have 20000";
    assert_eq!((&report.damages[0].files[0], &*report.damages[0].reason), (&scene.files[0], cut));
    let lost = report.damages.iter().find(|it| it.reason.contains("not in the bundle"));
    assert_eq!(lost.unwrap().images, ["(root):v1.0.1"], "{:#?}", report.damages);
}

#[test]
fn checksums_distinguish_swapped_parts_from_damaged_ones() {
    let swap = |scene: &Scene, a: &str, b: &str| {
        let (a, b) = (scene.dir.path().join(a), scene.dir.path().join(b));
        let bytes = fs::read(&a).unwrap();
        fs::copy(&b, &a).unwrap();
        fs::write(&b, bytes).unwrap();
    };
    // Two parts within one layer, where no header can tell.
    let (third, fourth) = ("d8.tar.0006.chunk", "d8.tar.0007.chunk");
    let scene = scene(Some(10_000), Sums::Both);
    swap(&scene, third, fourth);
    let report = scene.verify().unwrap();
    let told: Vec<String> = report.damages.iter().map(ToString::to_string).collect();
    let says = |part: &str, what: &str| told.iter().any(|it| it.contains(part) && it.contains(what));
    assert!(says("0006.chunk: it contains", "0007.chunk: the parts are swapped"), "{told:#?}");
    assert!(says("0007.chunk: it contains", "0006.chunk: the parts are swapped"), "{told:#?}");

    // With their sums: only the whole's can tell.
    swap(&scene, "d8.tar.0006.chunk.gostsum", "d8.tar.0007.chunk.gostsum");
    let report = scene.verify().unwrap();
    assert!(report.damages.iter().any(|it| it.reason.contains("each part matches its own checksum")));
}

#[test]
fn a_missing_bundle_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    assert!(matches!(verify(std::slice::from_ref(&path), &()), Err(BundleError::NotFound { .. })));
    fs::write(&path, "x").unwrap();
    assert!(matches!(verify(std::slice::from_ref(&path), &()), Err(BundleError::NotABundle { .. })));
    let scene = scene(Some(30_000), Sums::Both);
    fs::write(scene.dir.path().join("d8.tar.gostsum"), "x").unwrap();
    assert!(matches!(scene.verify(), Err(BundleError::BadSumFile { .. })));
    fs::remove_file(&scene.files[1]).unwrap();
    assert!(matches!(scene.verify(), Err(BundleError::MissingPart { .. })));
}

/// Stops at once.
struct Stopped;

impl Progress for Stopped {
    fn began(&self, _: u64) {}

    fn bytes(&self, _: u64) {}

    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn verification_can_be_cancelled() {
    for sums in [Sums::None, Sums::Parts, Sums::Both] {
        let scene = scene(Some(30_000), sums);
        assert!(matches!(verify(&[scene.path()], &Stopped), Err(BundleError::Cancelled)));
    }
}
