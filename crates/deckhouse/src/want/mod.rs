//! A want list: what clusters in an air-gapped environment run, where they are to get, and which images their registries
//! contain already.
//!
//! `dhctl update want` writes it inside, `dhctl mirror --want` reads it outside. It contains no logins. One list may be
//! for several clusters and registries: each cluster is an entry, and an image counts as held only if every registry
//! contains it.

mod chain;
mod file;
mod spelling;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use oci::{Digest, Tag};
use semver::Version;
use serde::{Deserialize, Serialize};

pub use self::{
    chain::{ModuleNeed, Needs, NeedsError},
    file::WantListError,
};
use crate::{channel::Channel, edition::Edition};

/// How the root repository is written where repositories are paths below the root.
pub const ROOT: &str = ".";

/// What clusters run, and which images their registries contain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantList {
    /// The clusters, in the order in which they were named.
    pub clusters: Vec<WantedCluster>,
    /// The registries that were read, `HOST[:PORT]/PATH`; empty if their names are left out.
    pub registries: Vec<String>,
    /// The plugins of the d8 CLI that one of the registries contains, by name.
    pub plugins: BTreeSet<String>,
    /// The manifests of images that every one of the registries contains with all blobs, by repository path below the
    /// root. Empty for the root itself.
    pub held: BTreeMap<String, BTreeSet<Digest>>,
}

/// One cluster. What is `None` is unknown, and named in [`Self::unknown`], unless the field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedCluster {
    /// The context of the kubeconfig; `None` if names are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address of the API server; `None` if names are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The platform.
    pub platform: WantedPlatform,
    /// The modules that are enabled and not part of the platform's image, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<WantedModule>,
    /// The modules that are enabled and part of the platform's image.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub embedded_modules: BTreeSet<String>,
    /// The packages that applications are instances of, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<WantedPackage>,
    /// Whether the cluster uses the vulnerability databases, or may use them.
    pub databases: bool,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownPart>,
}

/// The platform in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedPlatform {
    /// The release that runs; while an update begins, the earlier one.
    #[serde(with = "spelling::release")]
    pub version: Version,
    /// The release to update to. `None`: the one that the release channel points to at the source.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional_release")]
    pub target: Option<Version>,
    /// The edition.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub edition: Option<Edition>,
    /// The release channel. `None` also if the cluster follows none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub channel: Option<Channel>,
    /// The version of Kubernetes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub kubernetes: Option<Version>,
}

/// A module that a cluster has from a source of modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedModule {
    /// The module.
    pub name: String,
    /// The version that is installed. `None` also before the first one is installed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub version: Option<Tag>,
    /// The source that it comes from, as the name of its object; `deckhouse` is the platform's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The update policy that it names. `None`: that of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The release channel of that policy. `None`: that of the platform, or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub channel: Option<Channel>,
}

/// A package that a cluster has instances of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedPackage {
    /// The package.
    pub name: String,
    /// The repository that it comes from, as the name of its object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The version that an application has or is to have.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "spelling::optional")]
    pub version: Option<Tag>,
}

/// Something about a cluster that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnknownPart {
    /// What, such as `edition`.
    pub what: String,
    /// Why; `None` if names are left out, because a reason may contain them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl WantList {
    /// The same without names of hosts, clusters and contexts.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.registries.clear();
        for cluster in &mut self.clusters {
            (cluster.name, cluster.server) = (None, None);
            cluster.unknown.iter_mut().for_each(|part| part.why = None);
        }
        self
    }

    /// How many images are held, counted in every repository.
    pub fn held_count(&self) -> usize {
        self.held.values().map(BTreeSet::len).sum()
    }
}

/// What all of these registries contain. Nothing if there are none.
pub fn held_by_all(
    registries: impl IntoIterator<Item = BTreeMap<String, BTreeSet<Digest>>>,
) -> BTreeMap<String, BTreeSet<Digest>> {
    let both = |one: BTreeMap<String, BTreeSet<Digest>>, other: BTreeMap<String, BTreeSet<Digest>>| {
        let common = one.into_iter().filter_map(|(path, digests)| {
            let common: BTreeSet<Digest> = digests.intersection(other.get(&path)?).copied().collect();
            (!common.is_empty()).then_some((path, common))
        });
        common.collect()
    };
    registries.into_iter().reduce(both).unwrap_or_default()
}
