//! What refers to what in a registry, as far as a deletion may concern it.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::repositories::attachment;
use oci::{Digest, Tag};
use semver::Version;

use super::plan::ClusterNeeds;
use crate::WantedBy;

/// A repository path below the root, and a manifest in it.
pub(crate) type ManifestKey = (String, Digest);

/// A repository path below the root, and a tag in it.
pub(crate) type TagKey = (String, Tag);

/// Manifests that have to do with a manifest, by that manifest.
pub(crate) type Related = BTreeMap<ManifestKey, BTreeSet<ManifestKey>>;

/// What a registry contains.
#[derive(Debug, Clone, Default)]
pub(crate) struct Survey {
    /// The releases: versions with an installer or a description. Another tag with a version may be anything.
    pub(crate) releases: BTreeSet<Version>,
    /// The tags of the repositories in which something may be deleted, and where each points.
    pub(crate) tags: BTreeMap<TagKey, Digest>,
    /// Every manifest that was read.
    pub(crate) manifests: BTreeMap<ManifestKey, ManifestDetails>,
    /// The images that something needs: releases, channels, modules, databases.
    pub(crate) needed: Vec<Needed>,
    /// The manifests that pods run, each with a cluster in which they do.
    pub(crate) running: BTreeMap<ManifestKey, String>,
}

/// What a manifest consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ManifestDetails {
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The manifests that an index lists.
    pub(crate) children: Vec<Digest>,
    /// The manifest that it is attached to (OCI image specification, `subject`).
    pub(crate) subject: Option<Digest>,
    /// Its blobs and their sizes in bytes.
    pub(crate) blobs: Vec<(Digest, u64)>,
}

/// An image that something needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) manifest: ManifestKey,
    pub(crate) by: BTreeSet<WantedBy>,
}

impl Survey {
    /// The same, with what the pods of these clusters run.
    pub(crate) fn with_running(&self, clusters: &[ClusterNeeds]) -> Self {
        let by = |digest: &Digest| clusters.iter().find(|cluster| cluster.images.contains(digest));
        let running = self.manifests.keys().filter_map(|key| Some((key.clone(), by(&key.1)?.name.clone())));
        Self { running: running.collect(), ..self.clone() }
    }

    /// The manifest and everything below it, if it is an index.
    pub(crate) fn closure(&self, key: &ManifestKey) -> BTreeSet<ManifestKey> {
        self.follow(key, |details| details.children.clone())
    }

    /// The manifest and everything that it refers to: what is below it, and what it is attached to.
    pub(crate) fn referred(&self, key: &ManifestKey) -> BTreeSet<ManifestKey> {
        self.follow(key, |details| details.children.iter().copied().chain(details.subject).collect())
    }

    /// The indexes that list each manifest.
    pub(crate) fn indexes(&self) -> Related {
        let mut indexes = Related::new();
        for (key, details) in &self.manifests {
            for child in &details.children {
                indexes.entry((key.0.clone(), *child)).or_default().insert(key.clone());
            }
        }
        indexes
    }

    /// What is attached to each manifest: by its own words, by its tag, or in a list of what is attached.
    pub(crate) fn attached(&self) -> Related {
        let mut attached = Related::new();
        for (key, details) in &self.manifests {
            if let Some(subject) = details.subject {
                attached.entry((key.0.clone(), subject)).or_default().insert(key.clone());
            }
        }
        for ((path, tag), digest) in &self.tags {
            if let Some((subject, _)) = attachment(tag.as_str()) {
                attached.entry((path.clone(), subject)).or_default().insert((path.clone(), *digest));
            }
        }
        attached
    }

    fn follow(
        &self,
        key: &ManifestKey,
        next: impl Fn(&ManifestDetails) -> Vec<Digest>,
    ) -> BTreeSet<ManifestKey> {
        let (mut found, mut waiting) = (BTreeSet::new(), vec![key.clone()]);
        while let Some(key) = waiting.pop() {
            let digests = self.manifests.get(&key).map(&next).unwrap_or_default();
            let path = key.0.clone();
            if found.insert(key) {
                waiting.extend(digests.into_iter().map(|digest| (path.clone(), digest)));
            }
        }
        found
    }

    /// Every blob and manifest of these manifests, with its size in bytes.
    pub(crate) fn objects<'a>(
        &self,
        manifests: impl IntoIterator<Item = &'a ManifestKey>,
    ) -> BTreeMap<Digest, u64> {
        let mut objects = BTreeMap::new();
        for key in manifests {
            if let Some(details) = self.manifests.get(key) {
                objects.insert(key.1, details.size);
                objects.extend(details.blobs.iter().copied());
            }
        }
        objects
    }
}
