//! What holds for any history of deliveries: a thin bundle and what earlier ones had make up the full bundle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use bundle::{Bundle, BundleDigests, HeldBlobs, Layout, WriteSums};
use bytes::Bytes;
use oci::{Digest, RawManifest, TagOrDigest};
use proptest::prelude::*;

use super::{Bases, FullBundle, digests};
use crate::{Plan, WantedBy, wanted::Wanted};

/// An image: its repository, and its blobs by number; the first one is its config.
type Image = (usize, Vec<u8>);

const PATHS: [&str; 4] = ["", "install", "modules/console", "modules/console/release"];

fn content(blob: u8) -> Vec<u8> {
    format!("blob {blob} ").repeat(usize::from(blob) * 7 + 1).into_bytes()
}

fn manifest(blobs: &[u8]) -> RawManifest {
    let descriptor = |blob: &u8| {
        let content = content(*blob);
        serde_json::json!({"mediaType": "x", "size": content.len(), "digest": Digest::of(&content)})
    };
    let layers: Vec<_> = blobs[1..].iter().map(descriptor).collect();
    let text = serde_json::json!({"schemaVersion": 2, "config": descriptor(&blobs[0]), "layers": layers});
    RawManifest::new(None, Bytes::from(text.to_string())).unwrap()
}

fn wanted(images: &[Image]) -> Wanted {
    let mut wanted = Wanted::default();
    for (number, (path, blobs)) in images.iter().enumerate() {
        let tag: TagOrDigest = format!("v1.0.{number}").parse().unwrap();
        wanted.add((PATHS[*path].to_owned(), tag), manifest(blobs), &WantedBy::Installer);
    }
    wanted
}

/// Writes the archive, as a pull does.
fn write(layout: &Layout, path: &Path) {
    let mut bytes = vec![0; usize::try_from(layout.size()).unwrap()];
    let mut put = |offset: u64, part: &[u8]| {
        let offset = usize::try_from(offset).unwrap();
        bytes[offset..offset + part.len()].copy_from_slice(part);
    };
    for (offset, part) in layout.fixed_segments() {
        put(offset, &part);
    }
    let contents: BTreeMap<Digest, Vec<u8>> =
        (0..BLOBS).map(|blob| (Digest::of(&content(blob)), content(blob))).collect();
    for blob in layout.blobs() {
        blob.offsets.iter().for_each(|offset| put(*offset, &contents[&blob.digest]));
    }
    fs::write(path, bytes).unwrap();
}

const BLOBS: u8 = 24;

fn images() -> impl Strategy<Value = Vec<Image>> {
    let blobs = proptest::collection::vec(0..BLOBS, 1..6);
    proptest::collection::vec((0..PATHS.len(), blobs), 1..8)
}

struct Silent;

impl bundle::Progress for Silent {
    fn began(&self, _: u64) {}

    fn bytes(&self, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn thin_and_held_make_up_the_full_bundle(
        deliveries in proptest::collection::vec(images(), 1..4),
        new in images(),
        lists in proptest::collection::btree_set(0..BLOBS, 0..6),
        as_digests in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let lists: BTreeSet<Digest> = lists.iter().map(|blob| Digest::of(&content(*blob))).collect();
        // Each delivery leaves out what those before it had.
        let mut bases = Bases::default();
        let mut earlier = Vec::new();
        for (number, images) in deliveries.iter().enumerate() {
            let file = path(&format!("{number}.tar"));
            write(Plan::thin(&wanted(images), "ee", &bases, &lists).unwrap().layout(), &file);
            let bundle = Bundle::open(&[file]).unwrap();
            let described = digests(&bundle).unwrap();
            bases.add(if as_digests {
                BundleDigests::parse(described.to_text().as_bytes()).unwrap()
            } else {
                described
            });
            earlier.push(bundle);
        }
        let held: BTreeSet<Digest> =
            deliveries.iter().flatten().flat_map(|(_, blobs)| blobs).map(|it| Digest::of(&content(*it))).collect();

        let wanted = wanted(&new);
        let full = Plan::new(&wanted, "ee").unwrap();
        let thin = Plan::thin(&wanted, "ee", &bases, &lists).unwrap();
        let left_out: &HeldBlobs = &thin.left_out().unwrap().left_out;
        for blob in full.layout().blobs() {
            let planned = thin.layout().blobs().iter().find(|it| it.digest == blob.digest);
            let is_left_out = left_out.get(&blob.digest).is_some();
            prop_assert_eq!(is_left_out, held.contains(&blob.digest) && !lists.contains(&blob.digest));
            prop_assert_eq!(planned.is_none(), is_left_out);
            prop_assert!(planned.is_none_or(|it| it.offsets.len() == 1));
        }
        prop_assert!(thin.layout().blobs().len() + left_out.len() == full.layout().blobs().len());

        write(full.layout(), &path("full.tar"));
        write(thin.layout(), &path("thin.tar"));
        let thin = Bundle::open(&[path("thin.tar")]).unwrap();
        let completed = FullBundle::plan(&thin, &earlier).unwrap();
        let (out, inputs) = (path("completed.tar"), (&thin, earlier.as_slice()));
        completed.write(inputs, &out, WriteSums::IfInputHasThem, &Silent).unwrap();
        prop_assert!(fs::read(&out).unwrap() == fs::read(path("full.tar")).unwrap());
    }
}
