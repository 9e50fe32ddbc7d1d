//! What all clusters of a want list together need of a source.

use std::collections::{BTreeMap, BTreeSet};

use oci::Tag;
use semver::Version;

use super::{WantList, WantedCluster, WantedModule};
use crate::{
    channel::Channel,
    edition::Edition,
    module_rule::VersionRule,
    select::Chain,
    version::{parse_tag, tag_of},
};

/// Sources that the platform itself creates: a `ModuleSource`, and two `PackageRepository` objects of newer versions.
const OWN_SOURCES: [&str; 2] = ["deckhouse", "deckhouse-modules"];

/// What all clusters together need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The edition, if it is known.
    pub edition: Option<Edition>,
    /// From the lowest release to the highest.
    pub chain: Chain,
    /// The modules by name.
    pub modules: BTreeMap<String, ModuleNeed>,
    /// The modules of the platform's image that are enabled in a cluster; `None` if they are unknown for one of the
    /// clusters.
    pub embedded_modules: Option<BTreeSet<String>>,
    /// The release channels that modules follow; empty if one of them is unknown.
    pub module_channels: BTreeSet<Channel>,
    /// The packages that applications are instances of, by name.
    pub packages: BTreeMap<String, ModuleNeed>,
    /// The plugins of the d8 CLI that a registry contains, by name.
    pub plugins: BTreeSet<String>,
    /// Whether a cluster uses the vulnerability databases, or may use them.
    pub databases: bool,
}

/// A module or package that clusters need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleNeed {
    /// The lowest version that is installed; `None` if none is known.
    pub from: Option<Version>,
    /// Whether it comes from the platform's own source. What comes from another one may be missing at the vendor's.
    pub is_own: bool,
    /// What clusters run of it that does not name a version, such as the tag of a `ModulePullOverride`.
    pub unversioned: BTreeSet<Tag>,
}

/// Why clusters cannot be served by one pull.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NeedsError {
    /// There is no cluster.
    #[error("the want list contains no cluster")]
    NoCluster,
    /// They run different editions, which have different sources.
    #[error("the clusters run different editions of the platform: {}", names(.0))]
    Editions(BTreeSet<Edition>),
    /// Neither a target nor a release channel is known.
    #[error("{cluster} follows no release channel that is known, and no target release is set")]
    NoTarget {
        /// The cluster.
        cluster: String,
    },
    /// The target is older than what runs.
    #[error("{cluster} runs {}, which is newer than the target release {}", tag_of(version), tag_of(target))]
    Below {
        /// The cluster.
        cluster: String,
        /// What runs.
        version: Version,
        /// The target.
        target: Version,
    },
}

