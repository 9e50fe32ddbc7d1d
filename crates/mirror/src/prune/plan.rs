//! The plan: what goes, what stays and why, and how many bytes that frees.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use deckhouse::{
    repositories::{INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL},
    version::{parse_tag, tag_of},
};
use oci::Digest;
use semver::Version;

use super::{
    file::{API_VERSION, Deletion, KeptImage, KeptRelease, PlanFile, RemovedRelease, Rule},
    model::{ManifestKey, Survey},
    references::{Keeper, References, candidates, is_named},
    survey::Surveyed,
};
use crate::{Cause, MissingItem, WantedBy, contents::place};

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
    /// The images that its pods run. During an update, and after one that some nodes have missed, there are images of older
    /// releases among them.
    pub images: BTreeSet<Digest>,
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
    /// It is unknown what a cluster uses.
    #[error(
        "cluster {name} runs {}, which this registry does not have: it is unknown which images the cluster uses",
        tag_of(.release)
    )]
    UnknownRelease {
        /// The name of the cluster.
        name: String,
        /// The release that it runs.
        release: Version,
    },
    /// Nothing would stay.
    #[error("no release would be kept")]
    NothingKept,
    /// The registry shows only a part of what there is, and what is deleted there comes back.
    #[error("{0} is a proxy cache, or accepts no uploads: its lists of tags are not complete")]
    ProxyCache(String),
    /// The registry could not be read, or refuses.
    #[error(transparent)]
    Mirror(#[from] crate::Error),
    /// The registry has changed since the plan was made, or a cluster has.
    #[error("the registry has changed since the plan was made: {0}")]
    Outgrown(String),
    /// The registry has a tag that the plan neither keeps nor deletes.
    #[error(
        "the tag {0} is not in the plan: the registry has changed since the plan was made, or the plan was edited"
    )]
    Unplanned(String),
    /// Something refers to a manifest that is to be deleted.
    #[error("{object} is still in use: {by}")]
    InUse {
        /// The manifest, with its repository.
        object: String,
        /// What refers to it.
        by: String,
    },
    /// There is nothing of the platform at all.
    #[error("{0} contains no images of the platform")]
    Empty(String),
    /// The registry does not let this account, or anyone, delete manifests.
    #[error("the registry does not allow the deletion of manifests: {}", .0.kind())]
    DeletionRefused(registry::client::Error),
    /// An image that stays does not exist any more.
    #[error("{object}, which had to stay ({because}), does not exist any more")]
    Lost {
        /// The manifest, with its repository.
        object: String,
        /// What keeps it.
        because: String,
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
pub(super) fn reasons(version: &Version, surveyed: &Surveyed, keep: &Keep) -> Vec<String> {
    let Surveyed { channels, pointing, .. } = surveyed;
    let mut reasons = Vec::new();
    if let Some(from) = keep.from.as_ref().filter(|from| *version >= **from) {
        reasons.push(format!("--keep-from {}", tag_of(from)));
    }
    let by_channel = channels.iter().filter(|(_, pointed)| *pointed == version);
    reasons.extend(by_channel.map(|(channel, _)| format!("channel {channel}")));
    // A channel has its tag in several repositories.
    let is_reported = |tag: &str| tag.parse().is_ok_and(|channel| channels.get(&channel) == Some(version));
    let by_tag = pointing.iter().filter(|((_, tag), it)| it == version && !is_reported(tag.as_str()));
    reasons.extend(by_tag.map(|((path, tag), _)| format!("tag {}:{tag}", place(path))));
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
/// [`PruneError::Unclear`] if something that stays cannot be read far enough to know what it refers to;
/// [`PruneError::UnknownRelease`]; [`PruneError::NothingKept`]; [`PruneError::Empty`].
pub fn plan(surveyed: &Surveyed, keep: &Keep, registry: String, rule: Rule) -> Result<PlanFile, PruneError> {
    if surveyed.survey.manifests.is_empty() && surveyed.unclear.is_empty() {
        return Err(PruneError::Empty(registry));
    }
    let survey = &surveyed.survey.with_running(&keep.clusters);
    check_releases(survey, &keep.clusters)?;
    if keep.from.is_none() && keep.clusters.is_empty() {
        return Err(PruneError::NothingKept);
    }
    let (mut kept, mut removed) = (Vec::new(), BTreeSet::new());
    for version in &survey.releases {
        match reasons(version, surveyed, keep) {
            because if because.is_empty() => drop(removed.insert(version.clone())),
            because => kept.push(KeptRelease { release: tag_of(version), because }),
        }
    }
    check_clear(surveyed, &removed, &BTreeSet::new())?;
    if kept.is_empty() && !removed.is_empty() {
        return Err(PruneError::NothingKept);
    }
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
        kept_images: kept_images(survey, &removed, &references),
        freed_bytes: freed.values().sum(),
        used_elsewhere_bytes: used_elsewhere,
        delete,
        kept_tags,
    })
}

