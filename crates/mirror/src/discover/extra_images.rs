//! The extra images of modules without the modules themselves: data that is published more often than versions are, such
//! as that of scanners.

use deckhouse::{
    VersionRule,
    repositories::{Component, MODULE_EXTRA_IMAGES, module, module_release},
};
use futures_util::future::try_join_all;
use oci::{Tag, TagOrDigest};

use super::{Modules, module_offer, modules};
use crate::{
    Error, WantedBy,
    source::{Found, Source, Step},
};

/// Wants the extra images of the selected versions; returns each as `modules/NAME/extra/EXTRA:TAG`.
pub(super) async fn discover(source: &Source, selected: &Modules) -> Result<Step<Vec<String>>, Error> {
    let Step { value: named, mut found } = modules::chosen(source, selected).await?;
    let steps = try_join_all(named.iter().map(|(name, rules)| of_module(source, name, rules))).await?;
    let are_there = found.merge_all(steps);
    let absent = named.into_keys().zip(are_there).filter(|(_, is_there)| !is_there);
    let absent: Vec<String> = absent.map(|(name, _)| name).collect();
    if matches!(selected, Modules::Named(_)) && !absent.is_empty() {
        return Err(Error::NoSuchModules { component: Component::Module, names: absent });
    }
    let images = found.wanted.images().map(|((path, tag), _)| format!("{path}:{tag}")).collect();
    Ok(found.with(images))
}

/// Wants those of one module; false if the source has nothing of the module.
async fn of_module(source: &Source, name: &str, rules: &[VersionRule]) -> Result<Step<bool>, Error> {
    source.repository(&module_release(name))?;
    let Step { value: selected, mut found } =
        module_offer::select(source, (Component::Module, name), rules).await?;
    let Some(selected) = selected else { return Ok(found.with(false)) };
    let versions = selected.chosen.versions.iter().map(|version| of_version(source, name, version));
    try_join_all(versions).await?.into_iter().for_each(|version| found.merge(version));
    Ok(found.with(true))
}

async fn of_version(source: &Source, name: &str, version: &Tag) -> Result<Found, Error> {
    let by = WantedBy::version(Component::Module, name, version);
    let (path, reference) = (module(name), TagOrDigest::from(version.clone()));
    let Step { value: manifest, mut found } = source.look(&path, &reference, &by).await?;
    let Some(manifest) = manifest else {
        found.miss(source.missing(&path, &reference, &by, "not found"));
        return Ok(found);
    };
    let files = source.files(&path, &reference, &manifest, &[MODULE_EXTRA_IMAGES], &by).await?;
    let Some(files) = files.merge_into(&mut found) else { return Ok(found) };
    let list = files.get(MODULE_EXTRA_IMAGES);
    found.merge(modules::extra_images(source, (Component::Module, name), &reference, list, &by).await?);
    Ok(found)
}
