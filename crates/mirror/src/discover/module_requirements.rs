//! The modules that the pulled versions of modules require.
//!
//! A pull for a want list brings them, and is incomplete without them. Any other selection is what the user chose, so what it
//! leaves out is reported and no failure.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem::take,
};

use deckhouse::{
    ModuleRequirement, VersionRule,
    module_requirements::name_in_list_of_images,
    module_rule::module_name,
    repositories::{Component, MODULE_YAML, MODULES},
    version::{parse_tag, tag_of},
};
use futures_util::future::try_join_all;
use oci::{Tag, TagOrDigest};
use semver::Version;

use super::{
    Modules, Request,
    components::{self, ComponentFound},
    modules::ModulesFound,
};
use crate::{
    Cause, Error, WantedBy,
    required_modules::{left_out_note, missing},
    source::{Found, ImageNames, Source, Step, TagList},
};

/// A requirement, and the version of a module that has it.
struct Required {
    by: WantedBy,
    requirement: ModuleRequirement,
}

/// What satisfies requirements besides the modules that are pulled.
struct Elsewhere<'a> {
    /// Modules in the images of the selected releases, as the lists of these images name them.
    releases: BTreeMap<String, BTreeSet<Version>>,
    selected: &'a Modules,
}

/// Follows the requirements of the modules that were found, and of those that are added. Returns the names of all modules
/// that are required.
pub(super) async fn follow(
    source: &Source,
    request: &Request,
    modules: &mut ModulesFound,
    found: &mut Found,
) -> Result<BTreeSet<String>, Error> {
    let elsewhere = Elsewhere { releases: in_releases(&found.names), selected: &request.modules };
    let mut all = BTreeMap::<String, Vec<Required>>::new();
    // Each module is asked for once, so that this ends.
    let mut absent = BTreeMap::<String, String>::new();
    let mut unread: BTreeSet<String> = modules.keys().cloned().collect();
    while !unread.is_empty() {
        for required in read(source, &request.modules, modules, &take(&mut unread), found).await? {
            all.entry(required.requirement.name.clone()).or_default().push(required);
        }
        let Modules::Needed { except, .. } = &request.modules else { break };
        let is_lacking = |name: &&String| {
            let is_known = modules.contains_key(*name) || elsewhere.has(name);
            !is_known && !except.contains(*name) && !absent.contains_key(*name)
        };
        let lacking: Vec<String> = all.keys().filter(is_lacking).cloned().collect();
        for name in lacking {
            match components::one(source, (Component::Module, &name), &[VersionRule::Channels]).await {
                // Some registries refuse to show what they do not have.
                Err(Error::Registry(error)) if error.is_refused_access() => {
                    absent.insert(name, error.to_string());
                }
                module => match module?.merge_into(found) {
                    Some(module) => {
                        found.note(format!("module {name} is pulled for {}", dependents(&all[&name])));
                        modules.insert(name.clone(), module);
                        unread.insert(name);
                    }
                    None => {
                        absent.insert(name, "the source does not have this module".to_owned());
                    }
                },
            }
        }
    }
    for (name, required) in &all {
        if let Some(module) = modules.get(name) {
            let versions = module.versions.iter().filter_map(|tag| parse_tag(tag.as_str()));
            report_versions(required, &versions.collect(), found);
        } else if elsewhere.has(name) {
            report_versions(required, &elsewhere.versions(name), found);
        } else {
            report_absent(source, request, name, required, absent.get(name), found).await?;
        }
    }
    Ok(all.into_keys().collect())
}

/// The requirements of the versions of modules that clusters may get.
async fn read(
    source: &Source,
    selected: &Modules,
    modules: &ModulesFound,
    names: &BTreeSet<String>,
    found: &mut Found,
) -> Result<Vec<Required>, Error> {
    let wanted = &found.wanted;
    let versions = names.iter().flat_map(|name| {
        let module = &modules[name];
        let highest = highest(module, selected);
        let may_get = move |version: &&Tag| match (parse_tag(version.as_str()), &highest) {
            (Some(version), Some(highest)) => version <= *highest,
            _ => true,
        };
        module.versions.iter().filter(may_get).map(move |version| (name, version))
    });
    let each = versions.map(|(name, version)| async move {
        let (path, reference) = (Component::Module.release(name), TagOrDigest::from(version.clone()));
        let by = WantedBy::version(Component::Module, name, version);
        // Without a release image, the version is missing already.
        let Some(manifest) = wanted.get(&(path.clone(), reference.clone())) else {
            return Ok(Found::default().with(Vec::new()));
        };
        let Step { value: files, mut found } =
            source.files(&path, &reference, manifest, &[MODULE_YAML], &by).await?;
        let unknown = |why: &str| format!("whether {by} requires other modules is unknown: {why}");
        let Some(files) = files else {
            if !matches!(selected, Modules::Needed { .. }) {
                found = Found::default();
                found.warn(unknown("its release image cannot be read"));
            }
            return Ok(found.with(Vec::new()));
        };
        let requirements = match files.get(MODULE_YAML).map(|file| ModuleRequirement::parse_all(name, file)) {
            Some(Ok(requirements)) => requirements,
            Some(Err(error)) => {
                found.warn(unknown(&error.to_string()));
                Vec::new()
            }
            None => Vec::new(),
        };
        let (modules, others): (Vec<_>, Vec<_>) =
            requirements.into_iter().partition(|it| module_name(&it.name).is_ok());
        for ModuleRequirement { name, .. } in others {
            found.warn(format!("{by} requires '{name}', which is not the name of a module"));
        }
        let required = modules.into_iter().map(|requirement| Required { by: by.clone(), requirement });
        Ok::<Step<Vec<Required>>, Error>(found.with(required.collect()))
    });
    let steps = try_join_all(each).await?;
    Ok(found.merge_all(steps).into_iter().flatten().collect())
}

