//! The modules that releases require (`migratedModules`): which they are, and those that a bundle does not have.
//!
//! Such modules were part of the platform's image in earlier releases. A cluster does not update to a release before its
//! registry has them, unless they are disabled there. So a bundle without them is incomplete.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    ReleaseManifest,
    repositories::{Component, MODULES},
};
use oci::Tag;

use crate::{
    Cause, Error, MissingItem, WantedBy,
    listed::Described,
    source::{Found, Images, Source},
};

/// Modules, and the releases that require each.
pub(crate) type Required = BTreeMap<String, BTreeSet<WantedBy>>;

/// The modules that these releases require.
pub(crate) fn required<'a>(releases: impl IntoIterator<Item = &'a ReleaseManifest>) -> Required {
    let mut required = Required::new();
    for release in releases {
        let by = WantedBy::Release(release.info.version.clone());
        for name in release.info.migrated_modules() {
            required.entry(name).or_default().insert(by.clone());
        }
    }
    required
}

/// A required module that is missing, from `modules`, the name of the repository whose tags are the names of modules.
pub(crate) fn missing(
    modules: String,
    (name, by): (&str, &BTreeSet<WantedBy>),
    cause: Cause,
    reason: &str,
) -> MissingItem {
    let (reference, reason) = (name.to_owned(), reason.to_owned());
    MissingItem { repository: modules, reference, wanted_by: by.iter().cloned().collect(), reason, cause }
}

/// What to report of a required module that may be missing.
pub(crate) fn left_out_note(name: &str, by: &BTreeSet<WantedBy>) -> String {
    let by: Vec<String> = by.iter().map(ToString::to_string).collect();
    format!("module {name} is left out, although it is required by {}: --allow-missing-module", by.join(", "))
}

/// Reports the required modules that are neither among what was found nor in the list of modules of `source`, except
/// those in `allowed`.
pub(crate) async fn find_missing<I: Images>(
    source: &Source<I>,
    described: &Described,
    allowed: &BTreeSet<String>,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let is_there = |name: &str| {
        described
            .components
            .iter()
            .any(|it| it.component == Component::Module && it.name == name && !it.versions.is_empty())
    };
    for (name, by) in required(&described.releases) {
        if allowed.contains(&name) || is_there(&name) {
            continue;
        }
        if let (Ok(tag), Some(first)) = (name.parse::<Tag>(), by.first())
            && source.look(MODULES, &tag.into(), first).await?.merge_into(&mut found).is_some()
        {
            continue;
        }
        let modules = source.name(MODULES);
        found.miss(missing(modules, (&name, &by), Cause::ModuleMissing, "the module is missing"));
    }
    Ok(found)
}
