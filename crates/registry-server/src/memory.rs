//! A registry's content in memory, with Docker distribution's rules: a blob is stored once, but must
//! be linked into each repository that uses it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use oci::{Digest, RawManifest, Referrer, TagOrDigest};

use super::store::{Blob, MissingContent, Store, StoreWriter};

/// A store in memory. Clones share the content.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<RwLock<Content>>);

#[derive(Debug, Default)]
struct Content {
    repositories: BTreeMap<String, Repository>,
    blobs: HashMap<Digest, Blob>,
}

#[derive(Debug, Default)]
struct Repository {
    tags: BTreeMap<String, Digest>,
    manifests: BTreeMap<Digest, RawManifest>,
    blobs: BTreeSet<Digest>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a blob of any kind into a repository. The caller answers for the digest, so that a test
    /// can store bytes that do not match it.
    pub fn insert_blob(&self, repository: &str, digest: Digest, blob: impl Into<Blob>) {
        let mut content = self.write();
        content.blobs.insert(digest, blob.into());
        content.repository(repository).blobs.insert(digest);
    }

    /// Puts a manifest into a repository without asking whether what it names is there.
    pub fn insert_manifest(&self, repository: &str, reference: &TagOrDigest, manifest: RawManifest) {
        let mut content = self.write();
        content.repository(repository).insert(reference, manifest);
    }

    /// Takes a manifest and every tag on it out of a repository; false if it was not there.
    pub fn remove_manifest(&self, repository: &str, digest: &Digest) -> bool {
        let mut content = self.write();
        let Some(repository) = content.repositories.get_mut(repository) else {
            return false;
        };
        repository.tags.retain(|_, tagged| tagged != digest);
        repository.manifests.remove(digest).is_some()
    }

    /// Takes a tag out of a repository, leaving its manifest; false if it was not there.
    pub fn remove_tag(&self, repository: &str, tag: &str) -> bool {
        let mut content = self.write();
        content
            .repositories
            .get_mut(repository)
            .is_some_and(|repository| repository.tags.remove(tag).is_some())
    }

    /// Takes a blob out of one repository; false if it was not there.
    pub fn remove_blob(&self, repository: &str, digest: &Digest) -> bool {
        let mut content = self.write();
        content.repositories.get_mut(repository).is_some_and(|repository| repository.blobs.remove(digest))
    }

    /// The names of all repositories, sorted.
    pub fn repositories(&self) -> Vec<String> {
        self.read().repositories.keys().cloned().collect()
    }

    /// The tags of a repository and the digests that they name, sorted; empty if there is no such one.
    pub fn tagged(&self, repository: &str) -> BTreeMap<String, Digest> {
        let content = self.read();
        content.repositories.get(repository).map(|repository| repository.tags.clone()).unwrap_or_default()
    }

    /// The digests of the manifests in a repository, sorted.
    pub fn manifests(&self, repository: &str) -> Vec<Digest> {
        let content = self.read();
        let repository = content.repositories.get(repository);
        repository.map(|repository| repository.manifests.keys().copied().collect()).unwrap_or_default()
    }

    /// The digests of the blobs in a repository, sorted.
    pub fn blobs(&self, repository: &str) -> Vec<Digest> {
        let content = self.read();
        let repository = content.repositories.get(repository);
        repository.map(|repository| repository.blobs.iter().copied().collect()).unwrap_or_default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Content> {
        self.0.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Content> {
        self.0.write()
    }
}

impl Content {
    fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }
}

impl Repository {
    fn insert(&mut self, reference: &TagOrDigest, manifest: RawManifest) {
        let digest = match reference {
            TagOrDigest::Tag(tag) => {
                self.tags.insert(tag.as_str().to_owned(), manifest.digest());
                manifest.digest()
            }
            TagOrDigest::Digest(digest) => *digest,
        };
        self.manifests.insert(digest, manifest);
    }
}

impl Store for MemoryStore {
    fn tags(&self, repository: &str) -> Option<Vec<String>> {
        let content = self.read();
        let repository = content.repositories.get(repository)?;
        Some(repository.tags.keys().cloned().collect())
    }

