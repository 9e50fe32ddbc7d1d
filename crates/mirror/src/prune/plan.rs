//! The plan: what goes, what stays and why, and how many bytes that frees.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use deckhouse::{
    channel::Channel,
    repositories::{INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL},
    version::tag_of,
};
use oci::Digest;
use semver::Version;

use super::{
    file::{API_VERSION, Deletion, KeptRelease, PlanFile, RemovedRelease, Rule},
    model::{ManifestKey, Survey},
    references::References,
    survey::Surveyed,
};
use crate::{MissingItem, WantedBy};

/// What stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Releases from this one on.
    pub from: Option<Version>,
    /// What clusters need.
    pub clusters: Vec<ClusterNeeds>,
}

/// What a cluster needs: its release, and every later one, since it updates through them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNeeds {
    /// The name of the cluster.
    pub name: String,
    /// The release that it runs; of several, as during an update, the oldest.
    pub release: Version,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// It is unknown what something that stays refers to.
    #[error("cannot determine what {} refers to", names(.items))]
    Unclear {
        /// What cannot be read.
        items: Vec<MissingItem>,
    },
    /// The registry was read for another reason than its content.
    #[error(transparent)]
    Mirror(#[from] crate::Error),
    /// The registry has changed since the plan was made, or a cluster has.
    #[error("the registry has changed since the plan was made: {0}")]
    Outgrown(String),
    /// Something refers to a manifest that is to be deleted.
    #[error("{object} is still in use: {by}")]
    InUse {
        /// The manifest, with its repository.
        object: String,
        /// What refers to it.
        by: String,
    },
    /// The registry reports deletions that it did not do.
    #[error("the registry accepted the deletion of {0}, but still returns it")]
    NotDeleted(String),
}

fn names(items: &[MissingItem]) -> String {
    let wanted_by: BTreeSet<&WantedBy> = items.iter().flat_map(|item| &item.wanted_by).collect();
    let names: Vec<String> = wanted_by.into_iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Why a release stays; empty if it does not.
pub(super) fn reasons(version: &Version, channels: &BTreeMap<Channel, Version>, keep: &Keep) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(from) = keep.from.as_ref().filter(|from| *version >= **from) {
        reasons.push(format!("not older than {}", tag_of(from)));
    }
    let pointing = channels.iter().filter(|(_, pointed)| *pointed == version);
    reasons.extend(pointing.map(|(channel, _)| format!("channel {channel}")));
    for cluster in &keep.clusters {
        if *version == cluster.release {
            reasons.push(format!("cluster {} runs it", cluster.name));
        } else if *version > cluster.release {
            reasons.push(format!("cluster {} updates through it", cluster.name));
        }
    }
    reasons
}

/// Makes the plan of a registry.
///
/// # Errors
/// [`PruneError::Unclear`] if something that stays cannot be read far enough to know what it refers to.
pub fn plan(surveyed: &Surveyed, keep: &Keep, registry: String, rule: Rule) -> Result<PlanFile, PruneError> {
    let survey = &surveyed.survey;
    let (mut kept, mut removed) = (Vec::new(), BTreeSet::new());
    for version in &survey.releases {
        match reasons(version, &surveyed.channels, keep) {
            because if because.is_empty() => drop(removed.insert(version.clone())),
            because => kept.push(KeptRelease { release: tag_of(version), because }),
        }
    }
    check_clear(surveyed, &removed)?;
    let references = References::without(survey, &removed);
    let staying = survey.objects(survey.manifests.keys().filter(|key| !references.unused.contains_key(*key)));
    let mut freed = survey.objects(references.unused.keys());
    let used_elsewhere: u64 =
        freed.iter().filter(|(digest, _)| staying.contains_key(*digest)).map(|(_, size)| size).sum();
    freed.retain(|digest, _| !staying.contains_key(digest));
    let delete = deletions(survey, &references);
    let mut kept_tags: BTreeMap<String, BTreeMap<String, Digest>> = BTreeMap::new();
    for ((path, tag), digest) in &survey.tags {
        if !references.unused.contains_key(&(path.clone(), *digest)) {
            kept_tags.entry(path.clone()).or_default().insert(tag.to_string(), *digest);
        }
    }
    Ok(PlanFile {
        api_version: API_VERSION.to_owned(),
        registry,
        rule,
        remove: removed.iter().map(|version| removed_release(version, survey, &references, &freed)).collect(),
        keep: kept,
        freed_bytes: freed.values().sum(),
        used_elsewhere_bytes: used_elsewhere,
        delete,
        kept_tags,
    })
}

/// Whether it is known what everything that stays refers to.
pub(super) fn check_clear(surveyed: &Surveyed, removed: &BTreeSet<Version>) -> Result<(), PruneError> {
    let stays = |by: &WantedBy| !matches!(by, WantedBy::Release(version) if removed.contains(version));
    let items: Vec<MissingItem> =
        surveyed.unclear.iter().filter(|item| item.wanted_by.iter().any(stays)).cloned().collect();
    if items.is_empty() { Ok(()) } else { Err(PruneError::Unclear { items }) }
}

fn removed_release(
    version: &Version,
    survey: &Survey,
    references: &References,
    freed: &BTreeMap<Digest, u64>,
) -> RemovedRelease {
    let own = || references.unused.iter().filter(|(_, last)| *last == version).map(|(key, _)| key);
    let objects = survey.objects(own());
    RemovedRelease {
        release: tag_of(version),
        manifests: own().count(),
        bytes: objects.iter().filter(|(digest, _)| freed.contains_key(*digest)).map(|(_, size)| size).sum(),
    }
}

/// The deletions in their order: the oldest release first, and of each first what a cluster learns of it by, so that a
/// run that is interrupted leaves no release that looks complete. Indexes go before their children.
fn deletions(survey: &Survey, references: &References) -> Vec<Deletion> {
    let mut keys: Vec<(&ManifestKey, &Version)> = references.unused.iter().collect();
    keys.sort_by_cached_key(|(key, last)| {
        let is_own = survey.tags.iter().any(|((path, tag), digest)| {
            (path, digest) == (&key.0, &key.1) && deckhouse::version::parse_tag(tag.as_str()).is_some()
        });
        ((*last).clone(), rank(&key.0, is_own), Reverse(height(survey, key)), (*key).clone())
    });
    let mut tags: BTreeMap<ManifestKey, Vec<String>> = BTreeMap::new();
    for ((path, tag), digest) in &survey.tags {
        tags.entry((path.clone(), *digest)).or_default().push(tag.to_string());
    }
    keys.into_iter()
        .map(|(key, last)| Deletion {
            release: tag_of(last),
            repository: key.0.clone(),
            digest: key.1,
            tags: tags.remove(key).unwrap_or_default(),
            size: survey.manifests.get(key).map_or(0, |details| details.size),
        })
        .collect()
}

/// The order of a release's manifests; those with a version as their tag come before those that only a digest names.
fn rank(path: &str, is_own: bool) -> usize {
    match (path, is_own) {
        (RELEASE_CHANNEL, _) => 0,
        (_, true) => 1,
        (INSTALL | INSTALL_STANDALONE, false) => 2,
        _ => 3,
    }
}

/// 0 for an image, one more than the highest child for an index.
fn height(survey: &Survey, key: &ManifestKey) -> usize {
    let children = survey.manifests.get(key).map(|it| it.children.as_slice()).unwrap_or_default();
    let below = children.iter().filter(|child| **child != key.1);
    below.map(|child| 1 + height(survey, &(key.0.clone(), *child))).max().unwrap_or(0)
}
