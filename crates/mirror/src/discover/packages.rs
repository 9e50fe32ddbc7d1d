//! Packages: as modules, in repositories of their own (`internal/mirror/packages` of `d8`, 2026-08).
//!
//! Unlike modules, packages are new: a source without them, or which does not list them, is usual and no failure, unless
//! packages are named.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    VersionRule,
    repositories::{Component, PACKAGES},
};
use oci::Tag;

use super::{Modules, components};
use crate::{
    Error,
    source::{Found, Source, Step, TagList},
};

/// Wants the selected packages; returns their versions, ascending.
pub(super) async fn discover(
    source: &Source,
    selected: &Modules,
) -> Result<Step<BTreeMap<String, Vec<Tag>>>, Error> {
    let Step { value: named, mut found } = chosen(source, selected).await?;
    let all = components::all(source, Component::Package, selected, named).await?.merge_into(&mut found);
    Ok(found.with(all.into_iter().filter_map(|(name, package)| Some((name, package?.versions))).collect()))
}

/// The selected packages, and which versions of each.
pub(super) async fn chosen(
    source: &Source,
    selected: &Modules,
) -> Result<Step<BTreeMap<String, Vec<VersionRule>>>, Error> {
    let mut found = Found::default();
    let Modules::Listed { except } = selected else { return Ok(found.with(selected.named())) };
    if !source.believes_lists() {
        found.warn(
            "packages are left out, because the tag lists of the source are not complete; name them with \
             --include-package, or leave them out with --no-packages"
                .to_owned(),
        );
        return Ok(found.with(BTreeMap::new()));
    }
    let mut listed = match source.optional_tags(PACKAGES).await? {
        TagList::Tags(names) => names,
        TagList::Absent => BTreeSet::new(),
        TagList::Refused(error) => {
            found.refuse(PACKAGES, error.to_string());
            BTreeSet::new()
        }
    };
    for name in except.iter().filter(|name| !listed.remove(*name)) {
        found.warn(format!("package {name} is excluded, but the source does not list such a package"));
    }
    Ok(found.with(listed.into_iter().map(|name| (name, vec![VersionRule::Channels])).collect()))
}
