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

use super::{Modules, Request, components, platform::tag};
use crate::{
    Cause, Error, WantedBy,
    required_modules::{left_out_note, missing},
    source::{Found, ImageNames, Source, Step},
};

/// The modules and their versions, ascending.
type ModuleVersions = BTreeMap<String, Vec<Tag>>;

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

/// Follows the requirements of the modules that were found, and of those that are added.
pub(super) async fn follow(
    source: &Source,
    request: &Request,
    modules: &mut ModuleVersions,
    found: &mut Found,
) -> Result<(), Error> {
    let elsewhere = Elsewhere { releases: in_releases(&found.names), selected: &request.modules };
    let mut all = BTreeMap::<String, Vec<Required>>::new();
    let mut absent = BTreeSet::new();
    let mut unread: BTreeSet<String> = modules.keys().cloned().collect();
    while !unread.is_empty() {
        for required in read(source, &take(&mut unread), modules, found).await? {
            all.entry(required.requirement.name.clone()).or_default().push(required);
        }
        let Modules::Needed { except, .. } = &request.modules else { break };
        let is_lacking = |name: &&String| {
            let is_known = modules.contains_key(*name) || elsewhere.has(name);
            !is_known && !except.contains(*name) && !absent.contains(*name) && module_name(name).is_ok()
        };
        let lacking: Vec<String> = all.keys().filter(is_lacking).cloned().collect();
        for name in lacking {
            let module = components::one(source, (Component::Module, &name), &[VersionRule::Channels]);
            match module.await?.merge_into(found) {
                Some(module) => {
                    found.note(format!("module {name} is pulled for {}", dependents(&all[&name])));
                    modules.insert(name.clone(), module.versions);
                    unread.insert(name);
                }
                None => drop(absent.insert(name)),
            }
        }
    }
    for (name, required) in &all {
        if let Some(versions) = modules.get(name) {
            let versions = versions.iter().filter_map(|tag| parse_tag(tag.as_str()));
            report_versions(required, &versions.collect(), found);
        } else if elsewhere.has(name) {
            report_versions(required, &elsewhere.versions(name), found);
        } else {
            report_absent(source, request, (name, required), found).await?;
        }
    }
    Ok(())
}

/// The requirements of all versions of these modules.
async fn read(
    source: &Source,
    names: &BTreeSet<String>,
    modules: &ModuleVersions,
    found: &mut Found,
) -> Result<Vec<Required>, Error> {
    let wanted = &found.wanted;
    let versions = names.iter().flat_map(|name| modules[name].iter().map(move |version| (name, version)));
    let each = versions.map(|(name, version)| async move {
        let (path, reference) = (Component::Module.release(name), TagOrDigest::from(version.clone()));
        let by = WantedBy::version(Component::Module, name, version);
        let mut found = Found::default();
        // Without a release image, the version is missing already.
        let Some(manifest) = wanted.get(&(path.clone(), reference.clone())) else {
            return Ok(found.with(Vec::new()));
        };
        let files = source.files(&path, &reference, manifest, &[MODULE_YAML], &by).await?;
        let files = files.merge_into(&mut found).unwrap_or_default();
        let requirements = match files.get(MODULE_YAML).map(|file| ModuleRequirement::parse_all(name, file)) {
            Some(Ok(requirements)) => requirements,
            Some(Err(error)) => {
                found.warn(format!("whether {by} requires other modules is unknown: {error}"));
                Vec::new()
            }
            None => Vec::new(),
        };
        let required = requirements.into_iter().map(|requirement| Required { by: by.clone(), requirement });
        Ok::<Step<Vec<Required>>, Error>(found.with(required.collect()))
    });
    let steps = try_join_all(each).await?;
    Ok(found.merge_all(steps).into_iter().flatten().collect())
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

/// Reports a required module that is neither pulled nor part of the platform.
async fn report_absent(
    source: &Source,
    request: &Request,
    (name, required): (&str, &[Required]),
    found: &mut Found,
) -> Result<(), Error> {
    let left_out = (Cause::ModuleLeftOut, "the selection leaves this module out");
    let (cause, reason) = match &request.modules {
        Modules::Needed { except, .. } | Modules::Listed { except } if except.contains(name) => left_out,
        Modules::Needed { .. } => (Cause::ModuleMissing, "the source does not have this module"),
        Modules::Named(_) if is_offered(source, name, &required[0].by).await? => left_out,
        // It may be part of the platform without images of its own.
        Modules::Listed { .. } | Modules::Named(_) | Modules::Nothing => return Ok(()),
    };
    let by: BTreeSet<WantedBy> = required.iter().map(|it| it.by.clone()).collect();
    if request.allow_missing_modules.contains(name) {
        found.note(left_out_note(name, &by));
    } else if matches!(request.modules, Modules::Needed { .. }) {
        found.miss(missing(source.name(MODULES), (name, &by), cause, reason));
    } else {
        found.warn(format!("module {name} is left out, although it is required by {}", dependents(required)));
    }
    Ok(())
}

/// Whether the source lists a module. A source that does not show its list has none for this purpose.
async fn is_offered(source: &Source, name: &str, by: &WantedBy) -> Result<bool, Error> {
    if module_name(name).is_err() {
        return Ok(false);
    }
    match source.look(MODULES, &tag(name)?, by).await {
        Ok(step) => Ok(step.value.is_some()),
        Err(Error::Registry(error)) if error.is_refused_access() => Ok(false),
        Err(error) => Err(error),
    }
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
            Modules::Needed { others, embedded, .. } => others.contains_key(name) || embedded.contains(name),
            Modules::Listed { .. } | Modules::Named(_) | Modules::Nothing => false,
        };
        is_in_clusters || !self.versions(name).is_empty()
    }

    /// The versions of a module that is part of the selected releases, which are those of the releases.
    fn versions(&self, name: &str) -> BTreeSet<Version> {
        self.releases.get(&name_in_list_of_images(name)).cloned().unwrap_or_default()
    }
}