/// The highest version of a module that the clusters may get: the highest of those to which the release channels point that
/// they follow. `None` if it is unknown.
fn highest(module: &ComponentFound, selected: &Modules) -> Option<Version> {
    let Modules::Needed { clusters, .. } = selected else { return None };
    let followed = module.channels.iter().filter(|(channel, _)| clusters.channels.contains(*channel));
    followed.filter_map(|(_, version)| parse_tag(version.as_str())).max()
}

/// Reports the requirements that none of these versions satisfies. Without versions, nothing is known.
fn report_versions(required: &[Required], versions: &BTreeSet<Version>, found: &mut Found) {
    for Required { by, requirement } in required {
        if !versions.is_empty() && !versions.iter().any(|version| requirement.may_be_met_by(version)) {
            let ModuleRequirement { name, constraint } = requirement;
            let versions: Vec<String> = versions.iter().map(tag_of).collect();
            found.warn(format!(
                "{by} requires module {name} {constraint}, but its versions in this pull are {}",
                versions.join(", ")
            ));
        }
    }
}

/// Reports a required module that is neither pulled nor part of the platform; `why_absent` is why the source does not have
/// it.
async fn report_absent(
    source: &Source,
    request: &Request,
    name: &str,
    required: &[Required],
    why_absent: Option<&String>,
    found: &mut Found,
) -> Result<(), Error> {
    let is_left_out = match &request.modules {
        Modules::Needed { except, .. } | Modules::Listed { except } => except.contains(name),
        // It may be part of the platform without images of its own.
        Modules::Named(_) => is_listed(source, name).await?,
        Modules::Nothing => false,
    };
    let by: BTreeSet<WantedBy> = required.iter().map(|it| it.by.clone()).collect();
    let (cause, reason) = match why_absent {
        _ if is_left_out => {
            (Cause::ModuleLeftOut(request.modules.leaves_out()), "the selection leaves this module out")
        }
        Some(why) => (Cause::ModuleMissing, why.as_str()),
        None => return Ok(()),
    };
    match &request.modules {
        _ if request.allow_missing_modules.contains(name) => found.note(left_out_note(name, &by)),
        Modules::Needed { clusters, .. } if is_left_out || clusters.embedded.is_some() => {
            found.miss(missing(source.name(MODULES), (name, &by), cause, reason));
        }
        Modules::Needed { .. } => found.warn(format!(
            "module {name} is required by {}, and the source does not have it; it is unknown whether the clusters have it \
             from the image of the platform",
            dependents(required)
        )),
        _ => found
            .warn(format!("module {name} is left out, although it is required by {}", dependents(required))),
    }
    Ok(())
}

/// Whether the source lists a module. A source that does not show its list has none for this purpose.
async fn is_listed(source: &Source, name: &str) -> Result<bool, Error> {
    Ok(matches!(source.optional_tags(MODULES).await?, TagList::Tags(names) if names.contains(name)))
}

fn dependents(required: &[Required]) -> String {
    let by: Vec<String> = required.iter().map(|it| it.by.to_string()).collect();
    by.join(", ")
}

/// The modules in the images of releases, by their names in the lists of images.
fn in_releases(names: &ImageNames) -> BTreeMap<String, BTreeSet<Version>> {
    let mut modules = BTreeMap::<String, BTreeSet<Version>>::new();
    for (by, image) in names.values().flatten() {
        if let (WantedBy::Release(version), Some((module, _))) = (by, image.split_once('.')) {
            modules.entry(module.to_owned()).or_default().insert(version.clone());
        }
    }
    modules
}

impl Elsewhere<'_> {
    /// Whether the clusters or the selected releases have a module.
    fn has(&self, name: &str) -> bool {
        let is_in_clusters = match self.selected {
            Modules::Needed { others, clusters, .. } => {
                others.contains_key(name) || clusters.embedded.iter().flatten().any(|it| it == name)
            }
            Modules::Listed { .. } | Modules::Named(_) | Modules::Nothing => false,
        };
        is_in_clusters || !self.versions(name).is_empty()
    }

    /// The versions of a module that is part of the selected releases, which are those of the releases.
    fn versions(&self, name: &str) -> BTreeSet<Version> {
        self.releases.get(&name_in_list_of_images(name)).cloned().unwrap_or_default()
    }
}
