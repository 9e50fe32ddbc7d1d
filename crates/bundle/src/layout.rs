//! The planned layout of the tar: which entry is at which offset, before the first byte is there.
//!
//! Manifests give the size and digest of every blob, so everything is known ahead. That lets many workers
//! write at once, each at its place, and makes the same content the same bytes. What a reader needs to know
//! what is inside stands in front, big layers after: `oci-layout`, `index.json` and manifests of all
//! repositories, then configurations, then layers.

mod entry;
mod segments;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};

use bytes::Bytes;
use oci::{
    Descriptor, Digest, RawManifest, RepositoryName,
    layout::{INDEX_FILE, LayoutIndex, OCI_LAYOUT, OCI_LAYOUT_FILE, blob_path},
};

use self::{
    entry::{Content, Entry},
    segments::FixedSegments,
};
use crate::{Thin, tar_header, thin};

/// What one repository puts into the bundle.
#[derive(Debug, Clone)]
pub struct RepositoryContent {
    /// Path below the root of the registry: empty for the root itself, `install`, `modules/x/release`.
    pub path: String,
    /// The descriptors of `index.json`, written in this order.
    pub index: Vec<Descriptor>,
    /// Every manifest of the repository, the children of indexes too.
    pub manifests: Vec<RawManifest>,
    /// Every blob that the manifests name.
    pub blobs: Vec<BlobEntry>,
}

/// One blob of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobEntry {
    /// Digest of the content.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// A configuration or another small thing, which is placed before the layers.
    pub metadata: bool,
}

/// One blob to be fetched, and every place that it is written at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedBlob {
    /// Digest of the content.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// Offsets of its content in the tar, ascending; one per repository that has it.
    pub offsets: Vec<u64>,
    /// A configuration or another small thing.
    pub metadata: bool,
}

/// Why content cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The path is not a repository's.
    #[error("'{path}' is not a repository path: {reason}")]
    Path {
        /// The path.
        path: String,
        /// Why it is refused.
        reason: String,
    },
    /// Two entries for one repository.
    #[error("repository '{path}' is given twice")]
    RepositoryTwice {
        /// The path.
        path: String,
    },
    /// Somebody says something wrong about the size of a blob.
    #[error("{digest} is listed with {one} bytes and with {other} bytes")]
    TwoSizes {
        /// The blob.
        digest: Digest,
        /// One size in bytes.
        one: u64,
        /// The other size in bytes.
        other: u64,
    },
    /// `index.json` would name a manifest that is not in the repository.
    #[error("repository '{path}': {digest} is in the index, but its manifest is not there")]
    MissingManifest {
        /// The repository.
        path: String,
        /// The manifest.
        digest: Digest,
    },
    /// The sum of all sizes does not fit into 64 bits.
    #[error("the bundle would be larger than a file can be")]
    TooLarge,
}

/// A bundle on paper.
#[derive(Debug, Clone)]
pub struct Layout {
    entries: Vec<Entry>,
    blobs: Vec<PlannedBlob>,
    size: u64,
    id: Digest,
}

impl Layout {
    /// Lays out `repositories`; the order in which repositories, manifests and blobs are given does not
    /// matter.
    ///
    /// A blob takes one place in each repository that has it; a blob that is also a manifest of the same
    /// repository is written with the manifests only.
    ///
    /// # Errors
    /// [`LayoutError`] if what is given contradicts itself.
    pub fn new(repositories: Vec<RepositoryContent>) -> Result<Self, LayoutError> {
        Self::build(repositories, None)
    }

    /// Lays out `repositories` without the blobs that `thin` leaves out. Every other blob takes one place, in the first
    /// repository that has it.
    ///
    /// # Errors
    /// As [`Layout::new`].
    pub fn thin(repositories: Vec<RepositoryContent>, thin: &Thin) -> Result<Self, LayoutError> {
        Self::build(repositories, Some(thin))
    }

    fn build(mut repositories: Vec<RepositoryContent>, thin: Option<&Thin>) -> Result<Self, LayoutError> {
        repositories.sort_by(|a, b| a.path.cmp(&b.path));
        for repository in &repositories {
            check_path(&repository.path)?;
        }
        if let Some(pair) = repositories.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(LayoutError::RepositoryTwice { path: pair[0].path.clone() });
        }
        let known = known_blobs(&repositories)?;

