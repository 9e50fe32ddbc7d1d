//! What a contract requires of what is pulled: modules, releases, and other plugins.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{
    catalog::{ContractState, PluginCatalog, PluginLookup},
    contract::{PluginContract, Required, satisfies},
    rejection::PluginRejection,
    select::{PluginReason, PluginRequest, SelectedPlugin},
};
use crate::module_rule::module_name;

/// Commands of d8 itself that stand for the plugins of the same name; these are never pulled (`pluginBuiltinCommands` of
/// deckhouse-cli).
const BUILTIN: [&str; 2] = ["delivery-kit", "package"];

/// How deep plugins may require others (`maxResolveDepth` of deckhouse-cli).
const MAX_DEPTH: usize = 16;

/// The selected versions of each plugin.
pub(super) type Selected = BTreeMap<String, BTreeMap<Version, SelectedPlugin>>;

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

/// The plugins that a contract requires and that are not among `present`, by name and version.
pub fn missing_plugins<'a>(
    contract: &'a PluginContract,
    present: &BTreeMap<String, BTreeSet<Version>>,
) -> Vec<&'a Required> {
    let is_there =
        |it: &Required| present.get(&it.name).is_some_and(|versions| versions.iter().any(|v| it.admits(v)));
    contract.plugins.iter().filter(|it| !BUILTIN.contains(&it.name.as_str()) && !is_there(it)).collect()
}

/// Whether what is pulled satisfies a contract, except the requirement on the module `paired`, which is checked already.
pub(super) fn check(
    request: &PluginRequest<'_>,
    contract: &PluginContract,
    paired: Option<&str>,
) -> Result<(), PluginRejection> {
    let versions = |it: &Required| request.modules.get(&it.name).map_or(&[][..], Vec::as_slice);
    let is_there = |it: &Required| versions(it).iter().any(|version| it.admits(version));
    for required in contract.modules.iter().filter(|it| paired != Some(it.name.as_str())) {
        if !is_there(required) {
            let (required, versions) = (required.clone(), versions(required).to_vec());
            return Err(PluginRejection::Module { required, versions });
        }
    }
    if let Some(group) = contract.any_of.iter().find(|group| !group.modules.iter().any(is_there)) {
        return Err(PluginRejection::Group { group: group.name.clone() });
    }
    match &contract.deckhouse {
        Some(constraint)
            if !request.releases.is_empty()
                && !request.releases.iter().any(|release| satisfies(constraint, release)) =>
        {
            let releases = request.releases.iter().cloned().collect();
            Err(PluginRejection::Platform { constraint: constraint.clone(), releases })
        }
        _ => Ok(()),
    }
}

/// Adds the plugins that versions require.
pub(super) struct Dependencies<'a> {
    pub(super) request: &'a PluginRequest<'a>,
    pub(super) catalog: &'a PluginCatalog,
    /// Whether plugins whose own requirements what is pulled does not satisfy are left aside. Otherwise they are selected,
    /// and the second field says what they lack.
    pub(super) must_satisfy: bool,
    pub(super) lacking: BTreeSet<String>,
}

impl Dependencies<'_> {
    /// Adds to `selected` what `contract` requires, the contract of the last of `chain`. Of each plugin, a version that is
    /// selected already, or else the newest.
    pub(super) fn add(
        &mut self,
        selected: &mut Selected,
        contract: &PluginContract,
        chain: &[(String, Version)],
    ) -> Result<(), Stop> {
        for required in contract.plugins.iter().filter(|it| !BUILTIN.contains(&it.name.as_str())) {
            let rejected = |reason: String| {
                Stop::Rejected(PluginRejection::Plugin { required: required.clone(), reason })
            };
            if module_name(&required.name).is_err() {
                return Err(rejected("this is not the name of a plugin".to_owned()));
            }
            if chain.iter().any(|(name, _)| *name == required.name) {
                return Err(rejected("which requires it in turn".to_owned()));
            }
            if chain.len() > MAX_DEPTH {
                return Err(rejected(format!(
                    "plugins require each other more than {MAX_DEPTH} levels deep"
                )));
            }
            let by = chain.last().map(|(name, version)| PluginReason::Plugin(name.clone(), version.clone()));
            let mut reusable = selected.get_mut(&required.name).into_iter().flatten();
            if let Some((_, plugin)) = reusable.rfind(|(version, _)| required.admits(version)) {
                plugin.reasons.extend(by);
                continue;
            }
            let mut first = None;
            if !self.add_newest(selected, required, (chain, by), &mut first)? {
                let reason = first.unwrap_or_else(|| "the source has no such version".to_owned());
                return Err(rejected(reason));
            }
        }
        Ok(())
    }

    /// Adds the newest version that is suitable; false if there is none. `first` is why the newest one is not.
    fn add_newest(
        &mut self,
        selected: &mut Selected,
        required: &Required,
        (chain, by): (&[(String, Version)], Option<PluginReason>),
        first: &mut Option<String>,
    ) -> Result<bool, Stop> {
        let name = &required.name;
        let versions = self.catalog.versions(name)?;
        for (version, tag) in versions.iter().rev().filter(|(version, _)| required.admits(version)) {
            let mut reject = |why: &PluginRejection| {
                first.get_or_insert_with(|| format!("{tag}: {why}"));
            };
            let contract = match self.catalog.contract(name, tag)? {
                ContractState::Contract(contract) => contract,
                ContractState::Absent => {
                    reject(&PluginRejection::Absent);
                    continue;
                }
                ContractState::Unreadable(error) => {
                    reject(&error.clone().into());
                    continue;
                }
            };
            let lacks = check(self.request, contract, None).err();
            if let Some(why) = lacks.as_ref().filter(|_| self.must_satisfy) {
                reject(why);
                continue;
            }
            let mut with = selected.clone();
            let below: Vec<_> = chain.iter().cloned().chain([(name.clone(), version.clone())]).collect();
            match self.add(&mut with, contract, &below) {
                Ok(()) => {}
                Err(Stop::Rejected(why)) => {
                    reject(&why);
                    continue;
                }
                Err(stop) => return Err(stop),
            }
            self.lacking.extend(lacks.map(|why| format!("plugin {name} {tag}: {why}")));
            let plugin = SelectedPlugin::new(tag, contract, by);
            with.entry(name.clone()).or_default().insert(version.clone(), plugin);
            *selected = with;
            return Ok(true);
        }
        Ok(false)
    }
}
