//! Pushes of bundles that are damaged anywhere, or made to do harm.

use std::{fs, sync::Arc};

use oci::{Digest, layout};
use registry_server::MemoryStore;
use serde_json::json;

use super::setup::{Ends, Sample, Setup, assert_tags_are_whole, closed, each, fails, roll, seed};
use crate::world::{TARGET_ROOT, serve};

/// Bytes that are changed, each in a bundle of its own.
const FLIPS: u64 = 24;
/// Places where the bundle is cut.
const CUTS: u64 = 8;

/// Pushes these bytes to an empty target; gives the run's exit code and the target.
fn push(name: &str, bundle: &[u8], ends: Option<&Ends>) -> (Option<i32>, MemoryStore) {
    let setup = Setup::new();
    fs::write(setup.bundle(), bundle).unwrap();
    let store = MemoryStore::new();
    let target = serve(Arc::new(store.clone()), closed());
    let ended = setup.push(&format!("{}/{TARGET_ROOT}", target.addr()), &[]);
    if let Some(ends) = ends {
        ends.check(name, &ended.run);
    }
    assert!(ended.memory < 300_000_000, "{name}: {} bytes of memory", ended.memory);
    assert_eq!(setup.names(), ["d8.tar"], "{name}");
    assert_tags_are_whole(&store);
    (ended.run.code, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_that_are_damaged_anywhere() {
    let sample = Sample::small();
    let (seed, size) = (seed(), sample.bundle.len() as u64);
    // Half of them in the first entries: indexes and manifests.
    let flip = |n: u64| roll(seed, n, if n.is_multiple_of(2) { size } else { size / 10 });
    let flips = (0..FLIPS).map(|n| (flip(n), false));
    let cuts = (FLIPS..FLIPS + CUTS).map(|n| (roll(seed, n, size), true));
    let name = |(at, is_cut): &(u64, bool)| {
        format!("{} at {at}, DHCTL_TEST_SEED={seed}", if *is_cut { "cut" } else { "flip" })
    };
    let run = |case: &(u64, bool)| {
        let at = usize::try_from(case.0).unwrap();
        let mut bundle = sample.bundle.clone();
        if case.1 {
            bundle.truncate(at);
            push(&name(case), &bundle, Some(&fails(3, &["d8.tar"])));
            return;
        }
        bundle[at] ^= 1 << (at % 8);
        match push(&name(case), &bundle, None) {
            // Not every byte matters: padding, time stamps.
            (Some(0), store) => sample.assert_in_target(&store),
            (code, _) => assert_eq!(code, Some(3), "{}", name(case)),
        }
    };
    each(flips.chain(cuts).collect(), name, run);
}

/// An entry of a tar: whatever the name, the stated size or the content.
fn entry(name: &str, kind: u8, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(size);
    header.set_mode(0o777);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(name, b'0', content.len() as u64, content)
}

/// A bundle of one repository: blobs, and an index of these descriptors.
fn bundle_of(blobs: &[&[u8]], descriptors: &[serde_json::Value]) -> Vec<u8> {
    let index = json!({ "schemaVersion": 2, "manifests": descriptors }).to_string();
    let mut tar =
        [file("oci-layout", layout::OCI_LAYOUT.as_bytes()), file("index.json", index.as_bytes())].concat();
    for blob in blobs {
        tar.extend(file(&layout::blob_path(&Digest::of(blob)), blob));
    }
    tar.extend([0; 1024]);
    tar
}

fn descriptor(bytes: &[u8], media_type: &str) -> serde_json::Value {
    json!({
        "mediaType": media_type,
        "size": bytes.len(),
        "digest": Digest::of(bytes),
        "annotations": { layout::SHORT_TAG: "extra", layout::REF_NAME: "r.example/ee:extra" },
    })
}

/// An index of an index of an index, and so on.
fn deep_bundle(levels: usize) -> Vec<u8> {
    let index_type = oci::media_type::OCI_INDEX;
    let mut blobs = vec![json!({ "schemaVersion": 2, "mediaType": index_type, "manifests": [] }).to_string()];
    for level in 0..levels {
        let child = descriptor(blobs[level].as_bytes(), index_type);
        blobs.push(json!({ "schemaVersion": 2, "mediaType": index_type, "manifests": [child] }).to_string());
    }
    let top = descriptor(blobs[levels].as_bytes(), index_type);
    bundle_of(&blobs.iter().map(String::as_bytes).collect::<Vec<_>>(), &[top])
}

/// Indexes that each name the next one by many names: followed one by one there would be no end.
fn wide_bundle(levels: usize) -> Vec<u8> {
    let index_type = oci::media_type::OCI_INDEX;
    let mut blobs = vec![json!({ "schemaVersion": 2, "mediaType": index_type, "manifests": [] }).to_string()];
    for level in 0..levels {
        let children = vec![descriptor(blobs[level].as_bytes(), index_type); 1000];
        blobs.push(json!({ "schemaVersion": 2, "mediaType": index_type, "manifests": children }).to_string());
    }
    let top = descriptor(blobs[levels].as_bytes(), index_type);
    bundle_of(&blobs.iter().map(String::as_bytes).collect::<Vec<_>>(), &[top])
}

fn hostile(sample: &[u8]) -> Vec<(&'static str, Vec<u8>, Ends)> {
    let before = |pieces: &[Vec<u8>]| [&pieces.concat(), sample].concat();
    let first = &sample[..1024];
    let large = vec![b' '; 5 << 20];
    let padded = [b"{\"schemaVersion\":2,\"manifests\":[]}".as_slice(), &vec![b' '; 40 << 20]].concat();
    let nested = format!("{{\"schemaVersion\":2,\"x\":{}", "[".repeat(100_000));
    let size = 1 << 40;
    vec![
        ("absolute path", before(&[file("/etc/cron.d/x", b"x")]), fails(3, &["/etc/cron.d/x", "absolute"])),
        ("path out", before(&[file("../../x", b"x")]), fails(3, &["../../x", "outside"])),
        ("path in and out", before(&[file("install/../../x", b"x")]), fails(3, &["outside"])),
        ("entry twice", before(&[first.to_vec()]), fails(3, &["occurs twice"])),
        ("index twice", before(&[file("index.json", b"{}")]), fails(3, &["index.json", "occurs twice"])),
        (
            "size beyond the end",
            before(&[entry("a", b'0', size, b"x")]),
            fails(3, &["the archive ends after"]),
        ),
        ("directory with content", before(&[entry("a", b'5', 512, b"x")]), fails(3, &["no regular file"])),
        ("link with content", before(&[entry("a", b'2', 512, b"x")]), fails(3, &["no regular file"])),
        ("sparse file", before(&[entry("a", b'S', 1, b"x")]), fails(3, &["sparse"])),
        (
            "endless name",
            before(&[file("a", b""), entry("a", b'L', 5 << 20, &large)]),
            fails(3, &["exceeds limit"]),
        ),
        ("endless attributes", before(&[entry("a", b'x', 5 << 20, &large)]), fails(3, &["exceeds limit"])),
        (
            "enormous index",
            [file("index.json", &padded), vec![0; 1024]].concat(),
            fails(3, &["larger than 32 MiB"]),
        ),
        (
            "nested index",
            [file("index.json", nested.as_bytes()), vec![0; 1024]].concat(),
            fails(3, &["index.json"]),
        ),
        (
            "enormous manifest",
            bundle_of(&[&large], &[descriptor(&large, oci::media_type::OCI_MANIFEST)]),
            fails(3, &["more than 4 MiB"]),
        ),
        ("index of indexes", deep_bundle(4000), fails(3, &["indexes are nested deeper than 8"])),
        ("indexes that share their children", wide_bundle(7), Ends::Done),
        ("zeros", vec![0; 1 << 20], fails(3, &["begins with zeros"])),
        ("nothing", Vec::new(), fails(3, &["is empty"])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn malicious_bundles() {
    let sample = Sample::small();
    let run = |(name, bundle, ends): &(&str, Vec<u8>, Ends)| {
        let (_, store) = push(name, bundle, Some(ends));
        if matches!(ends, Ends::Fails(..)) {
            assert_eq!(store.repositories(), Vec::<String>::new(), "{name}: something was pushed");
        }
    };
    each(hostile(&sample.bundle), |(name, ..)| (*name).to_owned(), run);
}
