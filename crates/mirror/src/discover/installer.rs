//! The standalone installer, which directories of `d8` have in an archive of its own.

use deckhouse::repositories::{INSTALLER, INSTALLER_TAG};
use oci::{Tag, TagOrDigest};

use super::{Installer, platform::tag};
use crate::{
    Error, WantedBy,
    source::{Found, Need, Source, Step},
};

/// Wants it; returns its tag. `None` if it is left out, or if it is not there, or the source does not show it, and no tag
/// was named.
pub(super) async fn discover(source: &Source, installer: &Installer) -> Result<Step<Option<String>>, Error> {
    let mut found = Found::default();
    let (reference, named) = match installer {
        Installer::Nothing => return Ok(found.with(None)),
        Installer::IfThere => (tag(INSTALLER_TAG)?, None),
        Installer::Tag(name) => (TagOrDigest::from(name.clone()), Some(name)),
    };
    let (is_there, refusals) = source.find_installer(&reference).await?;
    for refusal in refusals {
        found.warn(format!("cannot check whether the source has a standalone installer: {refusal}"));
    }
    if !is_there && named.is_none() {
        found.note(format!("the source has no {INSTALLER}:{INSTALLER_TAG}; it is left out"));
        return Ok(found.with(None));
    }
    let image = source.want(INSTALLER, reference, Need::Required, &WantedBy::Installer).await?;
    let name = named.map_or(INSTALLER_TAG, Tag::as_str).to_owned();
    let tag = image.merge_into(&mut found).map(|_| name);
    Ok(found.with(tag))
}
