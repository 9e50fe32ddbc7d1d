//! The report on a registry: what it contains, and what of it is complete.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    repositories::Component,
    version::{ascending, tag_of},
};
use oci::{Digest, Tag};
use semver::Version;
use serde::Serialize;

use super::objects::{Image, Use, uses};
use crate::{
    MissingItem, WantedBy,
    attached::{Attachments, count},
    listed::{Described, Listed},
    read_back::Gap,
    source::ImageNames,
};

/// What a registry contains of the platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// The releases to which the reading was limited; nothing else was read then.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", serialize_with = "as_tags")]
    pub limited_to: BTreeSet<Version>,
    /// The platform's releases, ascending.
    pub releases: Vec<ReleaseHolding>,
    /// The platform's release channels by name.
    pub channels: BTreeMap<String, ChannelHolding>,
    /// The modules by name.
    pub modules: BTreeMap<String, ComponentHolding>,
    /// The packages by name.
    pub packages: BTreeMap<String, ComponentHolding>,
    /// The plugins of the d8 CLI by name. They have no release channels.
    pub plugins: BTreeMap<String, ComponentHolding>,
    /// The vulnerability databases by path below the root.
    pub databases: BTreeMap<String, DatabaseHolding>,
    /// Whether the standalone installer is complete; `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installer_complete: Option<bool>,
    /// What was read.
    pub totals: Totals,
    /// Everything that is missing, unreadable or damaged.
    pub missing: Vec<Absent>,
    /// The manifests of images of which every manifest and blob can be read, by repository path below the root.
    #[serde(skip)]
    pub complete_images: BTreeMap<String, BTreeSet<Digest>>,
}

/// One release of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseHolding {
    /// The release.
    #[serde(serialize_with = "as_tag")]
    pub version: Version,
    /// Whether everything that it names can be read.
    pub complete: bool,
    /// Its images that were found, installers and the controller included, attachments not.
    pub images: usize,
    /// Bytes of its manifests and blobs, each counted once.
    pub size: u64,
    /// Signatures and the like of its images.
    pub attachments: Attachments,
}

/// One release channel of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelHolding {
    /// The release that it points to; `None` if it cannot be read.
    pub release: Option<String>,
    /// Whether the vendor has stopped it.
    pub suspended: bool,
    /// Whether its tags are complete. The release that it points to may be incomplete even so.
    pub complete: bool,
}

/// One module, package or plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ComponentHolding {
    /// Its versions, ascending.
    pub versions: Vec<VersionHolding>,
    /// Its release channels, and the version that each points to.
    pub channels: BTreeMap<String, String>,
    /// Whether all channels and versions are complete.
    pub complete: bool,
}

/// One version of a module, package or plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionHolding {
    /// The version, as its tag.
    pub version: String,
    /// Whether everything that it names can be read.
    pub complete: bool,
}

/// One vulnerability database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseHolding {
    /// Its tag, which is the version of its schema.
    pub tag: String,
    /// When it was made (RFC 3339), if it says so.
    pub created: Option<String>,
    /// Whether it can be read.
    pub complete: bool,
}

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Manifests, counted in every repository.
    pub manifests: usize,
    /// Blobs, counted in every repository.
    pub blobs: usize,
    /// Those of the blobs of which only the size is known, since the registry ignores `Range`.
    pub blobs_by_size: usize,
    /// Bytes of all manifests and blobs, each counted once.
    pub size: u64,
}

/// Something that is missing, unreadable or damaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// What, and what needs it.
    #[serde(flatten)]
    pub item: MissingItem,
    /// What needs it, with the names of the images.
    #[serde(skip)]
    pub uses: BTreeSet<Use>,
}

/// Where a channel points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointed {
    pub(crate) version: Version,
    pub(crate) suspended: bool,
}

/// The databases by path: tag, and the time at which each was made.
pub(crate) type Databases = BTreeMap<String, (String, Option<String>)>;

