//! An independent read-back: does a store hold everything that it should, byte for byte?

use std::collections::{BTreeMap, BTreeSet};

use oci::{Digest, Hasher, RawManifest, TagOrDigest};
use registry_server::{Blob, Store};

/// What a complete mirror holds, by repository path below its root (the root itself is empty).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The repositories.
    pub repositories: BTreeMap<String, ExpectedRepository>,
}

/// What one repository of a complete mirror holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedRepository {
    /// Tags and the manifests that they name.
    pub tags: BTreeMap<String, Digest>,
    /// Tags whose manifest may be any.
    pub names: BTreeSet<String>,
    /// Manifests that can be had by digest.
    pub digests: BTreeSet<Digest>,
}

impl Expected {
    /// What is missing or wrong in the repositories under `root`, one line each; empty if nothing is.
    ///
    /// Every manifest is followed to its children and blobs, and every byte is hashed.
    pub fn missing_in(&self, store: &dyn Store, root: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (path, expected) in &self.repositories {
            let repository = if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") };
            let mut check =
                Check { store, repository: &repository, seen: BTreeSet::new(), found: &mut found };
            for (tag, digest) in &expected.tags {
                check.tag(tag, Some(*digest));
            }
            for tag in &expected.names {
                check.tag(tag, None);
            }
            for digest in &expected.digests {
                check.manifest(*digest);
            }
        }
        found
    }
}

struct Check<'a> {
    store: &'a dyn Store,
    repository: &'a str,
    seen: BTreeSet<Digest>,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn report(&mut self, what: &str) {
        self.found.push(format!("{}: {what}", self.repository));
    }

    fn tag(&mut self, tag: &str, digest: Option<Digest>) {
        let reference = tag.parse::<TagOrDigest>().ok();
        let manifest = reference.and_then(|reference| self.store.manifest(self.repository, &reference));
        match (manifest, digest) {
            (None, _) => self.report(&format!("no tag {tag}")),
            (Some(manifest), Some(digest)) if manifest.digest() != digest => {
                self.report(&format!("tag {tag} is {} and not {digest}", manifest.digest()));
            }
            (Some(manifest), _) => {
                let listed = self.store.tags(self.repository).unwrap_or_default();
                if !listed.iter().any(|listed| listed == tag) {
                    self.report(&format!("tag {tag} is not listed"));
                }
                self.content(&manifest);
            }
        }
    }

    fn manifest(&mut self, digest: Digest) {
        match self.store.manifest(self.repository, &digest.into()) {
            Some(manifest) if Digest::of(manifest.bytes()) == digest => self.content(&manifest),
            Some(_) => self.report(&format!("manifest {digest} has other bytes")),
            None => self.report(&format!("no manifest {digest}")),
        }
    }

    fn content(&mut self, manifest: &RawManifest) {
        if !self.seen.insert(manifest.digest()) {
            return;
        }
        let Ok(parsed) = manifest.parse() else {
            self.report(&format!("manifest {} cannot be read", manifest.digest()));
            return;
        };
        for child in parsed.children() {
            self.manifest(child.digest);
        }
        for blob in parsed.blobs() {
            if !self.seen.insert(blob.digest) {
                continue;
            }
            match self.store.blob(self.repository, &blob.digest) {
                None => self.report(&format!("no blob {}", blob.digest)),
                Some(stored) if stored.size() != blob.size => {
                    self.report(&format!("blob {} has {} bytes", blob.digest, stored.size()));
                }
                Some(stored) if hash(&stored, blob.digest.hasher()) != Some(blob.digest) => {
                    self.report(&format!("blob {} has other bytes", blob.digest));
                }
                Some(_) => {}
            }
        }
    }
}

fn hash(blob: &Blob, mut hasher: Hasher) -> Option<Digest> {
    match blob {
        Blob::Bytes(bytes) => hasher.update(bytes),
        Blob::Source(source) => {
            let mut buffer = vec![0; 256 * 1024];
            let mut offset = 0;
            while offset < source.size() {
                let count = source.read_at(offset, &mut buffer).ok().filter(|count| *count > 0)?;
                hasher.update(&buffer[..count]);
                offset += count as u64;
            }
        }
    }
    Some(hasher.finish())
}
