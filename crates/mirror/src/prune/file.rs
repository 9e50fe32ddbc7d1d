//! The plan as a file, for review and for a later run.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::version::parse_tag;
use oci::Digest;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{contents::place, listed::PLATFORM};

/// The version of the format. It changes when a field is added, removed or changes its meaning.
pub const API_VERSION: &str = "dhctl.deckhouse.io/registry-prune-v1";

/// A plan: what is deleted, and what has to be as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// [`API_VERSION`].
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// The registry, `HOST[:PORT]/PATH`.
    pub registry: String,
    /// What was asked for.
    pub rule: Rule,
    /// The releases that go, the oldest first.
    pub remove: Vec<RemovedRelease>,
    /// The releases that stay, and why.
    pub keep: Vec<KeptRelease>,
    /// The images of releases that go that stay, because pods run them, or a tag that is none of these releases points to
    /// them.
    pub kept_images: Vec<KeptImage>,
    /// Bytes that none of the images that were found use any more, once the registry has collected its garbage.
    pub freed_bytes: u64,
    /// Bytes of what goes that something that stays uses too.
    pub used_elsewhere_bytes: u64,
    /// The manifests that are deleted, in this order.
    pub delete: Vec<Deletion>,
    /// The tags that stay, by repository path below the root: where each points. Empty for the root itself.
    pub kept_tags: BTreeMap<String, BTreeMap<String, Digest>>,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Releases from this one on stay (`--keep-from`).
    pub keep_from: Option<String>,
    /// The contexts of the clusters that use the registry; none with `--no-clusters`.
    pub clusters: BTreeSet<String>,
}

/// A release that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemovedRelease {
    /// The release.
    pub release: String,
    /// Manifests that go with it.
    pub manifests: usize,
    /// Bytes of these manifests and their blobs that nothing else uses.
    pub bytes: u64,
}

/// A release that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRelease {
    /// The release.
    pub release: String,
    /// Why it stays.
    pub because: Vec<String>,
}

/// An image that stays although its release goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptImage {
    /// The last release that goes and uses it.
    pub release: String,
    /// The repository, as a path below the root; empty for the root itself.
    pub repository: String,
    /// The manifest.
    pub digest: Digest,
    /// What keeps it: pods of a cluster, or a tag.
    pub because: String,
}

/// A manifest that is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// The last release that uses it.
    pub release: String,
    /// The repository, as a path below the root; empty for the root itself.
    pub repository: String,
    /// The manifest.
    pub digest: Digest,
    /// The tags that go with it.
    pub tags: Vec<String>,
    /// Its size in bytes, without its blobs.
    pub size: u64,
}

/// Why a file is not a plan that can be applied.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// Not JSON, or not of the known shape.
    #[error("is not a plan of dhctl registry prune: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another version of the format.
    #[error("has the apiVersion '{found}'; this version of dhctl applies {API_VERSION}")]
    Version {
        /// What the file says, shortened.
        found: String,
    },
    /// A release in it is not a version.
    #[error("contains '{text}', which is not a release such as v1.58.3")]
    Release {
        /// What the file says, shortened.
        text: String,
    },
    /// It was changed by hand, or damaged: no plan says this.
    #[error("contradicts itself: {0}")]
    Contradiction(String),
}

impl PlanFile {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`PlanFileError`] for anything but a plan of this version, without unknown fields, that can have been made by
    /// [`plan`](super::plan()).
    pub fn parse(json: &[u8]) -> Result<Self, PlanFileError> {
        #[derive(Deserialize)]
        struct Versioned {
            #[serde(rename = "apiVersion")]
            api_version: String,
        }
        let versioned: Versioned = serde_json::from_slice(json)?;
        if versioned.api_version != API_VERSION {
            return Err(PlanFileError::Version { found: shortened(&versioned.api_version) });
        }
        let plan: Self = serde_json::from_slice(json)?;
        plan.removed()?;
        plan.check().map_err(|text| PlanFileError::Contradiction(shortened(&text)))?;
        Ok(plan)
    }

    /// Whether it deletes only what releases that go have in the platform's own repositories.
    fn check(&self) -> Result<(), String> {
        let removed: BTreeSet<&str> = self.remove.iter().map(|it| it.release.as_str()).collect();
        if let Some(kept) = self.keep.iter().find(|it| removed.contains(it.release.as_str())) {
            return Err(format!("{} is kept and removed", kept.release));
        }
        for Deletion { release, repository, digest, .. } in &self.delete {
            let object = format!("{}@{digest}", place(repository));
            if !PLATFORM.contains(&repository.as_str()) {
                return Err(format!("{object} is in a repository from which nothing is removed"));
            }
            if !removed.contains(release.as_str()) {
                return Err(format!("{object} is of {release}, which is not removed"));
            }
            let tags = self.kept_tags.get(repository).into_iter().flatten();
            if let Some((tag, _)) = tags.clone().find(|(_, kept)| *kept == digest) {
                return Err(format!("{object} is deleted, and the tag {tag} that points to it is kept"));
            }
        }
        Ok(())
    }

    /// The plan as text.
    ///
    /// # Errors
    /// [`PlanFileError::Malformed`], which does not happen.
    pub fn to_json(&self) -> Result<String, PlanFileError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The releases that go.
    pub(super) fn removed(&self) -> Result<BTreeSet<Version>, PlanFileError> {
        let releases =
            self.remove.iter().map(|it| &it.release).chain(self.delete.iter().map(|it| &it.release));
        releases
            .map(|text| parse_tag(text).ok_or_else(|| PlanFileError::Release { text: shortened(text) }))
            .collect()
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}