/// What reading has found.
pub(super) struct Everything<'a> {
    pub(super) only: &'a BTreeSet<Version>,
    pub(super) listed: &'a Listed,
    pub(super) described: &'a Described,
    pub(super) channels: &'a BTreeMap<Channel, Option<Pointed>>,
    pub(super) databases: &'a Databases,
    pub(super) images: &'a [Image],
    pub(super) names: &'a ImageNames,
    /// Manifests that are missing.
    pub(super) missing: Vec<MissingItem>,
    /// Blobs that cannot be read.
    pub(super) gaps: &'a BTreeMap<(String, Digest), Gap>,
    pub(super) blobs_by_size: usize,
    /// The name of a repository for the user.
    pub(super) repository: &'a dyn Fn(&str) -> String,
}

impl Holdings {
    /// Whether there is nothing of the platform at all.
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty()
            && self.channels.is_empty()
            && self.modules.is_empty()
            && self.packages.is_empty()
            && self.plugins.is_empty()
            && self.databases.is_empty()
    }

    pub(super) fn of(found: &Everything<'_>) -> Self {
        let missing = found.absent();
        let lacking: BTreeSet<&WantedBy> = missing.iter().flat_map(|absent| &absent.item.wanted_by).collect();
        let complete = |by: &WantedBy| !lacking.contains(by);
        let channel = |(channel, pointed): (&Channel, &Option<Pointed>)| {
            let holding = ChannelHolding {
                release: pointed.as_ref().map(|it| tag_of(&it.version)),
                suspended: pointed.as_ref().is_some_and(|it| it.suspended),
                complete: complete(&WantedBy::Channel(*channel)),
            };
            (channel.name().to_owned(), holding)
        };
        let database = |(path, (tag, created)): (&String, &(String, Option<String>))| {
            let complete = complete(&WantedBy::Database(path.clone()));
            (path.clone(), DatabaseHolding { tag: tag.clone(), created: created.clone(), complete })
        };
        let has_installer = found.images.iter().any(|image| image.wanted_by.contains(&WantedBy::Installer))
            || lacking.contains(&WantedBy::Installer);
        Self {
            limited_to: found.only.clone(),
            releases: found.listed.releases.iter().map(|it| release(it, found.images, &complete)).collect(),
            channels: found
                .channels
                .iter()
                .filter(|(channel, _)| found.listed.channels.contains(channel))
                .map(channel)
                .collect(),
            modules: components(Component::Module, found.described, &complete),
            packages: components(Component::Package, found.described, &complete),
            plugins: plugins(found.listed, &complete),
            databases: found.databases.iter().map(database).collect(),
            installer_complete: has_installer.then(|| complete(&WantedBy::Installer)),
            totals: totals(found.images, found.blobs_by_size),
            complete_images: complete_images(found),
            missing,
        }
    }
}

impl Everything<'_> {
    /// Everything that is missing. Of a run that was limited to some releases, only what they need.
    fn absent(&self) -> Vec<Absent> {
        let names = self
            .names
            .iter()
            .map(|((path, reference), names)| (((self.repository)(path), reference.to_string()), names));
        let names: BTreeMap<(String, String), _> = names.collect();
        let manifests = self.missing.iter().filter(|item| item.wanted_by.iter().any(|by| self.is_listed(by)));
        let manifests = manifests.map(|item| {
            let names = names.get(&(item.repository.clone(), item.reference.clone()));
            Absent { uses: uses(&item.wanted_by, names.copied()), item: item.clone() }
        });
        let blobs = self.gaps.iter().map(|((path, digest), gap)| {
            let needing =
                || self.images.iter().filter(|image| image.path == *path && image.blobs.contains_key(digest));
            let mut item = MissingItem {
                repository: (self.repository)(path),
                reference: digest.to_string(),
                wanted_by: Vec::new(),
                reason: gap.reason.clone(),
                cause: gap.cause,
            };
            needing().flat_map(|image| &image.wanted_by).for_each(|by| item.add(by));
            Absent { uses: needing().flat_map(|image| image.uses.iter().cloned()).collect(), item }
        });
        manifests.chain(blobs).collect()
    }

    fn is_listed(&self, by: &WantedBy) -> bool {
        match by {
            WantedBy::Channel(channel) => self.listed.channels.contains(channel),
            _ => true,
        }
    }
}