/// Whether it is known what everything that stays refers to. The tags `going` (as `install:v1.57.5`) may be deleted
/// already: some registries list such tags for a while.
pub(super) fn check_clear(
    surveyed: &Surveyed,
    removed: &BTreeSet<Version>,
    going: &BTreeSet<String>,
) -> Result<(), PruneError> {
    let stays = |item: &MissingItem, by: &WantedBy| match by {
        WantedBy::Release(version) => !removed.contains(version),
        WantedBy::Image(tag) => item.cause != Cause::ListedAndDenied || !going.contains(tag),
        _ => true,
    };
    let is_unclear = |item: &&MissingItem| item.wanted_by.iter().any(|by| stays(item, by));
    let items: Vec<MissingItem> = surveyed.unclear.iter().filter(is_unclear).cloned().collect();
    if items.is_empty() { Ok(()) } else { Err(PruneError::Unclear { items }) }
}

/// Whether the registry has the releases that the clusters run: otherwise it is unknown which images they use.
///
/// # Errors
/// [`PruneError::UnknownRelease`].
pub(super) fn check_releases(survey: &Survey, clusters: &[ClusterNeeds]) -> Result<(), PruneError> {
    match clusters.iter().find(|cluster| !survey.releases.contains(&cluster.release)) {
        Some(ClusterNeeds { name, release, .. }) => {
            Err(PruneError::UnknownRelease { name: name.clone(), release: release.clone() })
        }
        None => Ok(()),
    }
}

/// The images of releases that go that only pods or a tag keep.
fn kept_images(survey: &Survey, removed: &BTreeSet<Version>, references: &References) -> Vec<KeptImage> {
    let candidates = candidates(survey, removed);
    let subjects = Subjects::of(survey);
    let kept = candidates.iter().filter_map(|(key, release)| {
        let keeper = references.kept.get(key)?;
        let is_reported = match keeper {
            Keeper::Pods(_) => true,
            Keeper::Tag((_, tag)) => is_named(tag.as_str(), &key.1),
            Keeper::User(by) => matches!(by, WantedBy::Image(_)),
        };
        // An attachment that stays because its image does needs no reason of its own.
        let subject = subjects.0.get(key).and_then(|subject| references.kept.get(subject));
        let is_reported = is_reported && subject != Some(keeper);
        is_reported.then(|| KeptImage {
            release: tag_of(release),
            repository: key.0.clone(),
            digest: key.1,
            because: keeper.to_string(),
        })
    });
    kept.collect()
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
/// run that is interrupted leaves no release that looks complete. The installer is last: it lists the images, and as long
/// as it exists, a new plan finds what is left of the release. Indexes go before their children, and what is attached to an
/// image right before the image: without the image, nothing would refer to it.
fn deletions(survey: &Survey, references: &References) -> Vec<Deletion> {
    let mut keys: Vec<(&ManifestKey, &Version)> = references.unused.iter().collect();
    let releases = survey.tags.iter().filter(|((_, tag), _)| parse_tag(tag.as_str()).is_some());
    let of_releases: BTreeSet<ManifestKey> =
        releases.map(|((path, _), digest)| (path.clone(), *digest)).collect();
    let mut heights = Heights { survey, known: BTreeMap::new() };
    let subjects = Subjects::of(survey);
    keys.sort_by_cached_key(|(key, last)| {
        let (image, distance) = subjects.image(key);
        let is_own = of_releases.contains(image);
        let position = (rank(&image.0, is_own), Reverse(heights.of(image)), image.clone());
        ((*last).clone(), position, Reverse(distance), Reverse(heights.of(key)), (*key).clone())
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

/// What each manifest is attached to; of several manifests, one.
struct Subjects(BTreeMap<ManifestKey, ManifestKey>);

impl Subjects {
    fn of(survey: &Survey) -> Self {
        let attached = survey.attached().into_iter();
        Self(
            attached
                .flat_map(|(subject, all)| all.into_iter().map(move |it| (it, subject.clone())))
                .collect(),
        )
    }

    /// The image that a manifest is attached to in the end, and over how many others; itself if it is not attached.
    fn image<'a>(&'a self, key: &'a ManifestKey) -> (&'a ManifestKey, usize) {
        let (mut image, mut distance) = (key, 0);
        // Manifests that are attached to each other, in a circle, have an end even so.
        while let Some(subject) = self.0.get(image).filter(|_| distance < self.0.len()) {
            (image, distance) = (subject, distance + 1);
        }
        (image, distance)
    }
}

/// The order of a release's manifests. In the root, the one with the version as its tag is first.
fn rank(path: &str, is_own: bool) -> usize {
    match (path, is_own) {
        (RELEASE_CHANNEL, _) => 0,
        (INSTALL, _) => 4,
        (INSTALL_STANDALONE, _) => 3,
        (_, true) => 1,
        (_, false) => 2,
    }
}

/// How many indexes are above the images of a manifest: 0 for an image, one more than the highest child for an index.
struct Heights<'a> {
    survey: &'a Survey,
    known: BTreeMap<ManifestKey, usize>,
}

impl Heights<'_> {
    fn of(&mut self, key: &ManifestKey) -> usize {
        if let Some(height) = self.known.get(key) {
            return *height;
        }
        // A digest cannot be below itself; a survey that says so has an end even then.
        self.known.insert(key.clone(), 0);
        let survey = self.survey;
        let children = survey.manifests.get(key).map(|it| it.children.as_slice()).unwrap_or_default();
        let below = children.iter().map(|child| 1 + self.of(&(key.0.clone(), *child))).max();
        let height = below.unwrap_or(0);
        self.known.insert(key.clone(), height);
        height
    }
}
