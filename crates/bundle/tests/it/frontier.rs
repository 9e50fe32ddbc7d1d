//! Sums that follow a bundle being filled, whatever the order, and whatever goes wrong on the way.

use std::{sync::Arc, thread};

use bundle::{BundleError, GostSum, GostSums, Writer, sums::FrontierSums};
use proptest::prelude::*;

use crate::sample::content;

fn expected(bytes: &[u8], part_size: Option<u64>) -> GostSums {
    let part_size = part_size.and_then(|size| usize::try_from(size).ok());
    GostSums {
        whole: GostSum::of(bytes),
        parts: part_size.map_or_else(Vec::new, |size| bytes.chunks(size).map(GostSum::of).collect()),
    }
}

struct Scene {
    _dir: tempfile::TempDir,
    bytes: Vec<u8>,
    writer: Arc<Writer>,
    sums: FrontierSums,
}

fn scene(size: usize, part_size: Option<u64>) -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    let writer = Arc::new(Writer::create(&path, size as u64, part_size).unwrap());
    let sums = FrontierSums::start(Arc::clone(&writer)).unwrap();
    Scene { _dir: dir, bytes: content(7, size), writer, sums }
}

impl Scene {
    fn write(&self, start: usize, end: usize) {
        self.writer.write_at(start as u64, &self.bytes[start..end]).unwrap();
        self.sums.done(start as u64, (end - start) as u64);
    }
}

#[test]
fn workers_in_any_order() {
    const SIZE: usize = 5_000_000;
    for part_size in [None, Some(1_500_000), Some(5_000_000), Some(10_000_000)] {
        let scene = scene(SIZE, part_size);
        let pieces: Vec<(usize, usize)> =
            (0..SIZE).step_by(70_001).map(|start| (start, SIZE.min(start + 70_001))).collect();
        thread::scope(|scope| {
            for worker in 0..4 {
                let (scene, pieces) = (&scene, &pieces);
                scope.spawn(move || {
                    for (start, end) in pieces.iter().skip(worker).step_by(4).rev() {
                        scene.write(*start, *end);
                    }
                });
            }
        });
        let Scene { bytes, sums, .. } = scene;
        assert_eq!(sums.finish().unwrap(), expected(&bytes, part_size), "{part_size:?}");
    }
}

#[test]
fn rewritten_bytes_are_hashed_again() {
    const SIZE: usize = 3_000_000;
    let scene = scene(SIZE, Some(1_000_000));
    scene.write(0, 500_000);
    for _ in 0..3 {
        scene.writer.write_at(500_000, &vec![0xee; 2_000_000]).unwrap();
        scene.sums.done(500_000, 2_000_000);
        scene.sums.undone(500_000, 2_000_000);
    }
    scene.write(2_500_000, SIZE);
    scene.write(500_000, 2_500_000);
    let Scene { bytes, sums, .. } = scene;
    assert_eq!(sums.finish().unwrap(), expected(&bytes, Some(1_000_000)));
}

#[test]
fn a_gap_gives_an_error_and_does_not_hang() {
    let scene = scene(3_000_000, Some(1_000_000));
    scene.write(0, 2_000_000);
    scene.write(2_000_001, 3_000_000);
    let error = scene.sums.finish().unwrap_err();
    assert!(matches!(error, BundleError::Io { .. }), "{error}");
    assert!(error.to_string().contains("offset 2000000"), "{error}");
}

#[test]
fn dropping_it_early_does_not_block_the_writer() {
    let scene = scene(3_000_000, None);
    scene.write(0, 1_100_000);
    let Scene { writer, sums, .. } = scene;
    drop(sums);
    assert!(Arc::into_inner(writer).is_some(), "the threads have ended");
}

#[test]
fn an_empty_bundle_has_sums() {
    for part_size in [None, Some(100)] {
        let sums = scene(0, part_size).sums.finish().unwrap();
        let empty = GostSum::of(b"");
        assert_eq!(sums.whole, empty);
        assert_eq!(sums.parts, part_size.map_or(vec![], |_| vec![empty]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_history_ends_in_the_right_sums(
        cuts in proptest::collection::btree_set(1_usize..2_500_000, 0..12),
        bad in proptest::collection::vec((0_usize..2_500_000, 1_usize..600_000), 0..4),
        part_size in proptest::option::of(400_000_u64..3_000_000),
        seed in any::<u64>(),
    ) {
        const SIZE: usize = 2_500_000;
        let scene = scene(SIZE, part_size);
        let mut borders: Vec<usize> = cuts.into_iter().collect();
        borders.insert(0, 0);
        borders.push(SIZE);
        let mut pieces: Vec<(usize, usize)> = borders.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pieces.sort_by_key(|(start, _)| (*start as u64).wrapping_mul(seed | 1));
        for (start, end) in &pieces {
            scene.write(*start, *end);
        }
        for (start, length) in bad {
            let end = SIZE.min(start + length);
            scene.sums.undone(start as u64, (end - start) as u64);
            scene.writer.write_at(start as u64, &vec![0; end - start]).unwrap();
            scene.sums.done(start as u64, (end - start) as u64);
            scene.sums.undone(start as u64, (end - start) as u64);
            scene.write(start, end);
        }
        let Scene { bytes, sums, .. } = scene;
        prop_assert_eq!(sums.finish().unwrap(), expected(&bytes, part_size));
    }
}