        let mut plan = Plan::default();
        if let Some(thin) = thin {
            plan.record(thin)?;
        }
        let mut placed = HashSet::new();
        let mut later = [Vec::new(), Vec::new()];
        for RepositoryContent { path, index, manifests, blobs } in repositories {
            let manifests: BTreeMap<Digest, RawManifest> =
                manifests.into_iter().map(|raw| (raw.digest(), raw)).collect();
            if let Some(lost) = index.iter().find(|one| !manifests.contains_key(&one.digest)) {
                return Err(LayoutError::MissingManifest { path, digest: lost.digest });
            }
            let marker = Bytes::from_static(OCI_LAYOUT.as_bytes());
            let index = Bytes::from(LayoutIndex::new(index).to_bytes());
            plan.inline(entry_path(&path, OCI_LAYOUT_FILE), marker, None)?;
            plan.inline(entry_path(&path, INDEX_FILE), index, None)?;
            for (digest, raw) in &manifests {
                plan.inline(entry_path(&path, &blob_path(digest)), raw.bytes().clone(), Some(*digest))?;
            }
            let mut blobs: Vec<Digest> = blobs.iter().map(|blob| blob.digest).collect();
            blobs.sort_unstable();
            blobs.dedup();
            for digest in blobs.into_iter().filter(|digest| !manifests.contains_key(digest)) {
                if thin.is_some_and(|it| it.left_out.get(&digest).is_some() || !placed.insert(digest)) {
                    continue;
                }
                let blob = known[&digest];
                later[usize::from(!blob.metadata)].push((entry_path(&path, &blob_path(&digest)), blob));
            }
        }
        for (path, blob) in later.into_iter().flatten() {
            plan.blob(path, blob)?;
        }
        plan.finish()
    }

    /// The size of the tar in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The number of files in the tar.
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// The blobs to be fetched, each once, in the order of their first place.
    pub fn blobs(&self) -> &[PlannedBlob] {
        &self.blobs
    }

    /// Everything of the tar that is no blob: headers, `oci-layout`, `index.json`, manifests, padding and
    /// the end. With the blobs at their offsets it covers every byte exactly once.
    pub fn fixed_segments(&self) -> impl Iterator<Item = (u64, Cow<'_, [u8]>)> {
        FixedSegments::new(&self.entries)
    }

    /// A digest over path, size and digest of every entry. Equal exactly if the tar is the same byte for
    /// byte, so it tells whether work in progress belongs to this plan.
    pub fn id(&self) -> Digest {
        self.id
    }
}

#[derive(Default)]
struct Plan {
    entries: Vec<Entry>,
    blobs: Vec<PlannedBlob>,
    places: HashMap<Digest, usize>,
    end: u64,
    listing: String,
}

impl Plan {
    fn inline(&mut self, path: String, bytes: Bytes, digest: Option<Digest>) -> Result<(), LayoutError> {
        let digest = digest.unwrap_or_else(|| Digest::of(&bytes));
        self.place(path, bytes.len() as u64, digest, Content::Inline(bytes))?;
        Ok(())
    }

    /// Places the record of a thin bundle, and the repository that makes other tools refuse the bundle.
    fn record(&mut self, thin: &Thin) -> Result<(), LayoutError> {
        let record = thin.record();
        let marker = Bytes::from_static(OCI_LAYOUT.as_bytes());
        let index = Bytes::from(Thin::index(&record).to_bytes());
        self.inline(entry_path(thin::REPOSITORY, OCI_LAYOUT_FILE), marker, None)?;
        self.inline(entry_path(thin::REPOSITORY, INDEX_FILE), index, None)?;
        self.inline(thin::RECORD_PATH.to_owned(), record, None)
    }

    fn blob(&mut self, path: String, blob: BlobEntry) -> Result<(), LayoutError> {
        let offset = self.place(path, blob.size, blob.digest, Content::Blob)?;
        let next = self.blobs.len();
        let place = *self.places.entry(blob.digest).or_insert(next);
        if place == next {
            self.blobs.push(PlannedBlob {
                digest: blob.digest,
                size: blob.size,
                offsets: Vec::with_capacity(1),
                metadata: blob.metadata,
            });
        }
        self.blobs[place].offsets.push(offset);
        Ok(())
    }

    fn place(
        &mut self,
        path: String,
        size: u64,
        digest: Digest,
        content: Content,
    ) -> Result<u64, LayoutError> {
        use std::fmt::Write as _;
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(LayoutError::TooLarge);
        let data = sum(self.end, tar_header::header_len(&path))?;
        self.end = sum(sum(data, size)?, tar_header::padding(size))?;
        let _ = writeln!(self.listing, "{path} {size} {digest}");
        self.entries.push(Entry { path, size, data, content });
        Ok(data)
    }

    fn finish(self) -> Result<Layout, LayoutError> {
        // A file's offsets are signed in every system interface.
        let size = self.end.checked_add(tar_header::END);
        let size = size.filter(|size| i64::try_from(*size).is_ok());
        Ok(Layout {
            entries: self.entries,
            blobs: self.blobs,
            size: size.ok_or(LayoutError::TooLarge)?,
            id: Digest::of(self.listing.as_bytes()),
        })
    }
}

/// The path in the tar of a file of a repository's layout.
pub(crate) fn entry_path(repository: &str, file: &str) -> String {
    if repository.is_empty() { file.to_owned() } else { format!("{repository}/{file}") }
}

fn check_path(path: &str) -> Result<(), LayoutError> {
    if path.is_empty() {
        return Ok(());
    }
    match path.parse::<RepositoryName>() {
        Ok(_) => Ok(()),
        Err(error) => Err(LayoutError::Path { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// Every blob by digest, metadata if anyone says so: one answer for all of its places.
fn known_blobs(repositories: &[RepositoryContent]) -> Result<HashMap<Digest, BlobEntry>, LayoutError> {
    let mut known: HashMap<Digest, BlobEntry> = HashMap::new();
    let mut sizes: HashMap<Digest, u64> = HashMap::new();
    let mut check = |digest: Digest, size: u64| match *sizes.entry(digest).or_insert(size) {
        seen if seen == size => Ok(()),
        seen => Err(LayoutError::TwoSizes { digest, one: seen.min(size), other: seen.max(size) }),
    };
    for repository in repositories {
        for raw in &repository.manifests {
            check(raw.digest(), raw.bytes().len() as u64)?;
        }
        for descriptor in &repository.index {
            check(descriptor.digest, descriptor.size)?;
        }
        for blob in &repository.blobs {
            check(blob.digest, blob.size)?;
            known.entry(blob.digest).or_insert(*blob).metadata |= blob.metadata;
        }
    }
    Ok(known)
}