/// A blob counts in the repository of its image alone.
fn complete_images(found: &Everything<'_>) -> BTreeMap<String, BTreeSet<Digest>> {
    let mut gaps: BTreeMap<&str, BTreeSet<&Digest>> = BTreeMap::new();
    for (path, digest) in found.gaps.keys() {
        gaps.entry(path).or_default().insert(digest);
    }
    let is_complete = |image: &&Image| {
        let gaps = gaps.get(image.path.as_str());
        image.has_all_children && gaps.is_none_or(|gaps| !image.blobs.keys().any(|it| gaps.contains(it)))
    };
    let mut complete: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
    for image in found.images.iter().filter(is_complete) {
        complete.entry(image.path.clone()).or_default().insert(image.digest);
    }
    complete
}

fn release(version: &Version, images: &[Image], complete: &impl Fn(&WantedBy) -> bool) -> ReleaseHolding {
    let by = WantedBy::Release(version.clone());
    let own = || images.iter().filter(|image| image.wanted_by.contains(&by));
    let top: BTreeSet<(&str, &Digest)> = own()
        .filter(|image| image.attached.is_none())
        .map(|image| (image.path.as_str(), &image.digest))
        .collect();
    ReleaseHolding {
        version: version.clone(),
        complete: complete(&by),
        images: top.len(),
        size: size(own()),
        attachments: count(own().filter_map(|image| image.attached)),
    }
}

fn components(
    component: Component,
    described: &Described,
    complete: &impl Fn(&WantedBy) -> bool,
) -> BTreeMap<String, ComponentHolding> {
    let own = described.components.iter().filter(|it| it.component == component);
    own.map(|it| {
        let of_versions =
            versions(&it.versions, |version| complete(&WantedBy::version(component, &it.name, version)));
        let holding = ComponentHolding {
            complete: of_versions.complete && complete(&WantedBy::component(component, &it.name)),
            channels: it.channels.iter().map(|(to, it)| (to.name().to_owned(), it.to_string())).collect(),
            ..of_versions
        };
        (it.name.clone(), holding)
    })
    .collect()
}

fn plugins(listed: &Listed, complete: &impl Fn(&WantedBy) -> bool) -> BTreeMap<String, ComponentHolding> {
    let holding = |(name, tags): (&String, &BTreeSet<Tag>)| {
        let by = |version: &Tag| WantedBy::Plugin { name: name.clone(), version: version.clone() };
        (name.clone(), versions(tags, |version| complete(&by(version))))
    };
    listed.plugins.iter().map(holding).collect()
}

/// What has these versions, and no channels.
fn versions(tags: &BTreeSet<Tag>, complete: impl Fn(&Tag) -> bool) -> ComponentHolding {
    let version = |tag: Tag| VersionHolding { version: tag.to_string(), complete: complete(&tag) };
    let versions: Vec<VersionHolding> = ascending(tags.iter().cloned()).into_iter().map(version).collect();
    let complete = versions.iter().all(|version| version.complete);
    ComponentHolding { versions, channels: BTreeMap::new(), complete }
}

fn totals(images: &[Image], blobs_by_size: usize) -> Totals {
    let count = |objects: fn(&Image) -> &BTreeMap<Digest, u64>| {
        let each = images.iter().flat_map(|image| objects(image).keys().map(|it| (image.path.as_str(), it)));
        each.collect::<BTreeSet<_>>().len()
    };
    Totals {
        manifests: count(|image| &image.manifests),
        blobs: count(|image| &image.blobs),
        blobs_by_size,
        size: size(images.iter()),
    }
}

/// Bytes of everything that these images consist of, each object counted once.
fn size<'a>(images: impl Iterator<Item = &'a Image>) -> u64 {
    let objects = images.flat_map(|image| image.manifests.iter().chain(&image.blobs));
    objects.collect::<BTreeMap<_, _>>().into_values().sum()
}

fn as_tags<S: serde::Serializer>(versions: &BTreeSet<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(versions.iter().map(tag_of))
}

fn as_tag<S: serde::Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&tag_of(version))
}
