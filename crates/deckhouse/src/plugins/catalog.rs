//! What is known of the plugins of a source.

use std::collections::{BTreeMap, BTreeSet};

use oci::Tag;
use semver::Version;

use super::{
    contract::{PluginContract, PluginContractError, is_prerelease},
    rejection::PluginRejection,
};

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

/// Why a version is not selected now.
pub(super) enum Stop {
    /// Something has to be looked up first.
    LookUp(PluginLookup),
    /// It cannot be selected.
    Rejected(PluginRejection),
}

impl From<PluginLookup> for Stop {
    fn from(lookup: PluginLookup) -> Self {
        Self::LookUp(lookup)
    }
}

impl From<PluginRejection> for Stop {
    fn from(rejection: PluginRejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The version that a tag of a plugin names, with or without a `v`.
pub fn plugin_version(tag: &str) -> Option<Version> {
    Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
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
        let versions = tags.into_iter().filter_map(|tag| Some((plugin_version(tag)?, tag.parse().ok()?)));
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
    /// What has to be looked up, or why the version cannot be selected.
    pub(super) fn contract(&self, name: &str, tag: &Tag) -> Result<&PluginContract, Stop> {
        let key = (name.to_owned(), tag.clone());
        match self.contracts.get(&key) {
            None => Err(PluginLookup::Contract(key.0, key.1).into()),
            Some(ContractState::Contract(contract)) => Ok(contract),
            Some(ContractState::Absent) => Err(PluginRejection::Absent.into()),
            Some(ContractState::Unreadable(error)) => Err(PluginRejection::from(error.clone()).into()),
        }
    }

    /// Offers the versions that `allows` lets through to `select`, the newest first, until one is accepted.
    ///
    /// # Errors
    /// What has to be looked up, or [`PluginRejection::Versions`] with why each of them was rejected.
    pub(super) fn newest(
        &self,
        name: &str,
        allows: impl Fn(&Version) -> bool,
        mut select: impl FnMut(PluginVersion<'_>, &PluginContract) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut rejected = Vec::new();
        for (version, tag) in self.versions(name)?.iter().rev().filter(|(version, _)| allows(version)) {
            let selected = self
                .contract(name, tag)
                .and_then(|contract| select(PluginVersion { name, version, tag }, contract));
            match selected {
                Err(Stop::Rejected(why)) => rejected.push((tag.clone(), why)),
                selected => return selected,
            }
        }
        Err(PluginRejection::Versions(rejected).into())
    }
}

/// A version of a plugin.
#[derive(Debug, Clone, Copy)]
pub(super) struct PluginVersion<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a Version,
    pub(super) tag: &'a Tag,
}
