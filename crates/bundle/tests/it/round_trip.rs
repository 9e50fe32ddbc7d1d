//! What goes in comes out, however it was written, and the same content gives the same bytes.

use std::{fs, sync::Arc, thread};

use bundle::{BlobEntry, Bundle, BundleError, Layout, LayoutError, RepositoryContent, Writer};
use oci::Digest;
use proptest::prelude::*;

use crate::sample::{self, Store};

fn all(source: &dyn oci::BlobSource) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(source.size()).unwrap() + 10];
    let count = source.read_at(0, &mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

/// Asserts that `bundle` holds exactly `expected`.
fn assert_holds(bundle: &Bundle, expected: &[RepositoryContent], store: &Store) {
    assert_eq!(bundle.repositories().len(), expected.len());
    for repository in expected {
        let found = bundle.repository(&repository.path).unwrap();
        assert_eq!(found.index, repository.index);
        for descriptor in &repository.index {
            let raw = bundle.manifest(&repository.path, descriptor).unwrap();
            assert!(repository.manifests.contains(&raw));
        }
        let mut digests: Vec<Digest> = repository.manifests.iter().map(oci::RawManifest::digest).collect();
        digests.extend(repository.blobs.iter().map(|blob| blob.digest));
        digests.sort();
        digests.dedup();
        assert_eq!(found.blobs.keys().copied().collect::<Vec<_>>(), digests);
        for blob in &repository.blobs {
            let source = bundle.blob(&repository.path, &blob.digest).unwrap();
            assert_eq!(source.size(), blob.size);
            assert_eq!(all(&*source), store[&blob.digest]);
        }
    }
}

fn image() -> impl Strategy<Value = Vec<(u64, usize)>> {
    // Few seeds, so that layers are shared; a layer's length follows from its seed.
    let lengths = [0_usize, 1, 511, 512, 513, 4000, 100_000];
    prop::collection::vec((0..lengths.len()).prop_map(move |seed| (seed as u64, lengths[seed])), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_any_parts(
        images in prop::collection::btree_map(
            prop::sample::select(vec!["", "install", "modules/a", "modules/a/release", "modules/a-rather-long-name/extra/scanner-image"]),
            prop::collection::vec(image(), 1..4),
            1..4,
        ),
        part_size in prop::option::of(400_u64..200_000),
        shuffle in any::<prop::sample::Index>(),
        chunk in 1_usize..5000,
    ) {
        let mut store = Store::new();
        let repositories: Vec<_> =
            images.iter().map(|(path, images)| sample::repository(path, images, &mut store)).collect();
        let layout = Layout::new(repositories.clone()).unwrap();
        let mut shuffled = repositories.clone();
        let turn = shuffle.index(shuffled.len());
        shuffled.rotate_left(turn);
        for repository in &mut shuffled {
            repository.manifests.reverse();
            repository.blobs.reverse();
        }
        prop_assert_eq!(Layout::new(shuffled).unwrap().id(), layout.id());

        let part_size = part_size.map(|size| size.max(layout.size() / 700));
        let mut pieces: Vec<(u64, Vec<u8>)> = sample::pieces(&layout, &store)
            .into_iter()
            .flat_map(|(offset, bytes)| {
                let chunks: Vec<_> = bytes.chunks(chunk).map(<[u8]>::to_vec).collect();
                chunks.into_iter().enumerate().map(move |(i, bytes)| (offset + (i * chunk) as u64, bytes))
            })
            .collect();
        let written: u64 = pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        prop_assert_eq!(written, layout.size(), "every byte exactly once");
        let turn = shuffle.index(pieces.len());
        pieces.rotate_left(turn);
        pieces.reverse();

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d8.tar");
        let writer = Writer::create(&path, layout.size(), part_size).unwrap();
        writer.reserve().unwrap();
        for (offset, bytes) in &pieces {
            writer.write_at(*offset, bytes).unwrap();
        }
        let mut back = vec![0; pieces[0].1.len()];
        writer.read_at(pieces[0].0, &mut back).unwrap();
        prop_assert_eq!(&back, &pieces[0].1);
        let files = writer.finish().unwrap();

        let mut joined = Vec::new();
        for file in &files {
            let part = fs::read(file).unwrap();
            if let Some(part_size) = part_size {
                prop_assert!(part.len() as u64 <= part_size);
            }
            joined.extend(part);
        }
        let other = tempfile::tempdir().unwrap();
        let plain = sample::write(&other.path().join("d8.tar"), &layout, &store, None);
        prop_assert!(joined == fs::read(&plain[0]).unwrap());

        let bundle = sample::open(&path).unwrap();
        prop_assert_eq!(bundle.size(), layout.size());
        prop_assert_eq!(bundle.parts(), files.len());
        assert_holds(&bundle, &repositories, &store);
    }
}

#[test]
fn the_order_in_the_bundle_is_layout_manifests_configs_layers() {
    let (layout, store) = sample::sample();
    let metadata: Vec<bool> = layout.blobs().iter().map(|blob| blob.metadata).collect();
    let configs = metadata.iter().filter(|metadata| **metadata).count();
    assert!(configs > 0 && metadata[..configs].iter().all(|metadata| *metadata));
    assert!(layout.blobs().is_sorted_by_key(|blob| blob.offsets[0]));
    let shared = Digest::of(&sample::content(1, 3000));
    let shared: Vec<_> = layout.blobs().iter().filter(|blob| blob.digest == shared).collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0].offsets.len(), 2);
    let places: usize = layout.blobs().iter().map(|blob| blob.offsets.len()).sum();
    assert_eq!(layout.entry_count(), places + 3 * 2 + 4);
    assert!(store.contains_key(&shared[0].digest));
}

