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
    catalog::{PluginCatalog, PluginLookup, PluginVersion, Stop, plugin_version},
    contract::PluginContract,
    dependencies::{Dependencies, Selected, add, check, lacking},
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
    /// The value, or why there is none; `None` if something has to be looked up first, which is noted.
    fn known<T>(&mut self, result: Result<T, Stop>) -> Option<Result<T, PluginRejection>> {
        match result {
            Ok(value) => Some(Ok(value)),
            Err(Stop::Rejected(why)) => Some(Err(why)),
            Err(Stop::LookUp(lookup)) => {
                self.lookups.insert(lookup);
                None
            }
        }
    }

    /// Selects what the modules need of one plugin.
    fn for_modules(&mut self, name: &str, selection: &mut PluginSelection) {
        let own = self.own_modules(name);
        let modules = match self.known(own) {
            Some(Ok(modules)) => modules,
            Some(Err(why)) => {
                selection.left_out.insert(name.to_owned(), vec![why.to_string()]);
                return;
            }
            None => return,
        };
        let request = self.request;
        let mut failures = Vec::new();
        for module in modules {
            for version in request.modules.get(&module).into_iter().flatten() {
                let selected = self.for_module(name, &module, version);
                if let Some(Err(why)) = self.known(selected) {
                    failures.push(format!("module {module} {}: {why}", tag_of(version)));
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
    /// ones may name modules that are abandoned.
    fn own_modules(&self, name: &str) -> Result<BTreeSet<String>, Stop> {
        let mut own = BTreeSet::new();
        let read = self.catalog.newest(
            name,
            |_| true,
            |_, contract| {
                let names = contract.own_modules().map(|it| it.name.clone());
                own = names.filter(|name| self.request.modules.contains_key(name)).collect();
                Ok(())
            },
        );
        match read {
            Err(Stop::Rejected(PluginRejection::Versions(mut rejected))) => {
                rejected.retain(|(_, why)| *why != PluginRejection::Absent);
                // Without any version there is nothing that is left out.
                if rejected.is_empty() {
                    Ok(own)
                } else {
                    Err(PluginRejection::Versions(rejected).of_newest().into())
                }
            }
            read => read.map(|()| own),
        }
    }

    /// Selects the newest version for one version of a module.
    fn for_module(&mut self, name: &str, module: &str, version: &Version) -> Result<(), Stop> {
        let (catalog, request) = (self.catalog, self.request);
        let selected = catalog.newest(
            name,
            |_| true,
            |it, contract| {
                let Some(own) = contract.own_modules().find(|it| it.name == module) else {
                    return Err(PluginRejection::OtherModule { module: module.to_owned() }.into());
                };
                if !own.admits(version) {
                    let (required, versions) = (own.clone(), vec![version.clone()]);
                    return Err(PluginRejection::Module { required, versions }.into());
                }
                check(request, contract, Some(module))?;
                self.add(it, contract, PluginReason::Module(module.to_owned()))
            },
        );
        selected.map_err(|stop| match stop {
            Stop::Rejected(why) => Stop::Rejected(why.of_newest()),
            lookup @ Stop::LookUp(_) => lookup,
        })
    }

    /// Selects one more version and all that it requires.
    fn add(
        &mut self,
        it: PluginVersion<'_>,
        contract: &PluginContract,
        reason: PluginReason,
    ) -> Result<(), Stop> {
        let is_known = self.selected.get(it.name).is_some_and(|versions| versions.contains_key(it.version));
        let mut selected = self.selected.clone();
        if !is_known {
            self.dependencies(true).add(&mut selected, contract, it, &[])?;
        }
        add(&mut selected, it, contract, reason);
        self.selected = selected;
        Ok(())
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
                let Some(version) = plugin_version(tag.as_str()) else {
                    return Err(failed(format!("{tag} is not a version such as v1.2.3")));
                };
                match self.known(self.catalog.contract(name, tag)) {
                    Some(Ok(contract)) => exact.push((name, version, tag, contract)),
                    Some(Err(PluginRejection::Absent)) => {
                        return Err(failed(format!("the source does not have version {tag}")));
                    }
                    Some(Err(why)) => return Err(failed(format!("{tag}: {why}"))),
                    None => {}
                }
            }
        }
        let exact = exact
            .iter()
            .map(|(name, version, tag, contract)| (PluginVersion { name, version, tag }, *contract));
        for (it, contract) in exact.clone() {
            add(&mut self.selected, it, contract, PluginReason::Named);
        }
        for (it, contract) in exact {
            let selected = self.add_named(it, contract, selection);
            if let Some(Err(why)) = self.known(selected) {
                return Err(PluginSelectionError {
                    name: it.name.to_owned(),
                    reason: format!("{}: {why}", it.tag),
                });
            }
        }
        for (name, rules) in self.request.named {
            for rule in rules.iter().filter(|rule| !matches!(rule, VersionRule::Exactly { .. })) {
                let selected = self.newest(name, rule, selection);
                if let Some(Err(why)) = self.known(selected) {
                    return Err(PluginSelectionError { name: name.clone(), reason: why.to_string() });
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
            let selected = self.newest(name, &VersionRule::Channels, selection);
            if let Some(Err(why)) = self.known(selected) {
                selection.left_out.insert(name.clone(), vec![why.to_string()]);
            }
        }
    }

    /// Selects the newest version of a plugin that a rule allows.
    fn newest(
        &mut self,
        name: &str,
        rule: &VersionRule,
        selection: &mut PluginSelection,
    ) -> Result<(), Stop> {
        let catalog = self.catalog;
        let versions = catalog.versions(name)?;
        if versions.is_empty() {
            return Err(PluginRejection::NotListed.into());
        }
        let selected = catalog.newest(
            name,
            |version| allows(rule, version),
            |it, contract| self.add_named(it, contract, selection),
        );
        match selected {
            Err(Stop::Rejected(PluginRejection::Versions(rejected))) if rejected.is_empty() => {
                let newest = versions.values().rev().take(5).cloned().collect();
                Err(PluginRejection::NothingSatisfies { rule: rule.to_string(), newest }.into())
            }
            selected => selected,
        }
    }

    /// Selects a version that is named, with all that it requires.
    fn add_named(
        &mut self,
        it: PluginVersion<'_>,
        contract: &PluginContract,
        selection: &mut PluginSelection,
    ) -> Result<(), Stop> {
        let mut selected = self.selected.clone();
        let mut dependencies = self.dependencies(false);
        dependencies.add(&mut selected, contract, it, &[])?;
        selection.lacking.append(&mut dependencies.lacking);
        add(&mut selected, it, contract, PluginReason::Named);
        self.selected = selected;
        let lacks = check(self.request, contract, None).err();
        selection.lacking.extend(lacks.map(|why| lacking(it, &why)));
        Ok(())
    }
}

impl SelectedPlugin {
    pub(super) fn new(tag: &Tag, contract: &PluginContract) -> Self {
        Self { tag: tag.clone(), reasons: BTreeSet::new(), contract: contract.clone() }
    }
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
