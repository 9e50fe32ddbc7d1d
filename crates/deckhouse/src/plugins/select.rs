//! Which versions of plugins belong to what is pulled.
//!
//! As `d8 mirror pull` selects them: for each version of a module that is pulled, the newest version of each plugin that is
//! for this module and works with what is pulled; the plugins that these require; and the plugins that are named. It is a
//! pure function of what is known of the source: where something is not known yet, it says what to look up, and is
//! called again.

use std::collections::{BTreeMap, BTreeSet};

use oci::Tag;
use semver::Version;

use super::{
    catalog::{ContractState, PluginCatalog, PluginLookup},
    contract::PluginContract,
    dependencies::{Dependencies, Selected, Stop, check},
    rejection::PluginRejection,
};
use crate::{module_rule::VersionRule, version::tag_of};

/// What is pulled, and which plugins are named.
#[derive(Debug, Clone, Copy)]
pub struct PluginRequest<'a> {
    /// The modules that are pulled, and their versions.
    pub modules: &'a BTreeMap<String, Vec<Version>>,
    /// The releases that are pulled. With none, requirements on releases are not checked.
    pub releases: &'a BTreeSet<Version>,
    /// Plugins of which the newest version is pulled if the source has one that can be had.
    pub wanted: &'a BTreeSet<String>,
    /// Plugins that are named, and which versions of each: the newest one, the newest of each range, or an exact one.
    pub named: &'a BTreeMap<String, Vec<VersionRule>>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginAnswer {
    /// Look this up, add it to the catalog, and call again.
    LookUp(BTreeSet<PluginLookup>),
    /// The selection.
    Selected(PluginSelection),
}

/// The selected plugins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginSelection {
    /// The plugins by name, each with its versions, ascending.
    pub plugins: BTreeMap<String, Vec<SelectedPlugin>>,
    /// Plugins that are for a module that is pulled, and of which no version is suitable; why not, of each.
    pub left_out: BTreeMap<String, Vec<String>>,
    /// What the selection lacks, as sentences: versions of modules for which a plugin has no version, and requirements of
    /// plugins that were named.
    pub lacking: BTreeSet<String>,
}

/// A version of a plugin, and why it is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedPlugin {
    /// Its tag.
    pub tag: Tag,
    /// What needs it.
    pub reasons: BTreeSet<PluginReason>,
    /// What it requires.
    contract: PluginContract,
}

/// What needs a plugin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PluginReason {
    /// A module that is pulled.
    Module(String),
    /// A version of another plugin.
    Plugin(String, Version),
    /// The user has named it.
    Named,
}

/// A plugin that was named cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plugin {name}: {reason}")]
pub struct PluginSelectionError {
    /// The plugin.
    pub name: String,
    /// Why not.
    pub reason: String,
}

/// Selects, as far as the catalog says what the source has.
///
/// # Errors
/// [`PluginSelectionError`] if a plugin that is named cannot be selected.
pub fn select(
    request: &PluginRequest<'_>,
    catalog: &PluginCatalog,
) -> Result<PluginAnswer, PluginSelectionError> {
    let mut state = State { request, catalog, selected: Selected::new(), lookups: BTreeSet::new() };
    let mut selection = PluginSelection::default();
    if !request.modules.is_empty() {
        for name in catalog.names() {
            state.for_modules(name, &mut selection);
        }
    }
    state.named(&mut selection)?;
    state.wanted(&mut selection);
    if !state.lookups.is_empty() {
        return Ok(PluginAnswer::LookUp(state.lookups));
    }
    let selected = state.selected;
    selection.left_out.retain(|name, _| !selected.contains_key(name));
    selection.lacking.extend(conflicts(request, &selected));
    let versions = |versions: BTreeMap<Version, SelectedPlugin>| versions.into_values().collect();
    selection.plugins = selected.into_iter().map(|(name, it)| (name, versions(it))).collect();
    Ok(PluginAnswer::Selected(selection))
}