#[test]
fn contradictions_are_refused() {
    let mut store = Store::new();
    let good = sample::repository("install", &[vec![(1, 10)]], &mut store);

    let mut lost = good.clone();
    lost.manifests.clear();
    assert!(matches!(Layout::new(vec![lost]), Err(LayoutError::MissingManifest { .. })));

    assert!(matches!(
        Layout::new(vec![good.clone(), good.clone()]),
        Err(LayoutError::RepositoryTwice { .. })
    ));

    for path in ["/", "a/", "../a", "a//b", "A"] {
        let mut bad = good.clone();
        path.clone_into(&mut bad.path);
        assert!(matches!(Layout::new(vec![bad]), Err(LayoutError::Path { .. })), "{path}");
    }

    let mut other = sample::repository("", &[vec![(1, 10)]], &mut store);
    other.blobs[1].size = 11;
    assert!(matches!(
        Layout::new(vec![good.clone(), other]),
        Err(LayoutError::TwoSizes { one: 10, other: 11, .. })
    ));

    let mut huge = good;
    for number in 0..3_u8 {
        let digest = Digest::of(&[number]);
        huge.blobs.push(BlobEntry { digest, size: u64::MAX / 2, metadata: false });
    }
    assert_eq!(Layout::new(vec![huge]).unwrap_err(), LayoutError::TooLarge);
}

#[test]
fn a_blob_that_is_a_manifest_too_is_stored_once() {
    let mut store = Store::new();
    let mut repository = sample::repository("", &[vec![(1, 10)]], &mut store);
    let before = Layout::new(vec![repository.clone()]).unwrap();
    let raw = &repository.manifests[0];
    let entry = BlobEntry { digest: raw.digest(), size: raw.bytes().len() as u64, metadata: false };
    repository.blobs.push(entry);
    let after = Layout::new(vec![repository]).unwrap();
    assert_eq!((after.id(), after.blobs()), (before.id(), before.blobs()));
}

#[test]
fn many_threads_write_concurrently() {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    let writer = Arc::new(Writer::create(&path, layout.size(), Some(5000)).unwrap());
    let pieces = sample::pieces(&layout, &store);
    thread::scope(|scope| {
        for worker in 0..4 {
            let (writer, pieces) = (&writer, &pieces);
            scope.spawn(move || {
                for (offset, bytes) in pieces.iter().skip(worker).step_by(4) {
                    writer.write_at(*offset, bytes).unwrap();
                }
            });
        }
    });
    Arc::into_inner(writer).unwrap().finish().unwrap();
    let mut store = Store::new();
    let repositories = sample::repositories(&mut store);
    assert_holds(&sample::open(&path).unwrap(), &repositories, &store);
}

#[test]
fn sources_read_from_any_offset_and_stop_at_the_end() {
    let (layout, store) = sample::sample();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d8.tar");
    sample::write(&path, &layout, &store, Some(1000));
    let bundle = sample::open(&path).unwrap();
    let digest = Digest::of(&sample::content(1, 3000));
    let source = bundle.blob("install", &digest).unwrap();
    let mut buffer = [0; 2000];
    assert_eq!(source.read_at(2500, &mut buffer).unwrap(), 500);
    assert_eq!(buffer[..500], store[&digest][2500..]);
    assert_eq!(source.read_at(3000, &mut buffer).unwrap(), 0);
    assert_eq!(source.read_at(u64::MAX, &mut buffer).unwrap(), 0);
    assert!(bundle.blob("absent", &digest).is_none());
    assert!(
        bundle.blob("modules/a-module-of-some-length/release", &digest).is_none(),
        "exactly this repository"
    );
}

#[test]
fn writing_beyond_the_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for part_size in [None, Some(100)] {
        let writer = Writer::create(&dir.path().join("d8.tar"), 1024, part_size).unwrap();
        for (offset, count) in [(1024, 1), (1020, 5), (u64::MAX, 1)] {
            let error = writer.write_at(offset, &vec![1; count]).unwrap_err();
            assert!(matches!(error, BundleError::Io { .. }), "{error}");
        }
        writer.discard().unwrap();
    }
    assert!(sample::names(dir.path()).is_empty());
}
