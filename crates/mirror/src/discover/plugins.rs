//! Plugins of the d8 CLI: those that the modules need which are brought, and those that are named.
//!
//! Plugins are new and optional: a source without them, or which does not show them, is usual and no failure, unless
//! plugins are named. A version of a plugin is an index of images for several platforms, which is brought whole.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    VersionRule,
    plugins::{
        ContractState, PluginAnswer, PluginCatalog, PluginContract, PluginLookup, PluginReason,
        PluginRequest, PluginSelection, PluginSelectionError, SelectedPlugin, annotation, missing_plugins,
        plugin_version, select,
    },
    repositories::{PLUGINS, plugin},
    version::{parse_tag, tag_of},
};
use futures_util::future::try_join_all;
use oci::{RawManifest, Tag};
use semver::Version;

use super::Plugins;
use crate::{
    Error, WantedBy,
    source::{Found, FoundPlugins, Images, Need, Source, Step, TagList},
};

/// The plugins and their versions, ascending.
pub(crate) type PluginVersions = BTreeMap<String, Vec<Tag>>;

/// Wants the selected plugins.
///
/// # Errors
/// [`Error::PluginSelection`] if one of them was named and is not there.
pub(super) async fn discover(
    source: &Source,
    selected: &Plugins,
    modules: &BTreeMap<String, Vec<Tag>>,
    releases: &BTreeSet<Version>,
) -> Result<Step<PluginVersions>, Error> {
    let mut found = Found::default();
    let Plugins::Needed { named, wanted } = selected else { return Ok(found.with(PluginVersions::new())) };
    let modules: BTreeMap<String, Vec<Version>> = modules
        .iter()
        .map(|(name, tags)| (name.clone(), tags.iter().filter_map(|tag| parse_tag(tag.as_str())).collect()))
        .filter(|(_, versions): &(_, Vec<Version>)| !versions.is_empty())
        .collect();
    if modules.is_empty() && named.is_empty() && wanted.is_empty() {
        return Ok(found.with(PluginVersions::new()));
    }
    let names = list(source, named, &mut found).await?;
    let request = PluginRequest { modules: &modules, releases, wanted, named };
    let mut catalog = PluginCatalog::of(names);
    let selection = loop {
        match select(&request, &catalog)? {
            PluginAnswer::Selected(selection) => break selection,
            PluginAnswer::LookUp(lookups) => {
                let lookups = lookups.into_iter().map(|lookup| look_up(source, lookup, named));
                for answer in found.merge_all(try_join_all(lookups).await?) {
                    answer.add_to(&mut catalog);
                }
            }
        }
    };
    let plugins = want_all(source, &selection).await?.merge_into(&mut found);
    report(selection, &mut found);
    Ok(found.with(plugins))
}

/// The names of the plugins that the source lists.
async fn list(
    source: &Source,
    named: &BTreeMap<String, Vec<VersionRule>>,
    found: &mut Found,
) -> Result<BTreeSet<String>, Error> {
    let exact = |rules: &[VersionRule]| match rules {
        [VersionRule::Exactly { tag, .. }, ..] => Some(tag.clone()),
        _ => None,
    };
    let first = named.iter().next().map(|(name, rules)| (name.as_str(), exact(rules)));
    let first = first.as_ref().map(|(name, tag)| (*name, tag.as_ref()));
    let FoundPlugins { names, refusal } = source.find_plugins(first).await?;
    if !source.believes_lists() {
        found.warn(
            "plugins of the d8 CLI are left out unless they are named, because the tag lists of the source are not complete; \
             name them with --include-plugin NAME@=VERSION, or leave them out with --no-plugins"
                .to_owned(),
        );
    }
    if let Some(refusal) = refusal {
        found.note(format!("the source does not show whether it has plugins of the d8 CLI: {refusal}"));
    }
    let is_name = |name: &String| source.images().accepts(&plugin(name));
    Ok(names.into_iter().filter(is_name).collect())
}

/// The answer to a lookup.
enum Answer {
    Versions(String, BTreeSet<String>),
    Contract(String, Tag, ContractState),
}

impl Answer {
    fn add_to(self, catalog: &mut PluginCatalog) {
        match self {
            Self::Versions(name, tags) => catalog.add_versions(&name, tags.iter().map(String::as_str)),
            Self::Contract(name, tag, state) => catalog.add_contract(&name, &tag, state),
        }
    }
}

async fn look_up(
    source: &Source,
    lookup: PluginLookup,
    named: &BTreeMap<String, Vec<VersionRule>>,
) -> Result<Step<Answer>, Error> {
    match lookup {
        PluginLookup::Versions(name) => {
            let unknown = |name: &str, reason: String| {
                let error = PluginSelectionError { name: name.to_owned(), reason };
                if named.contains_key(name) { Err(error) } else { Ok(BTreeSet::new()) }
            };
            let tags = if source.believes_lists() {
                match source.optional_tags(&plugin(&name)).await? {
                    TagList::Tags(tags) => tags,
                    TagList::Absent => BTreeSet::new(),
                    TagList::Refused(error) => unknown(&name, error.to_string())?,
                }
            } else {
                let reason = "its versions are unknown, because the tag lists of the source are not complete; name one";
                unknown(&name, format!("{reason}: {name}@=v1.2.3"))?
            };
            Ok(Found::default().with(Answer::Versions(name, tags)))
        }
        PluginLookup::Contract(name, tag) => {
            let Step { value, found } = contract(source, &name, &tag).await?;
            Ok(found.with(Answer::Contract(name, tag, value)))
        }
    }
}

