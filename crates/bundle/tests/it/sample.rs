//! Small repositories with every kind of content, and the short way to a bundle on disk.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bundle::{BlobEntry, Bundle, BundleError, Layout, RepositoryContent, Writer};
use bytes::Bytes;
use oci::{Descriptor, Digest, RawManifest, layout::SHORT_TAG, media_type};

/// The contents of blobs by digest: what a registry would serve.
pub(crate) type Store = BTreeMap<Digest, Vec<u8>>;

/// `len` bytes that are different for each `seed`.
pub(crate) fn content(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .collect()
}

/// A repository with one image per item of `images`: each item holds the seeds and lengths of its layers.
pub(crate) fn repository(path: &str, images: &[Vec<(u64, usize)>], store: &mut Store) -> RepositoryContent {
    let mut blob = |bytes: Vec<u8>, metadata: bool| {
        let entry = BlobEntry { digest: Digest::of(&bytes), size: bytes.len() as u64, metadata };
        store.insert(entry.digest, bytes);
        entry
    };
    let mut repository = RepositoryContent {
        path: path.to_owned(),
        index: Vec::new(),
        manifests: Vec::new(),
        blobs: Vec::new(),
    };
    for (number, layers) in images.iter().enumerate() {
        let config = blob(format!(r#"{{"image":{number}}}"#).into_bytes(), true);
        let layers: Vec<BlobEntry> =
            layers.iter().map(|(seed, len)| blob(content(*seed, *len), false)).collect();
        let describe = |media_type: &str, blob: &BlobEntry| {
            format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}}}"#, blob.digest, blob.size)
        };
        let listed: Vec<String> =
            layers.iter().map(|layer| describe(media_type::OCI_LAYER_GZIP, layer)).collect();
        let json = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}],"annotations":{{"n":"{number}"}}}}"#,
            media_type::OCI_MANIFEST,
            describe(media_type::OCI_CONFIG, &config),
            listed.join(",")
        );
        let raw = RawManifest::new(None, Bytes::from(json)).unwrap();
        let mut descriptor: Descriptor = raw.descriptor();
        descriptor.annotations.insert(SHORT_TAG.to_owned(), format!("v1.0.{number}"));
        repository.index.push(descriptor);
        repository.manifests.push(raw);
        repository.blobs.push(config);
        repository.blobs.extend(layers);
    }
    repository
}

/// Three repositories that share a layer, one with a path that needs a long name in the tar.
pub(crate) fn repositories(store: &mut Store) -> Vec<RepositoryContent> {
    vec![
        repository("", &[vec![(1, 3000), (2, 512)], vec![(1, 3000), (3, 0)]], store),
        repository("install", &[vec![(1, 3000)]], store),
        repository("modules/a-module-of-some-length/release", &[vec![(4, 70_000)]], store),
    ]
}

/// Everything of `layout` with its offset: the fixed bytes, and each blob at each of its places.
pub(crate) fn pieces(layout: &Layout, store: &Store) -> Vec<(u64, Vec<u8>)> {
    let fixed = layout.fixed_segments().map(|(offset, bytes)| (offset, bytes.into_owned()));
    let blobs = layout
        .blobs()
        .iter()
        .flat_map(|blob| blob.offsets.iter().map(|offset| (*offset, store[&blob.digest].clone())));
    fixed.chain(blobs).collect()
}

/// Writes a bundle the plain way and returns its files.
pub(crate) fn write(path: &Path, layout: &Layout, store: &Store, part_size: Option<u64>) -> Vec<PathBuf> {
    let writer = Writer::create(path, layout.size(), part_size).unwrap();
    for (offset, bytes) in pieces(layout, store) {
        writer.write_at(offset, &bytes).unwrap();
    }
    writer.finish().unwrap()
}

/// Opens a bundle that lies in one directory.
pub(crate) fn open(path: &Path) -> Result<Bundle, BundleError> {
    Bundle::open(&[path.to_owned()])
}

/// The sample's layout and the contents of its blobs.
pub(crate) fn sample() -> (Layout, Store) {
    let mut store = Store::new();
    let layout = Layout::new(repositories(&mut store)).unwrap();
    (layout, store)
}

/// The names in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
