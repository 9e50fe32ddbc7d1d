//! What the server needs to know of the place that its content comes from.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use oci::{BlobSource, Digest, RawManifest, TagOrDigest};

/// Content that can be served. Methods must not block for long: they look up, they do not read blobs.
pub trait Store: Send + Sync + 'static {
    /// The tags of a repository in any order; `None` if there is no such repository.
    fn tags(&self, repository: &str) -> Option<Vec<String>>;

    /// A manifest.
    fn manifest(&self, repository: &str, reference: &TagOrDigest) -> Option<RawManifest>;

    /// A blob that belongs to the repository.
    fn blob(&self, repository: &str, digest: &Digest) -> Option<Blob>;

    /// The manifests of the repository that are attached to `subject`, in any order.
    fn referrers(&self, repository: &str, subject: &Digest) -> Vec<RawManifest> {
        let _ = (repository, subject);
        Vec::new()
    }

    /// The way to write, if there is one. A store without it answers writes with 405.
    fn writer(&self) -> Option<&dyn StoreWriter> {
        None
    }
}

/// A store that takes content in.
pub trait StoreWriter: Send + Sync {
    /// Takes a blob whose digest has been checked.
    fn put_blob(&self, repository: &str, digest: Digest, bytes: Bytes);

    /// Makes a blob of repository `from` part of `repository` too; false if `from` does not have it.
    fn link_blob(&self, repository: &str, digest: &Digest, from: &str) -> bool;

    /// Takes a manifest, under a tag too if `reference` is one.
    ///
    /// # Errors
    /// If blobs or children are not in the repository yet; nothing is stored then.
    fn put_manifest(
        &self,
        repository: &str,
        reference: &TagOrDigest,
        manifest: RawManifest,
    ) -> Result<(), MissingContent>;
}

/// A manifest names content that its repository does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} blobs or manifests named by the manifest are missing", digests.len())]
pub struct MissingContent {
    /// What is missing.
    pub digests: Vec<Digest>,
}

/// The bytes of a blob. Those in memory are sent without a copy.
#[derive(Clone)]
pub enum Blob {
    /// In memory.
    Bytes(Bytes),
    /// Read as it is sent.
    Source(Arc<dyn BlobSource>),
}

impl Blob {
    /// The size in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Source(source) => source.size(),
        }
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.size())
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Arc<dyn BlobSource>> for Blob {
    fn from(source: Arc<dyn BlobSource>) -> Self {
        Self::Source(source)
    }
}
