//! What a target lacks, and the images that need it.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::repositories::attachment;
use oci::{Digest, RawManifest, Tag};

use super::Target;
use crate::{
    Cause, Contents, MissingItem, WantedBy,
    contents::{Repository, place},
};

/// Why something does not count as there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) cause: Cause,
    pub(crate) reason: String,
}

impl Gap {
    pub(crate) fn missing(reason: impl Into<String>) -> Self {
        Self::new(Cause::Missing, reason)
    }

    pub(crate) fn new(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into() }
    }

    pub(crate) fn not_found() -> Self {
        Self::missing("not found")
    }

    /// The same after the thing was written: the registry keeps what it had.
    #[must_use]
    pub(crate) fn after_upload(self) -> Self {
        match self.cause {
            Cause::Unreadable | Cause::Damaged => Self {
                cause: Cause::StillDamaged,
                reason: format!(
                    "the upload succeeded, but the registry keeps its own damaged copy: {}",
                    self.reason
                ),
            },
            _ => self,
        }
    }
}

/// What the target lacks.
#[derive(Debug, Default)]
pub struct Gaps {
    /// Tags that are absent or point elsewhere.
    pub(crate) tags: BTreeMap<(String, Tag), Gap>,
    /// Manifests that cannot be read by digest.
    pub(crate) manifests: BTreeMap<(String, Digest), Gap>,
    /// Blobs that a repository does not have, or cannot deliver.
    pub(crate) blobs: BTreeMap<(String, Digest), Gap>,
    /// Manifests of which the registry does not list everything that is attached to them.
    pub(crate) referrers: BTreeMap<(String, Digest), Gap>,
    /// Names of modules and the like, each with its list, that have no tag there.
    pub(crate) listed: BTreeSet<(&'static str, String)>,
    /// Blobs that a repository need not have, and may not have: nothing names them there.
    pub(crate) unnamed: BTreeSet<(String, Digest)>,
}

impl Gaps {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
            && self.manifests.is_empty()
            && self.blobs.is_empty()
            && self.referrers.is_empty()
            && self.listed.is_empty()
    }

    /// The list for a user.
    pub fn items(&self, contents: &Contents, target: &Target) -> Vec<MissingItem> {
        let item = |path: &str, reference: String, wanted_by: Vec<WantedBy>, gap: &Gap| MissingItem {
            repository: target.name(path),
            reference,
            wanted_by,
            reason: gap.reason.clone(),
            cause: gap.cause,
        };
        let find = |path: &str| contents.repository(path);
        let users = |path: &str, digest: &Digest| {
            find(path).map(|repository| repository.users(digest)).unwrap_or_default()
        };
        let tags = self.tags.iter().map(|((path, tag), gap)| {
            // The tag of an image that is known by digest only repeats the digest.
            let digest = find(path).and_then(|repository| repository.tags.get(tag));
            let by_digest = digest.filter(|digest| digest.hex() == tag.as_str());
            let by = attachment(tag.as_str()).map(|(image, _)| users(path, &image)).unwrap_or_default();
            item(path, by_digest.map_or_else(|| tag.to_string(), Digest::to_string), by, gap)
        });
        let by_digest = self.manifests.iter().chain(&self.blobs).chain(&self.referrers);
        let by_digest =
            by_digest.map(|((path, digest), gap)| item(path, digest.to_string(), users(path, digest), gap));
        let listed = self.listed.iter().map(|(list, name)| {
            let by = vec![WantedBy::Listed(format!("{list}/{name}"))];
            item(list, name.clone(), by, &Gap::missing("the tag that refers to it is missing"))
        });
        tags.chain(by_digest).chain(listed).collect()
    }
}

impl Repository {
    /// The tags (or digests) of this repository whose images need a manifest or blob.
    pub(crate) fn users(&self, digest: &Digest) -> Vec<WantedBy> {
        let needs = |image: &Digest| self.needs(image, digest, &mut BTreeSet::new());
        let tagged = self.tags.iter().filter(|(_, image)| needs(image)).map(|(tag, _)| tag.to_string());
        let untagged = self.untagged.iter().filter(|image| needs(image)).map(Digest::to_string);
        let place = place(&self.path);
        tagged.chain(untagged).map(|name| WantedBy::Image(format!("{place}:{name}"))).collect()
    }

    /// `seen` keeps indexes that share their children from being followed again and again.
    fn needs(&self, image: &Digest, digest: &Digest, seen: &mut BTreeSet<Digest>) -> bool {
        if !seen.insert(*image) {
            return false;
        }
        let Some(Ok(manifest)) = self.manifests.get(image).map(RawManifest::parse) else {
            return false;
        };
        image == digest
            || manifest.blobs().any(|blob| blob.digest == *digest)
            || manifest.children().iter().any(|child| self.needs(&child.digest, digest, seen))
    }
}
