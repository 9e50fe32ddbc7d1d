//! Bundles that have a hole or a scratch, made from sound ones: a pull makes neither.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

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
    let mut archive = tar::Archive::new(File::open(bundle).unwrap());
    let places = archive.entries().unwrap().map(Result::unwrap);
    let mut places = places.filter(|it| it.path().unwrap() == PathBuf::from(entry));
    let place = places.next().unwrap();
    let offset = place.raw_file_position() + place.size() / 2;
    let mut file = File::options().read(true).write(true).open(bundle).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}