fn names(editions: &BTreeSet<Edition>) -> String {
    editions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl ModuleNeed {
    /// Which versions are pulled: those from the installed one on, as far as release channels lead.
    pub fn rule(&self) -> VersionRule {
        self.from.clone().map_or(VersionRule::Channels, VersionRule::FollowingChannels)
    }
}

impl Needs {
    /// What the clusters of a list need.
    ///
    /// # Errors
    /// [`NeedsError`].
    pub fn of(list: &WantList) -> Result<Self, NeedsError> {
        let clusters = &list.clusters;
        let from = clusters.iter().map(|it| &it.platform.version).min().ok_or(NeedsError::NoCluster)?;
        let editions: BTreeSet<Edition> =
            clusters.iter().filter_map(|it| it.platform.edition.clone()).collect();
        if editions.len() > 1 {
            return Err(NeedsError::Editions(editions));
        }
        for (number, cluster) in clusters.iter().enumerate() {
            check_target(cluster, number)?;
        }
        let targets = clusters.iter().filter_map(|it| it.platform.target.clone()).collect();
        // A target may be above what a channel points to, or below it. So a cluster with one does not follow its channel.
        let following = clusters.iter().filter(|it| it.platform.target.is_none());
        let channels: BTreeSet<Channel> = following.filter_map(|it| it.platform.channel).collect();
        Ok(Self {
            edition: editions.into_iter().next(),
            chain: Chain {
                from: from.clone(),
                targets,
                channels,
                may_skip_minors: clusters.iter().all(|it| it.platform.channel == Some(Channel::Lts)),
            },
            modules: modules(clusters),
            embedded_modules: embedded_modules(clusters),
            module_channels: module_channels(clusters).unwrap_or_default(),
            packages: packages(clusters),
            plugins: list.plugins.clone(),
            databases: clusters.iter().any(|it| it.databases),
        })
    }
}

fn check_target(cluster: &WantedCluster, number: usize) -> Result<(), NeedsError> {
    let name = || match &cluster.name {
        Some(name) => format!("cluster {name}"),
        None => format!("cluster {} of the want list", number + 1),
    };
    let platform = &cluster.platform;
    match &platform.target {
        None if platform.channel.is_none() => Err(NeedsError::NoTarget { cluster: name() }),
        Some(target) if *target < platform.version => Err(NeedsError::Below {
            cluster: name(),
            version: platform.version.clone(),
            target: target.clone(),
        }),
        _ => Ok(()),
    }
}

fn modules(clusters: &[WantedCluster]) -> BTreeMap<String, ModuleNeed> {
    let modules = clusters.iter().flat_map(|it| &it.modules);
    needs(modules.map(|it| (it.name.as_str(), it.version.as_ref(), it.source.as_deref())))
}

/// A cluster without any was read where the platform does not list its modules.
fn embedded_modules(clusters: &[WantedCluster]) -> Option<BTreeSet<String>> {
    let each = clusters.iter().map(|it| &it.embedded_modules);
    let is_known = each.clone().all(|modules| !modules.is_empty());
    is_known.then(|| each.flatten().cloned().collect())
}

/// The release channels that modules follow: that of their update policy, else that of the platform. `None` if one of them
/// is unknown.
fn module_channels(clusters: &[WantedCluster]) -> Option<BTreeSet<Channel>> {
    let of_cluster = |cluster: &WantedCluster| -> Option<BTreeSet<Channel>> {
        let platform = cluster.platform.channel;
        let of_module =
            |module: &WantedModule| if module.policy.is_some() { module.channel } else { platform };
        let own: Option<BTreeSet<Channel>> = cluster.modules.iter().map(of_module).collect();
        own.map(|own| own.into_iter().chain(platform).collect())
    };
    let all: Option<Vec<BTreeSet<Channel>>> = clusters.iter().map(of_cluster).collect();
    Some(all?.into_iter().flatten().collect())
}

fn packages(clusters: &[WantedCluster]) -> BTreeMap<String, ModuleNeed> {
    let packages = clusters.iter().flat_map(|it| &it.packages);
    needs(packages.map(|it| (it.name.as_str(), it.version.as_ref(), it.repository.as_deref())))
}

/// The version that a tag names. People who edit a want list leave out the `v`.
fn installed(tag: &Tag) -> Option<Version> {
    let tag = tag.as_str();
    parse_tag(tag).or_else(|| parse_tag(&format!("v{tag}")))
}

/// By name, from names with versions and sources.
fn needs<'a>(
    all: impl Iterator<Item = (&'a str, Option<&'a Tag>, Option<&'a str>)>,
) -> BTreeMap<String, ModuleNeed> {
    let mut needs: BTreeMap<String, ModuleNeed> = BTreeMap::new();
    for (name, version, source) in all {
        let from = version.and_then(installed);
        // One whose source is unknown counts as the platform's own, so that its absence is noticed.
        let is_own = source.is_none_or(|source| OWN_SOURCES.contains(&source));
        let need = needs.entry(name.to_owned()).or_insert_with(|| ModuleNeed {
            from: None,
            is_own: false,
            unversioned: BTreeSet::new(),
        });
        need.is_own |= is_own;
        need.unversioned.extend(version.filter(|_| from.is_none()).cloned());
        need.from = [need.from.take(), from].into_iter().flatten().min();
    }
    needs
}
