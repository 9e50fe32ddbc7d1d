//! The extra images of modules or packages without the modules or packages themselves: data that is published more often
//! than versions are, such as that of scanners.

use std::collections::BTreeMap;

use deckhouse::{
    VersionRule,
    repositories::{Component, MODULE_EXTRA_IMAGES},
};
use futures_util::future::try_join_all;
use oci::{Tag, TagOrDigest};

use super::{Modules, module_offer, modules};
use crate::{
    Error, WantedBy,
    source::{Found, Source, Step},
};

/// Wants the extra images of the versions that were `chosen`; returns each as `modules/NAME/extra/EXTRA:TAG`.
///
/// # Errors
/// [`Error::NoSuchModules`] if one of them was named and is not there.
pub(super) async fn discover(
    source: &Source,
    component: Component,
    selected: &Modules,
    chosen: Step<BTreeMap<String, Vec<VersionRule>>>,
) -> Result<Step<Vec<String>>, Error> {
    let Step { value: named, mut found } = chosen;
    let steps = named.iter().map(|(name, rules)| of_component(source, (component, name), rules));
    let are_there = found.merge_all(try_join_all(steps).await?);
    let absent = named.into_keys().zip(are_there).filter(|(_, is_there)| !is_there);
    let absent: Vec<String> = absent.map(|(name, _)| name).collect();
    if matches!(selected, Modules::Named(_)) && !absent.is_empty() {
        return Err(Error::NoSuchModules { component, names: absent });
    }
    let images = found.wanted.images().map(|((path, tag), _)| format!("{path}:{tag}")).collect();
    Ok(found.with(images))
}

/// Wants those of one module or package; false if the source has nothing of it.
async fn of_component(
    source: &Source,
    (component, name): (Component, &str),
    rules: &[VersionRule],
) -> Result<Step<bool>, Error> {
    source.repository(&component.release(name))?;
    let Step { value: selected, mut found } = module_offer::select(source, (component, name), rules).await?;
    let Some(selected) = selected else { return Ok(found.with(false)) };
    let versions =
        selected.chosen.versions.iter().map(|version| of_version(source, (component, name), version));
    try_join_all(versions).await?.into_iter().for_each(|version| found.merge(version));
    Ok(found.with(true))
}

async fn of_version(
    source: &Source,
    (component, name): (Component, &str),
    version: &Tag,
) -> Result<Found, Error> {
    let by = WantedBy::version(component, name, version);
    let (path, reference) = (component.repository(name), TagOrDigest::from(version.clone()));
    let Step { value: manifest, mut found } = source.look(&path, &reference, &by).await?;
    let Some(manifest) = manifest else {
        found.miss(source.missing(&path, &reference, &by, "not found"));
        return Ok(found);
    };
    let files = source.files(&path, &reference, &manifest, &[MODULE_EXTRA_IMAGES], &by).await?;
    let Some(files) = files.merge_into(&mut found) else { return Ok(found) };
    let list = files.get(MODULE_EXTRA_IMAGES);
    found.merge(modules::extra_images(source, (component, name), &reference, list, &by).await?);
    Ok(found)
}
