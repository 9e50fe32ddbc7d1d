//! What is known of the plugins of a source.

use std::collections::{BTreeMap, BTreeSet};

use oci::Tag;
use semver::Version;

use super::contract::{PluginContract, PluginContractError, is_prerelease};

/// What is known of the plugins of a source. It grows with each [`PluginLookup`].
#[derive(Debug, Clone, Default)]
pub struct PluginCatalog {
    names: BTreeSet<String>,
    versions: BTreeMap<String, BTreeMap<Version, Tag>>,
    contracts: BTreeMap<(String, Tag), ContractState>,
}

/// What has to be read from the source before the selection can go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PluginLookup {
    /// The tags of the repository of this plugin.
    Versions(String),
    /// The contract in the manifest of this version.
    Contract(String, Tag),
}

/// The contract of a version, as the source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractState {
    /// There is no such version.
    Absent,
    /// There is one, and it cannot be read.
    Unreadable(PluginContractError),
    /// This one; without the annotation, one that requires nothing.
    Contract(PluginContract),
}

impl PluginCatalog {
    /// A source that lists these plugins.
    pub fn of(names: BTreeSet<String>) -> Self {
        Self { names, ..Self::default() }
    }

    /// The plugins that the source lists.
    pub(super) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Adds the tags of a plugin's repository; none if there is no such repository. Versions that are pre-releases are
    /// left out, as are tags that are not versions.
    pub fn add_versions<'a>(&mut self, name: &str, tags: impl IntoIterator<Item = &'a str>) {
        let version = |tag: &str| Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok();
        let versions = tags.into_iter().filter_map(|tag| Some((version(tag)?, tag.parse().ok()?)));
        let stable = versions.filter(|(version, _)| !is_prerelease(version));
        self.versions.insert(name.to_owned(), stable.collect());
    }

    /// Adds the contract of a version.
    pub fn add_contract(&mut self, name: &str, tag: &Tag, contract: ContractState) {
        self.contracts.insert((name.to_owned(), tag.clone()), contract);
    }

    /// The versions of a plugin.
    ///
    /// # Errors
    /// What has to be looked up.
    pub(super) fn versions(&self, name: &str) -> Result<&BTreeMap<Version, Tag>, PluginLookup> {
        self.versions.get(name).ok_or_else(|| PluginLookup::Versions(name.to_owned()))
    }

    /// The contract of a version.
    ///
    /// # Errors
    /// What has to be looked up.
    pub(super) fn contract(&self, name: &str, tag: &Tag) -> Result<&ContractState, PluginLookup> {
        let key = (name.to_owned(), tag.clone());
        match self.contracts.get(&key) {
            Some(contract) => Ok(contract),
            None => Err(PluginLookup::Contract(key.0, key.1)),
        }
    }
}
