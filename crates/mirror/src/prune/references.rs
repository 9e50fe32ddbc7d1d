//! Which manifests must stay, and which only releases that go use.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use deckhouse::{repositories::attachment, version::parse_tag};
use oci::Digest;
use semver::Version;

use super::model::{ManifestKey, Related, Survey, TagKey};
use crate::{WantedBy, contents::place};

/// What refers to a manifest that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// A release, a channel and the like, or the installer with some tag.
    User(WantedBy),
    /// Pods of the cluster with this name, and no release that stays.
    Pods(String),
    /// A tag, and nothing else that is known.
    Tag(TagKey),
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(WantedBy::Image(tag)) => write!(f, "tag {tag}"),
            Self::User(user) => user.fmt(f),
            Self::Pods(cluster) => write!(f, "pods of cluster {cluster}"),
            Self::Tag((path, tag)) => write!(f, "tag {}:{tag}", place(path)),
        }
    }
}

/// What happens to the manifests of a registry if releases go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct References {
    /// The manifests that stay, each with one thing that refers to it.
    pub(crate) kept: BTreeMap<ManifestKey, Keeper>,
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
                let is_candidate = |digest: Digest| candidates.contains_key(&(path.clone(), digest));
                let is_of_removed = parse_tag(tag.as_str()).is_some_and(|version| removed.contains(&version))
                    || subject(tag.as_str(), digest).is_some_and(is_candidate);
                // A tag goes with its manifest only: one that points to something that no release uses stays.
                is_of_removed && is_candidate(**digest)
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
        let mut kept: BTreeMap<ManifestKey, Keeper> = BTreeMap::new();
        let mut keep = |key: &ManifestKey, keeper: &dyn Fn() -> Keeper| {
            for manifest in survey.referred(key) {
                kept.entry(manifest).or_insert_with(keeper);
            }
        };
        for needed in &survey.needed {
            if let Some(by) = needed.by.iter().find(|by| !is_removed(by, removed)) {
                keep(&needed.manifest, &|| Keeper::User(by.clone()));
            }
        }
        for (key, cluster) in &survey.running {
            keep(key, &|| Keeper::Pods(cluster.clone()));
        }
        // A tag with a meaning of its own is the better reason.
        let is_named = |(key, digest): &(&TagKey, &Digest)| is_named(key.1.as_str(), digest);
        let (named, others): (Vec<_>, Vec<_>) =
            survey.tags.iter().filter(|(key, _)| !tags.contains(*key)).partition(is_named);
        let (attached, indexes) = (survey.attached(), survey.indexes());
        for group in [named, others] {
            for (key, digest) in group {
                for manifest in survey.referred(&(key.0.clone(), *digest)) {
                    kept.entry(manifest).or_insert_with(|| Keeper::Tag(key.clone()));
                }
            }
            keep_related(survey, &attached, &indexes, tags, &mut kept);
        }
        let mut unused = candidates(survey, removed);
        unused.retain(|manifest, _| !kept.contains_key(manifest));
        Self { kept, unused, tags: tags.clone() }
    }
}

/// Keeps what belongs to something that stays, until there is nothing more.
fn keep_related(
    survey: &Survey,
    attached: &Related,
    indexes: &Related,
    going: &BTreeSet<TagKey>,
    kept: &mut BTreeMap<ManifestKey, Keeper>,
) {
    loop {
        let before = kept.len();
        keep_indexes(survey, indexes, going, kept);
        keep_attached(survey, attached, kept);
        if kept.len() == before {
            return;
        }
    }
}

/// Keeps the indexes of a manifest that stays without a tag of its own, for the same reason: Harbor deletes such a manifest
/// with the last index that lists it. `going` are the tags that are deleted.
fn keep_indexes(
    survey: &Survey,
    indexes: &Related,
    going: &BTreeSet<TagKey>,
    kept: &mut BTreeMap<ManifestKey, Keeper>,
) {
    let staying = survey.tags.iter().filter(|(key, _)| !going.contains(*key));
    let tagged: BTreeSet<ManifestKey> = staying.map(|((path, _), digest)| (path.clone(), *digest)).collect();
    for (child, indexes) in indexes.iter().filter(|(child, _)| !tagged.contains(*child)) {
        let Some(keeper) = kept.get(child).cloned() else { continue };
        if !indexes.iter().any(|index| kept.contains_key(index)) {
            for manifest in indexes.iter().flat_map(|index| survey.referred(index)) {
                kept.entry(manifest).or_insert_with(|| keeper.clone());
            }
        }
    }
}

/// Keeps what is attached to something that stays, for the same reason.
fn keep_attached(survey: &Survey, attached: &Related, kept: &mut BTreeMap<ManifestKey, Keeper>) {
    let mut waiting: Vec<(ManifestKey, Keeper)> =
        kept.iter().map(|(key, keeper)| (key.clone(), keeper.clone())).collect();
    while let Some((key, keeper)) = waiting.pop() {
        let of_image = attached.get(&key).into_iter().flatten();
        for manifest in of_image.flat_map(|it| survey.referred(it)) {
            if !kept.contains_key(&manifest) {
                kept.insert(manifest.clone(), keeper.clone());
                waiting.push((manifest, keeper.clone()));
            }
        }
    }
}

/// The manifests that a removed release uses, each with the last of these releases. Others may use them too.
pub(crate) fn candidates(survey: &Survey, removed: &BTreeSet<Version>) -> BTreeMap<ManifestKey, Version> {
    let mut candidates: BTreeMap<ManifestKey, Version> = BTreeMap::new();
    for needed in &survey.needed {
        let last = needed.by.iter().filter_map(|by| match by {
            WantedBy::Release(version) if removed.contains(version) => Some(version),
            _ => None,
        });
        let Some(last) = last.max() else { continue };
        // What was not found is not deleted either.
        let closure = survey.closure(&needed.manifest);
        for manifest in closure.into_iter().filter(|manifest| survey.manifests.contains_key(manifest)) {
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

/// Whether a tag has a meaning of its own: it neither repeats the digest that it points to, nor belongs to the image whose
/// digest it has in its name.
pub(crate) fn is_named(tag: &str, digest: &Digest) -> bool {
    subject(tag, digest).is_none()
}
