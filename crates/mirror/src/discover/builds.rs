//! Builds of the platform that are named by a tag, such as `pr123`: neither a release nor a release channel.

use deckhouse::repositories::INSTALL;
use futures_util::future::try_join_all;
use oci::{Tag, TagOrDigest};

use super::platform;
use crate::{
    Error, WantedBy,
    source::{Found, Source},
};

/// Wants them.
///
/// # Errors
/// [`Error::NoSuchTags`] for those of which the source has neither the controller nor the installer.
pub(super) async fn discover(source: &Source, names: &[Tag]) -> Result<Found, Error> {
    let are_there = try_join_all(names.iter().map(|name| is_there(source, name))).await?;
    let absent = names.iter().zip(are_there).filter(|(_, is_there)| !is_there);
    let absent: Vec<Tag> = absent.map(|(name, _)| name.clone()).collect();
    if !absent.is_empty() {
        return Err(Error::NoSuchTags { tags: absent });
    }
    let mut found = Found::default();
    let builds = names.iter().map(|name| platform::build(source, name));
    try_join_all(builds).await?.into_iter().for_each(|build| found.merge(build));
    Ok(found)
}

/// Whether the source has anything of it, readable or not.
async fn is_there(source: &Source, name: &Tag) -> Result<bool, Error> {
    let (reference, by) = (TagOrDigest::from(name.clone()), WantedBy::Build(name.clone()));
    for path in ["", INSTALL] {
        let step = source.look(path, &reference, &by).await?;
        if step.value.is_some() || !step.found.missing.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