struct State<'a> {
    request: &'a PluginRequest<'a>,
    catalog: &'a PluginCatalog,
    selected: Selected,
    lookups: BTreeSet<PluginLookup>,
}

impl State<'_> {
    /// Selects what the modules need of one plugin.
    fn for_modules(&mut self, name: &str, selection: &mut PluginSelection) {
        let modules = match self.own_modules(name) {
            Ok(Ok(modules)) => modules,
            Ok(Err(why)) => {
                selection.left_out.insert(name.to_owned(), vec![why]);
                return;
            }
            Err(lookup) => {
                self.lookups.insert(lookup);
                return;
            }
        };
        let request = self.request;
        let mut failures = Vec::new();
        for module in modules {
            for version in request.modules.get(&module).into_iter().flatten() {
                match self.for_module(name, &module, version) {
                    Ok(None) => {}
                    Ok(Some(why)) => failures.push(format!("module {module} {}: {why}", tag_of(version))),
                    Err(lookup) => {
                        self.lookups.insert(lookup);
                    }
                }
            }
        }
        if failures.is_empty() {
            return;
        }
        if self.selected.contains_key(name) {
            selection
                .lacking
                .extend(failures.iter().map(|why| format!("plugin {name} has no version for {why}")));
        } else {
            selection.left_out.insert(name.to_owned(), failures);
        }
    }

    /// The modules among those that are pulled that a plugin is for. The newest contract that can be read says so: older
    /// ones may name modules that are abandoned. If none can be read, why.
    fn own_modules(&self, name: &str) -> Result<Result<BTreeSet<String>, String>, PluginLookup> {
        let mut first = None;
        for tag in self.catalog.versions(name)?.values().rev() {
            match self.catalog.contract(name, tag)? {
                ContractState::Contract(contract) => {
                    let own = contract.own_modules().map(|it| it.name.clone());
                    return Ok(Ok(own.filter(|name| self.request.modules.contains_key(name)).collect()));
                }
                ContractState::Unreadable(error) => {
                    first.get_or_insert_with(|| format!("{tag}: {error}"));
                }
                ContractState::Absent => {}
            }
        }
        // Without any version there is nothing that is left out.
        Ok(first.map_or(Ok(BTreeSet::new()), Err))
    }

    /// Selects the newest version for one version of a module; why there is none.
    fn for_module(
        &mut self,
        name: &str,
        module: &str,
        version: &Version,
    ) -> Result<Option<String>, PluginLookup> {
        let is_suitable = |contract: &PluginContract| {
            let Some(own) = contract.own_modules().find(|it| it.name == module) else {
                return Err(PluginRejection::OtherModule { module: module.to_owned() });
            };
            if !own.admits(version) {
                let (required, versions) = (own.clone(), vec![version.clone()]);
                return Err(PluginRejection::Module { required, versions });
            }
            check(self.request, contract, Some(module))
        };
        let reason = PluginReason::Module(module.to_owned());
        let (mut first, catalog) = (None, self.catalog);
        for (candidate, tag) in catalog.versions(name)?.iter().rev() {
            let suitable =
                readable(catalog, (name, tag))?.and_then(|contract| is_suitable(contract).map(|()| contract));
            let selected =
                suitable.map(|contract| self.with((name, candidate, tag), contract, reason.clone()));
            match selected {
                Ok(Ok(selected)) => {
                    self.selected = selected;
                    return Ok(None);
                }
                Err(why) | Ok(Err(Stop::Rejected(why))) => {
                    first.get_or_insert_with(|| format!("{tag}: {why}"));
                }
                Ok(Err(Stop::LookUp(lookup))) => return Err(lookup),
            }
        }
        Ok(Some(first.unwrap_or_else(|| "the source has no version of it".to_owned())))
    }

    /// What is selected, with one more version and all that it requires.
    fn with(
        &self,
        (name, version, tag): (&str, &Version, &Tag),
        contract: &PluginContract,
        reason: PluginReason,
    ) -> Result<Selected, Stop> {
        let mut selected = self.selected.clone();
        if let Some(known) = selected.get_mut(name).and_then(|versions| versions.get_mut(version)) {
            known.reasons.insert(reason);
            return Ok(selected);
        }
        let mut dependencies = self.dependencies(true);
        dependencies.add(&mut selected, contract, &[(name.to_owned(), version.clone())])?;
        add(&mut selected, (name, version, tag), contract, reason);
        Ok(selected)
    }

    fn dependencies(&self, must_satisfy: bool) -> Dependencies<'_> {
        let (request, catalog) = (self.request, self.catalog);
        Dependencies { request, catalog, must_satisfy, lacking: BTreeSet::new() }
    }

    /// Selects the plugins that are named. Exact versions first, so that others can require them. What they require of
    /// modules and releases is reported only: the user's choice counts.
    fn named(&mut self, selection: &mut PluginSelection) -> Result<(), PluginSelectionError> {
        let mut exact = Vec::new();
        for (name, rules) in self.request.named {
            for rule in rules {
                let VersionRule::Exactly { tag, .. } = rule else { continue };
                let failed = |reason: String| PluginSelectionError { name: name.clone(), reason };
                let Ok(version) = Version::parse(tag.as_str().strip_prefix('v').unwrap_or(tag.as_str()))
                else {
                    return Err(failed(format!("{tag} is not a version such as v1.2.3")));
                };
                match readable(self.catalog, (name, tag)) {
                    Ok(Ok(contract)) => exact.push((name, version, tag, contract.clone())),
                    Ok(Err(PluginRejection::Absent)) => {
                        return Err(failed(format!("the source does not have version {tag}")));
                    }
                    Ok(Err(why)) => return Err(failed(format!("{tag}: {why}"))),
                    Err(lookup) => {
                        self.lookups.insert(lookup);
                    }
                }
            }
        }
        for (name, version, tag, contract) in &exact {
            add(&mut self.selected, (name, version, tag), contract, PluginReason::Named);
        }
        for (name, version, tag, contract) in &exact {
            match self.with_named((name, version, tag), contract, selection) {
                Ok(()) => {}
                Err(Stop::LookUp(lookup)) => {
                    self.lookups.insert(lookup);
                }
                Err(Stop::Rejected(why)) => {
                    return Err(PluginSelectionError {
                        name: (*name).clone(),
                        reason: format!("{tag}: {why}"),
                    });
                }
            }
        }
        for (name, rules) in self.request.named {
            for rule in rules.iter().filter(|rule| !matches!(rule, VersionRule::Exactly { .. })) {
                match self.newest(name, rule, selection) {
                    Ok(result) => result?,
                    Err(lookup) => {
                        self.lookups.insert(lookup);
                    }
                }
            }
        }
        Ok(())
    }

    /// Selects the newest versions of plugins that need not be there.
    fn wanted(&mut self, selection: &mut PluginSelection) {
        for name in self.request.wanted {
            if self.selected.contains_key(name) {
                continue;
            }
            match self.newest(name, &VersionRule::Channels, selection) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    selection.left_out.insert(name.clone(), vec![error.reason]);
                }
                Err(lookup) => {
                    self.lookups.insert(lookup);
                }
            }
        }
    }

    /// Selects the newest version of a plugin that a rule allows.
    fn newest(
        &mut self,
        name: &str,
        rule: &VersionRule,
        selection: &mut PluginSelection,
    ) -> Result<Result<(), PluginSelectionError>, PluginLookup> {
        let catalog = self.catalog;
        let failed = |reason: String| Ok(Err(PluginSelectionError { name: name.to_owned(), reason }));
        let versions = catalog.versions(name)?;
        if versions.is_empty() {
            return failed("the source does not list such a plugin".to_owned());
        }
        let mut rejected = Vec::new();
        for (version, tag) in versions.iter().rev().filter(|(version, _)| allows(rule, version)) {
            let contract = match readable(catalog, (name, tag))? {
                Ok(contract) => contract,
                Err(why) => {
                    rejected.push(format!("{tag}: {why}"));
                    continue;
                }
            };
            match self.with_named((name, version, tag), contract, selection) {
                Ok(()) => return Ok(Ok(())),
                Err(Stop::LookUp(lookup)) => return Err(lookup),
                Err(Stop::Rejected(why)) => rejected.push(format!("{tag}: {why}")),
            }
        }
        if rejected.is_empty() {
            let newest: Vec<String> = versions.values().rev().take(5).map(ToString::to_string).collect();
            return failed(format!(
                "no version satisfies '{rule}' (newest on the source: {})",
                newest.join(", ")
            ));
        }
        failed(rejected.join("; "))
    }

    /// Selects a version that is named, with all that it requires.
    fn with_named(
        &mut self,
        (name, version, tag): (&str, &Version, &Tag),
        contract: &PluginContract,
        selection: &mut PluginSelection,
    ) -> Result<(), Stop> {
        let mut selected = self.selected.clone();
        let mut dependencies = self.dependencies(false);
        dependencies.add(&mut selected, contract, &[(name.to_owned(), version.clone())])?;
        selection.lacking.append(&mut dependencies.lacking);
        add(&mut selected, (name, version, tag), contract, PluginReason::Named);
        self.selected = selected;
        if let Err(why) = check(self.request, contract, None) {
            selection.lacking.insert(format!("plugin {name} {tag}: {why}"));
        }
        Ok(())
    }
}

