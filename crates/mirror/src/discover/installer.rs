//! The standalone installer, which directories of `d8` have in an archive of its own.

use deckhouse::repositories::{INSTALLER, INSTALLER_TAG};

use super::platform::tag;
use crate::{
    Error, Event, Observer, WantedBy,
    source::{Need, Source},
};

/// Wants it; `None` if the source does not have it, or does not show it.
pub(super) async fn discover(source: &Source, observer: &dyn Observer) -> Result<Option<String>, Error> {
    let reference = tag(INSTALLER_TAG)?;
    let refused = |error: &registry::client::Error| {
        observer.event(Event::Warning(format!(
            "cannot check whether the source has a standalone installer: {error}"
        )));
    };
    if !source.find_installer(&reference, refused).await? {
        observer.event(Event::Note(format!(
            "the source has no {INSTALLER}:{INSTALLER_TAG}; there is no {INSTALLER}.tar then"
        )));
        return Ok(None);
    }
    let found = source.want(INSTALLER, reference, Need::Required, &WantedBy::Installer).await?;
    Ok(found.map(|_| INSTALLER_TAG.to_owned()))
}
