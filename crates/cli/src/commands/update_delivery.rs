//! `deckhousereleases.yaml` of a delivery, as the `update` commands take it.

use std::path::Path;

use deckhouse::release_list::{DeliveredRelease, read_releases};

use crate::{exit_code::Exit, failure::Failure};

/// Reads the releases in it.
pub(crate) fn delivery(path: &Path) -> Result<Vec<DeliveredRelease>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    read_releases(&bytes).map_err(|error| {
        Failure::new(Exit::Incomplete, format!("{}: {error}", path.display()))
            .hint("it is deckhousereleases.yaml as `dhctl mirror` writes it beside the bundle")
    })
}
