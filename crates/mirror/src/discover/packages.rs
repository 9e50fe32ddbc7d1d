//! Packages: as modules, in repositories of their own (`internal/mirror/packages` of `d8`, 2026-08).
//!
//! Unlike modules, packages are new: a source without them, or which does not list them, is usual and no failure, unless
//! packages are named.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    VersionRule,
    module_choice::choose,
    repositories::{Component, PACKAGES},
    version::parse_tag,
};
use futures_util::future::try_join_all;
use oci::Tag;

use super::{Modules, module_offer, modules::one_version, platform::tag};
use crate::{
    Error, WantedBy,
    source::{Found, Need, Source, Step, TagList},
};

const PACKAGE: Component = Component::Package;

/// Wants the selected packages; returns their versions, ascending.
pub(super) async fn discover(
    source: &Source,
    selected: &Modules,
) -> Result<Step<BTreeMap<String, Vec<Tag>>>, Error> {
    let Step { value: named, mut found } = chosen(source, selected).await?;
    let steps = try_join_all(named.iter().map(|(name, rules)| one(source, name, rules))).await?;
    let packages: Vec<_> = named.into_keys().zip(found.merge_all(steps)).collect();
    let is_absent = |(_, versions): &&(String, Option<Vec<Tag>>)| versions.is_none();
    let absent: Vec<String> = packages.iter().filter(is_absent).map(|(name, _)| name.clone()).collect();
    if let Modules::Needed { required, .. } = selected {
        for name in absent {
            if required.contains_key(&name) {
                let by = WantedBy::Component { component: PACKAGE, name: name.clone(), version: None };
                let reason = "the source does not have this package";
                found.miss(source.missing(PACKAGES, &tag(&name)?, &by, reason));
            } else {
                found.note(format!(
                    "package {name} of another source is left out: this source does not have it"
                ));
            }
        }
        let versions = packages.into_iter().filter_map(|(name, versions)| Some((name, versions?)));
        return Ok(found.with(versions.collect()));
    }
    if !matches!(selected, Modules::Listed { .. }) && !absent.is_empty() {
        return Err(Error::NoSuchModules { component: PACKAGE, names: absent });
    }
    for name in absent {
        found.note(format!("package {name} has no release channels on the source and is not pulled"));
    }
    let versions = packages.into_iter().filter_map(|(name, versions)| Some((name, versions?)));
    Ok(found.with(versions.collect()))
}

/// The selected packages, and which versions of each.
async fn chosen(
    source: &Source,
    selected: &Modules,
) -> Result<Step<BTreeMap<String, Vec<VersionRule>>>, Error> {
    let mut found = Found::default();
    let except = match selected {
        Modules::Nothing => return Ok(found.with(BTreeMap::new())),
        Modules::Named(named) => return Ok(found.with(named.clone())),
        Modules::Needed { required, others, .. } => {
            let all = required.iter().chain(others).map(|(name, rules)| (name.clone(), rules.clone()));
            return Ok(found.with(all.collect()));
        }
        Modules::Listed { except } => except,
    };
    if !source.believes_lists() {
        found.warn(
            "packages are left out, because the tag lists of the source are not complete; name them with \
             --include-package, or leave them out with --no-packages"
                .to_owned(),
        );
        return Ok(found.with(BTreeMap::new()));
    }
    let mut listed = match source.tags(PACKAGES).await {
        Ok(TagList::Tags(names)) => names,
        Ok(TagList::Absent) => BTreeSet::new(),
        Ok(TagList::Refused(error)) => {
            found.refuse(PACKAGES, error.to_string());
            BTreeSet::new()
        }
        // Some registries refuse to show what they do not have.
        Err(Error::Registry(error)) if error.is_refused_access() => {
            found.refuse(PACKAGES, error.to_string());
            BTreeSet::new()
        }
        Err(error) => return Err(error),
    };
    for name in except.iter().filter(|name| !listed.remove(*name)) {
        found.warn(format!("package {name} is excluded, but the source does not list such a package"));
    }
    Ok(found.with(listed.into_iter().map(|name| (name, vec![VersionRule::Channels])).collect()))
}

/// Wants what `rules` select of a package; `None` if the source has nothing of it.
async fn one(source: &Source, name: &str, rules: &[VersionRule]) -> Result<Step<Option<Vec<Tag>>>, Error> {
    let release = PACKAGE.release(name);
    let by = WantedBy::Component { component: PACKAGE, name: name.to_owned(), version: None };
    if let Err(error) = source.repository(&release) {
        let mut found = Found::default();
        found.miss(source.missing(PACKAGES, &tag(name)?, &by, &error.to_string()));
        return Ok(found.with(Some(Vec::new())));
    }
    let Step { value: offered, mut found } = module_offer::read(source, (PACKAGE, name), rules).await?;
    let Some(module_offer::Offered { offer, .. }) = offered else { return Ok(found.with(None)) };
    let chosen = choose(&offer, rules);
    let chosen =
        chosen.map_err(|error| Error::ModuleChoice { component: PACKAGE, name: name.to_owned(), error })?;
    let is_pointed = |(channel, version): &(&_, &Tag)| offer.channels.get(channel) != Some(version);
    let (pointed, as_on_source): (Vec<_>, Vec<_>) = chosen.channels.iter().partition(is_pointed);
    let channels = try_join_all(as_on_source.into_iter().map(|(channel, _)| async {
        source.want(&release, tag(channel.name())?, Need::Required, &by).await
    }));
    let versions = chosen.versions.iter().map(|version| one_version(source, (PACKAGE, name), version));
    let (channels, versions) = futures_util::try_join!(channels, try_join_all(versions))?;
    found.merge_all(channels);
    // A version of a package need not have a description of its own, and then has none in the bundle.
    found.merge_all(versions);
    for (channel, version) in pointed {
        if found.wanted.point_to((&release, &tag(channel.name())?), &version.clone().into(), &by) {
            found.note(format!("in the bundle, {channel} of package {name} points to {version}"));
        } else {
            let reason = format!("{version} has no description to which {channel} could point");
            found.miss(source.missing(&release, &version.clone().into(), &by, &reason));
        }
    }
    if chosen.channels.is_empty() {
        found.warn(format!("no release channel of package {name} points to a selected version"));
    }
    let mut versions: Vec<Tag> = chosen.versions.into_iter().collect();
    versions.sort_by_cached_key(|version| (parse_tag(version.as_str()), version.clone()));
    Ok(found.with(Some(versions)))
}
