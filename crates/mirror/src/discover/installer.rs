//! The standalone installer, which directories of `d8` have in an archive of its own.

use deckhouse::repositories::{INSTALLER, INSTALLER_TAG};

use super::platform::tag;
use crate::{
    Error, WantedBy,
    source::{Found, Need, Source, Step},
};

/// Wants it; `None` if the source does not have it, or does not show it.
pub(super) async fn discover(source: &Source) -> Result<Step<Option<String>>, Error> {
    let reference = tag(INSTALLER_TAG)?;
    let (is_there, refusals) = source.find_installer(&reference).await?;
    let mut found = Found::default();
    for refusal in refusals {
        found.warn(format!("cannot check whether the source has a standalone installer: {refusal}"));
    }
    if !is_there {
        found.note(format!("the source has no {INSTALLER}:{INSTALLER_TAG}; {INSTALLER}.tar is not written"));
        return Ok(found.with(None));
    }
    let image = source.want(INSTALLER, reference, Need::Required, &WantedBy::Installer).await?;
    let tag = image.merge_into(&mut found).map(|_| INSTALLER_TAG.to_owned());
    Ok(found.with(tag))
}
