//! What a contract requires of what is pulled: modules, releases, and other plugins.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{
    catalog::{PluginCatalog, PluginVersion, Stop},
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

/// Adds a version, or another reason for one that is there.
pub(super) fn add(
    selected: &mut Selected,
    PluginVersion { name, version, tag }: PluginVersion<'_>,
    contract: &PluginContract,
    reason: PluginReason,
) {
    let versions = selected.entry(name.to_owned()).or_default();
    let plugin = versions.entry(version.clone()).or_insert_with(|| SelectedPlugin::new(tag, contract));
    plugin.reasons.insert(reason);
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
    /// Whether plugins are rejected whose own requirements on modules and releases what is pulled does not satisfy.
    /// Otherwise they are selected.
    pub(super) must_satisfy: bool,
    /// What the selected plugins lack, as sentences.
    pub(super) lacking: BTreeSet<String>,
}

impl Dependencies<'_> {
    /// Adds to `selected` what `contract` requires, the contract of `by`. Of each plugin, a version that is selected
    /// already, or else the newest. `above` are the plugins that require `by`, directly or not.
    pub(super) fn add(
        &mut self,
        selected: &mut Selected,
        contract: &PluginContract,
        by: PluginVersion<'_>,
        above: &[&str],
    ) -> Result<(), Stop> {
        let chain = [above, &[by.name]].concat();
        let reason = PluginReason::Plugin(by.name.to_owned(), by.version.clone());
        for required in contract.plugins.iter().filter(|it| !BUILTIN.contains(&it.name.as_str())) {
            let rejected = |why: PluginRejection| {
                Stop::Rejected(PluginRejection::Plugin { required: required.clone(), why: Box::new(why) })
            };
            if module_name(&required.name).is_err() {
                return Err(rejected(PluginRejection::NotAName));
            }
            if chain.contains(&required.name.as_str()) {
                return Err(rejected(PluginRejection::Circular));
            }
            if chain.len() > MAX_DEPTH {
                return Err(rejected(PluginRejection::TooDeep { limit: MAX_DEPTH }));
            }
            let mut reusable = selected.get_mut(&required.name).into_iter().flatten();
            if let Some((_, plugin)) = reusable.rfind(|(version, _)| required.admits(version)) {
                plugin.reasons.insert(reason.clone());
                continue;
            }
            self.add_newest(selected, required, &chain, &reason).map_err(|stop| match stop {
                Stop::Rejected(why) => rejected(why.of_newest()),
                lookup @ Stop::LookUp(_) => lookup,
            })?;
        }
        Ok(())
    }

    /// Adds the newest version that is suitable.
    fn add_newest(
        &mut self,
        selected: &mut Selected,
        required: &Required,
        chain: &[&str],
        reason: &PluginReason,
    ) -> Result<(), Stop> {
        let (request, catalog) = (self.request, self.catalog);
        catalog.newest(
            &required.name,
            |version| required.admits(version),
            |it, contract| {
                let lacks = check(request, contract, None);
                if self.must_satisfy {
                    lacks.clone()?;
                }
                let mut with = selected.clone();
                self.add(&mut with, contract, it, chain)?;
                self.lacking.extend(lacks.err().map(|why| lacking(it, &why)));
                add(&mut with, it, contract, reason.clone());
                *selected = with;
                Ok(())
            },
        )
    }
}

/// What a version lacks that is selected nevertheless.
pub(super) fn lacking(PluginVersion { name, tag, .. }: PluginVersion<'_>, why: &PluginRejection) -> String {
    format!("plugin {name} {tag}: {why}")
}
