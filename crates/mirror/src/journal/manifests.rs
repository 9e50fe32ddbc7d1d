//! The manifests that planning has read: one append-only file.
//!
//! A record is a line `DIGEST MEDIA-TYPE LENGTH`, the manifest's bytes, and a line feed. What does not
//! have its digest ends the file.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};

use bundle::{Access, PrivateDirectory};
use bytes::Bytes;
use oci::{Digest, RawManifest};

use crate::{Error, limits::MAX_MANIFESTS};

/// The file in the journal.
pub(super) const MANIFESTS: &str = "manifests";

/// A larger file is not read: it only saves requests.
const MAX_FILE: u64 = MAX_MANIFESTS + MAX_MANIFESTS / 4;

/// The file is open only while it is written: a pull of many modules has as many journals.
#[derive(Debug)]
pub(super) struct ManifestFile {
    directory: Arc<PrivateDirectory>,
    known: Mutex<HashMap<Digest, RawManifest>>,
}

impl ManifestFile {
    pub(super) fn open(directory: Arc<PrivateDirectory>) -> Result<Self, Error> {
        let read = || {
            let mut file = directory.open_file(MANIFESTS, Access::Append)?;
            if file.metadata()?.len() > MAX_FILE {
                file.set_len(0)?;
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let (known, good) = decode(&Bytes::from(bytes));
            // A torn record at the end would hide everything that is appended behind it.
            file.set_len(good)?;
            Ok(known)
        };
        let known = read().map_err(|source| Error::File { path: directory.path_of(MANIFESTS), source })?;
        Ok(Self { known: Mutex::new(known), directory })
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<RawManifest> {
        self.lock().get(digest).cloned()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub(super) fn keep(&self, manifest: &RawManifest) -> Result<(), Error> {
        let mut known = self.lock();
        if known.insert(manifest.digest(), manifest.clone()).is_some() {
            return Ok(());
        }
        let file = self.directory.open_file(MANIFESTS, Access::Append);
        let written = file.and_then(|mut file| file.write_all(&encode(manifest)));
        written.map_err(|source| Error::File { path: self.directory.path_of(MANIFESTS), source })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, RawManifest>> {
        self.known.lock()
    }
}

pub(super) fn encode(manifest: &RawManifest) -> Vec<u8> {
    let bytes = manifest.bytes();
    let head = format!("{} {} {}\n", manifest.digest(), manifest.media_type(), bytes.len());
    [head.as_bytes(), bytes, b"\n"].concat()
}

/// The manifests, and how many bytes of the file are good.
pub(super) fn decode(bytes: &Bytes) -> (HashMap<Digest, RawManifest>, u64) {
    let mut known = HashMap::new();
    let mut position = 0;
    while let Some((manifest, end)) = record(bytes, position) {
        known.insert(manifest.digest(), manifest);
        position = end;
    }
    (known, position as u64)
}

fn record(bytes: &Bytes, start: usize) -> Option<(RawManifest, usize)> {
    let line = start + bytes[start..].iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&bytes[start..line]).ok()?;
    let mut fields = head.split(' ');
    let (digest, media_type, length) = (fields.next()?, fields.next()?, fields.next()?);
    let digest: Digest = digest.parse().ok()?;
    let end = (line + 1).checked_add(length.parse().ok()?)?;
    if bytes.get(end) != Some(&b'\n') {
        return None;
    }
    // A copy, so that one manifest does not keep the whole file in memory.
    let content = Bytes::copy_from_slice(&bytes[line + 1..end]);
    if digest.same_algorithm_of(&content) != digest {
        return None;
    }
    let manifest = RawManifest::with_digest(Some(media_type), content, digest).ok()?;
    Some((manifest, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn manifest(name: &str) -> RawManifest {
        let config = Digest::of(name.as_bytes());
        let text =
            format!(r#"{{"schemaVersion":2,"config":{{"mediaType":"x","size":1,"digest":"{config}"}}}}"#);
        RawManifest::new(Some(oci::media_type::DOCKER_MANIFEST), text.into()).unwrap()
    }

    #[test]
    fn complete_records_survive_a_torn_write() {
        let folder = tempfile::tempdir().unwrap();
        let directory = Arc::new(PrivateDirectory::open(&folder.path().join("journal")).unwrap());
        let path = directory.path_of(MANIFESTS);
        let (one, two, three) = (manifest("1"), manifest("2"), manifest("3"));
        let file = ManifestFile::open(directory.clone()).unwrap();
        for manifest in [&one, &two, &one] {
            file.keep(manifest).unwrap();
        }
        let length = std::fs::metadata(&path).unwrap().len();
        assert_eq!(length, (encode(&one).len() + encode(&two).len()) as u64);
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
        let file = ManifestFile::open(directory.clone()).unwrap();
        assert_eq!((file.get(&one.digest()), file.get(&two.digest())), (Some(one.clone()), None));
        file.keep(&three).unwrap();
        let file = ManifestFile::open(directory).unwrap();
        assert_eq!((file.get(&one.digest()), file.get(&three.digest())), (Some(one), Some(three)));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(noise in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..200) {
            decode(&Bytes::from(noise.clone()));
            let mut bytes = encode(&manifest("1"));
            let at = at.min(bytes.len());
            bytes.splice(at..at, noise);
            decode(&Bytes::from(bytes));
        }
    }
}