    fn manifest(&self, repository: &str, reference: &TagOrDigest) -> Option<RawManifest> {
        let content = self.read();
        let repository = content.repositories.get(repository)?;
        let digest = match reference {
            TagOrDigest::Tag(tag) => repository.tags.get(tag.as_str())?,
            TagOrDigest::Digest(digest) => digest,
        };
        repository.manifests.get(digest).cloned()
    }

    fn blob(&self, repository: &str, digest: &Digest) -> Option<Blob> {
        let content = self.read();
        let linked = content.repositories.get(repository)?.blobs.contains(digest);
        linked.then(|| content.blobs.get(digest).cloned()).flatten()
    }

    fn referrers(&self, repository: &str, subject: &Digest) -> Vec<RawManifest> {
        let content = self.read();
        let manifests = content.repositories.get(repository).into_iter().flat_map(|it| it.manifests.values());
        manifests.filter(|manifest| Referrer::of(manifest).subject == Some(*subject)).cloned().collect()
    }

    fn writer(&self) -> Option<&dyn StoreWriter> {
        Some(self)
    }
}

impl StoreWriter for MemoryStore {
    fn put_blob(&self, repository: &str, digest: Digest, bytes: Bytes) {
        self.insert_blob(repository, digest, bytes);
    }

    fn link_blob(&self, repository: &str, digest: &Digest, from: &str) -> bool {
        let mut content = self.write();
        let source = content.repositories.get(from);
        if !source.is_some_and(|source| source.blobs.contains(digest)) {
            return false;
        }
        content.repository(repository).blobs.insert(*digest);
        true
    }

    fn put_manifest(
        &self,
        repository: &str,
        reference: &TagOrDigest,
        manifest: RawManifest,
    ) -> Result<(), MissingContent> {
        let mut content = self.write();
        let target = content.repository(repository);
        let mut missing = Vec::new();
        if let Ok(parsed) = manifest.parse() {
            let blobs = parsed.blobs().map(|blob| blob.digest);
            missing.extend(blobs.filter(|digest| !target.blobs.contains(digest)));
            let children = parsed.children().iter().map(|child| child.digest);
            missing.extend(children.filter(|digest| !target.manifests.contains_key(digest)));
        }
        if missing.is_empty() {
            target.insert(reference, manifest);
            Ok(())
        } else {
            Err(MissingContent { digests: missing })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_belong_to_repositories() {
        let store = MemoryStore::new();
        let digest = Digest::of(b"layer");
        store.put_blob("a", digest, Bytes::from_static(b"layer"));
        assert!(store.blob("a", &digest).is_some());
        assert!(store.blob("b", &digest).is_none());
        assert!(!store.link_blob("b", &digest, "c"));
        assert!(store.link_blob("b", &digest, "a"));
        assert!(store.blob("b", &digest).is_some());
        assert!(store.remove_blob("b", &digest));
        assert!(store.blob("b", &digest).is_none());
    }

    #[test]
    fn a_manifest_needs_its_blobs() {
        let store = MemoryStore::new();
        let config = Digest::of(b"{}");
        let text =
            format!(r#"{{"schemaVersion":2,"config":{{"mediaType":"x","size":2,"digest":"{config}"}}}}"#);
        let manifest = RawManifest::new(None, text.into()).unwrap();
        let tag: TagOrDigest = "v1".parse().unwrap();
        let refused = store.put_manifest("a", &tag, manifest.clone());
        assert_eq!(refused, Err(MissingContent { digests: vec![config] }));
        assert!(store.manifest("a", &tag).is_none());
        store.put_blob("a", config, Bytes::from_static(b"{}"));
        assert_eq!(store.put_manifest("a", &tag, manifest.clone()), Ok(()));
        assert_eq!(store.manifest("a", &tag), Some(manifest.clone()));
        assert_eq!(store.manifest("a", &manifest.digest().into()), Some(manifest));
    }
}