/// The contract of a version of a plugin. An index need not have it: then its first child does.
async fn contract<I: Images>(
    source: &Source<I>,
    name: &str,
    tag: &Tag,
) -> Result<Step<ContractState>, Error> {
    let (path, by) = (plugin(name), WantedBy::Plugin { name: name.to_owned(), version: tag.clone() });
    let Step { value: manifest, mut found } = source.look(&path, &tag.clone().into(), &by).await?;
    let Some(manifest) = manifest else { return Ok(found.with(ContractState::Absent)) };
    let of = |manifest: &RawManifest| annotation(manifest.bytes());
    let mut text = of(&manifest);
    if text.is_none()
        && let Some(child) = manifest.parse().ok().and_then(|it| it.children().first().map(|it| it.digest))
    {
        let child = source.look(&path, &child.into(), &by).await?.merge_into(&mut found);
        text = child.as_ref().and_then(of);
    }
    let state = match text.as_deref().map(PluginContract::parse) {
        None => ContractState::Contract(PluginContract::default()),
        Some(Ok(contract)) => ContractState::Contract(contract),
        Some(Err(error)) => ContractState::Unreadable(error),
    };
    Ok(found.with(state))
}

async fn want_all(source: &Source, selection: &PluginSelection) -> Result<Step<PluginVersions>, Error> {
    let every =
        selection.plugins.iter().flat_map(|(name, versions)| versions.iter().map(move |it| (name, &it.tag)));
    let wanted = try_join_all(every.map(|(name, tag)| want(source, name, tag))).await?;
    let mut found = Found::default();
    found.merge_all(wanted);
    let tags = |versions: &[SelectedPlugin]| versions.iter().map(|it| it.tag.clone()).collect();
    Ok(found.with(selection.plugins.iter().map(|(name, it)| (name.clone(), tags(it))).collect()))
}

async fn want<I: Images>(
    source: &Source<I>,
    name: &str,
    tag: &Tag,
) -> Result<Step<Option<RawManifest>>, Error> {
    let by = WantedBy::Plugin { name: name.to_owned(), version: tag.clone() };
    source.want(&plugin(name), tag.clone().into(), Need::Required, &by).await
}

/// Reports why plugins are brought, and what is lacking.
fn report(selection: PluginSelection, found: &mut Found) {
    for (name, versions) in &selection.plugins {
        let reasons: BTreeSet<&PluginReason> = versions.iter().flat_map(|it| &it.reasons).collect();
        let reasons: Vec<String> = reasons
            .into_iter()
            .filter_map(|reason| match reason {
                PluginReason::Module(name) => Some(format!("module {name}")),
                PluginReason::Plugin(name, version) => Some(format!("plugin {name} {}", tag_of(version))),
                PluginReason::Named => None,
            })
            .collect();
        if !reasons.is_empty() {
            found.note(format!("plugin {name} of the d8 CLI is pulled for {}", reasons.join(", ")));
        }
    }
    for (name, reasons) in selection.left_out {
        found.warn(format!("plugin {name} of the d8 CLI is left out: {}", reasons.join("; ")));
    }
    selection.lacking.into_iter().for_each(|text| found.warn(text));
}

/// Wants all versions of plugins in `plugins`, and the plugins that they require. A plugin that the list of plugins names
/// is taken to be there.
pub(crate) async fn find<I: Images>(
    source: &Source<I>,
    plugins: &BTreeMap<String, BTreeSet<Tag>>,
) -> Result<Found, Error> {
    let version = |tag: &Tag| plugin_version(tag.as_str());
    let present: BTreeMap<String, BTreeSet<Version>> = plugins
        .iter()
        .map(|(name, tags)| (name.clone(), tags.iter().filter_map(version).collect()))
        .collect();
    let every = plugins.iter().flat_map(|(name, tags)| tags.iter().map(move |tag| (name, tag)));
    let each = every.map(|(name, tag)| find_version(source, name, tag, &present));
    let mut found = Found::default();
    try_join_all(each).await?.into_iter().for_each(|it| found.merge(it));
    Ok(found)
}

async fn find_version<I: Images>(
    source: &Source<I>,
    name: &str,
    tag: &Tag,
    present: &BTreeMap<String, BTreeSet<Version>>,
) -> Result<Found, Error> {
    let mut found = want(source, name, tag).await?.found;
    let state = contract(source, name, tag).await?.merge_into(&mut found);
    let ContractState::Contract(contract) = state else { return Ok(found) };
    let by = WantedBy::Plugin { name: name.to_owned(), version: tag.clone() };
    for required in missing_plugins(&contract, present) {
        let Ok(reference) = required.name.parse::<Tag>() else { continue };
        let reference = reference.into();
        let is_listed = !present.contains_key(&required.name)
            && source.look(PLUGINS, &reference, &by).await?.merge_into(&mut found).is_some();
        if !is_listed {
            let reason = match required.constraint.as_str() {
                "" => "not found".to_owned(),
                constraint => format!("no version satisfies {constraint}"),
            };
            found.miss(source.missing(PLUGINS, &reference, &by, &reason));
        }
    }
    Ok(found)
}
