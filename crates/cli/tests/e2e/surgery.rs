//! Bundles that have a hole or a scratch, made from sound ones: a pull makes neither.

use std::{fs::File, io::Read as _, path::Path};

use oci::{Descriptor, layout::LayoutIndex};

/// Takes out of the indexes every descriptor that `gone` tells, by repository (empty for the root) and tag.
/// What the descriptors named stays in the archive. Returns how many there were.
pub(crate) fn forget(bundle: &Path, gone: impl Fn(&str, &Descriptor) -> bool) -> usize {
    let mut count = 0;
    rewrite(bundle, |path, bytes| {
        if path == "index.json" || path.ends_with("/index.json") {
            let repository = path.trim_end_matches("index.json").trim_end_matches('/');
            let mut index = LayoutIndex::parse(&bytes).unwrap();
            let before = index.manifests.len();
            index.manifests.retain(|descriptor| !gone(repository, descriptor));
            count += before - index.manifests.len();
            return Some(index.to_bytes());
        }
        Some(bytes)
    });
    count
}

/// Writes the archive again, each entry as `change` makes it, without those that it takes away.
#[expect(
    clippy::disallowed_methods,
    reason = "the bundles of tests are small, and every byte is written again"
)]
pub(crate) fn rewrite(bundle: &Path, mut change: impl FnMut(&str, Vec<u8>) -> Option<Vec<u8>>) {
    let mut builder = tar::Builder::new(Vec::new());
    let mut archive = tar::Archive::new(File::open(bundle).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if let Some(bytes) = change(&path, bytes) {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o777);
            builder.append_data(&mut header, &path, &bytes[..]).unwrap();
        }
    }
    std::fs::write(bundle, builder.into_inner().unwrap()).unwrap();
}

/// Changes a byte in the middle of an entry.
pub(crate) fn scratch(bundle: &Path, entry: &str) {
    let mut found = false;
    rewrite(bundle, |path, mut bytes| {
        if path == entry {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            found = true;
        }
        Some(bytes)
    });
    assert!(found, "{entry} is not in the bundle");
}
