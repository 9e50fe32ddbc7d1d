//! Which manifests must stay, and which only releases that go use.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{repositories::attachment, version::parse_tag};
use oci::Digest;
use semver::Version;

use super::model::{ManifestKey, Survey, TagKey};
use crate::{WantedBy, contents::place};

/// What happens to the manifests of a registry if releases go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct References {
    /// The manifests that stay, each with one thing that refers to it.
    pub(crate) kept: BTreeMap<ManifestKey, String>,
    /// The manifests that only releases use that go, each with the last of these releases.
    pub(crate) unused: BTreeMap<ManifestKey, Version>,
    /// The tags that go with those manifests.
    pub(crate) tags: BTreeSet<TagKey>,
}

impl References {
    /// What is unused without `removed`. Tags go only with the last manifest that needs them: those of the releases
    /// themselves, tags that repeat the digest of an unused image, and those of its attachments.
    pub(crate) fn without(survey: &Survey, removed: &BTreeSet<Version>) -> Self {
        let candidates = candidates(survey, removed);
        let mut tags: BTreeSet<TagKey> = survey
            .tags
            .iter()
            .filter(|((path, tag), digest)| {
                let subject = subject(tag.as_str(), digest);
                parse_tag(tag.as_str()).is_some_and(|version| removed.contains(&version))
                    || subject.is_some_and(|subject| candidates.contains_key(&(path.clone(), subject)))
            })
            .map(|(key, _)| key.clone())
            .collect();
        // A tag that stays keeps its image, and with the image the tags of that image.
        loop {
            let found = Self::with_tags(survey, removed, &tags);
            let stays = |key: &&TagKey| {
                let digest = survey.tags[*key];
                let subject = subject(key.1.as_str(), &digest).unwrap_or(digest);
                found.kept.contains_key(&(key.0.clone(), subject))
                    || found.kept.contains_key(&(key.0.clone(), digest))
            };
            let staying: BTreeSet<TagKey> = tags.iter().filter(stays).cloned().collect();
            if staying.is_empty() {
                return found;
            }
            tags.retain(|key| !staying.contains(key));
        }
    }

    /// What is unused without `removed` and these tags.
    pub(crate) fn with_tags(survey: &Survey, removed: &BTreeSet<Version>, tags: &BTreeSet<TagKey>) -> Self {
        let mut kept: BTreeMap<ManifestKey, String> = BTreeMap::new();
        let mut keep = |key: &ManifestKey, why: &dyn Fn() -> String| {
            let mut closure = BTreeSet::new();
            survey.closure(key, &mut closure);
            for manifest in closure {
                kept.entry(manifest).or_insert_with(why);
            }
        };
        for needed in &survey.needed {
            if let Some(by) = needed.by.iter().find(|by| !is_removed(by, removed)) {
                keep(&needed.manifest, &|| by.to_string());
            }
        }
        for ((path, tag), digest) in &survey.tags {
            if !tags.contains(&(path.clone(), tag.clone())) {
                keep(&(path.clone(), *digest), &|| format!("tag {}:{tag}", place(path)));
            }
        }
        let mut unused = candidates(survey, removed);
        unused.retain(|manifest, _| !kept.contains_key(manifest));
        Self { kept, unused, tags: tags.clone() }
    }
}

/// The manifests that a removed release uses, each with the last of these releases. Others may use them too.
fn candidates(survey: &Survey, removed: &BTreeSet<Version>) -> BTreeMap<ManifestKey, Version> {
    let mut candidates: BTreeMap<ManifestKey, Version> = BTreeMap::new();
    for needed in &survey.needed {
        let last = needed.by.iter().filter_map(|by| match by {
            WantedBy::Release(version) if removed.contains(version) => Some(version),
            _ => None,
        });
        let Some(last) = last.max() else { continue };
        let mut closure = BTreeSet::new();
        survey.closure(&needed.manifest, &mut closure);
        for manifest in closure {
            let known = candidates.entry(manifest).or_insert_with(|| last.clone());
            *known = last.max(known).clone();
        }
    }
    candidates
}

fn is_removed(by: &WantedBy, removed: &BTreeSet<Version>) -> bool {
    matches!(by, WantedBy::Release(version) if removed.contains(version))
}

/// The image that a tag belongs to without naming a release: its own, if the tag repeats the digest, or that of an
/// attachment.
fn subject(tag: &str, digest: &Digest) -> Option<Digest> {
    if digest.hex() == tag {
        return Some(*digest);
    }
    attachment(tag).map(|(subject, _)| subject)
}