impl SelectedPlugin {
    pub(super) fn new(tag: &Tag, contract: &PluginContract, reason: Option<PluginReason>) -> Self {
        Self { tag: tag.clone(), reasons: reason.into_iter().collect(), contract: contract.clone() }
    }
}

fn add(
    selected: &mut Selected,
    (name, version, tag): (&str, &Version, &Tag),
    contract: &PluginContract,
    reason: PluginReason,
) {
    let versions = selected.entry(name.to_owned()).or_default();
    let plugin = versions.entry(version.clone()).or_insert_with(|| SelectedPlugin::new(tag, contract, None));
    plugin.reasons.insert(reason);
}

/// The contract of a version, or why it has none that can be used.
fn readable<'a>(
    catalog: &'a PluginCatalog,
    (name, tag): (&str, &Tag),
) -> Result<Result<&'a PluginContract, PluginRejection>, PluginLookup> {
    Ok(match catalog.contract(name, tag)? {
        ContractState::Contract(contract) => Ok(contract),
        ContractState::Absent => Err(PluginRejection::Absent),
        ContractState::Unreadable(error) => Err(error.clone().into()),
    })
}

fn allows(rule: &VersionRule, version: &Version) -> bool {
    match rule {
        VersionRule::Range(range) => range.matches(version),
        VersionRule::From(lowest) | VersionRule::FollowingChannels(lowest) => version >= lowest,
        VersionRule::Channels | VersionRule::Channel(_) => true,
        VersionRule::Exactly { .. } => false,
    }
}

/// Versions that cannot be installed together with what is pulled, as far as contracts say so.
fn conflicts(request: &PluginRequest<'_>, selected: &Selected) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let every = selected.iter().flat_map(|(name, versions)| versions.values().map(move |it| (name, it)));
    for (name, SelectedPlugin { tag, contract, .. }) in every {
        for required in &contract.conditional_modules {
            let versions = request.modules.get(&required.name).filter(|versions| !versions.is_empty());
            if versions.is_some_and(|versions| !versions.iter().any(|it| required.admits(it))) {
                let (module, constraint) = (&required.name, &required.constraint);
                found.insert(format!(
                    "plugin {name} {tag} works with module {module} {constraint} only, and no such version is pulled"
                ));
            }
        }
        for required in &contract.conditional_plugins {
            let versions = selected.get(&required.name);
            if versions.is_some_and(|versions| !versions.keys().any(|it| required.admits(it))) {
                let (other, constraint) = (&required.name, &required.constraint);
                found.insert(format!(
                    "plugin {name} {tag} works with plugin {other} {constraint} only, and no such version is pulled"
                ));
            }
        }
    }
    found
}
