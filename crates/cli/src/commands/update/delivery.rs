//! `deckhousereleases.yaml` of a delivery, as the `update` commands take it.

use std::path::Path;

use commands::{Mirror, Sentence};
use deckhouse::release_list::{DeliveredRelease, read_releases};

use crate::{exit_code::Exit, failure::Failure};

/// Reads the releases in it, of which there must be one at least.
pub(crate) fn delivery(path: &Path) -> Result<Vec<DeliveredRelease>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let refused = |why: &str| {
        Failure::new(Exit::Incomplete, format!("{}: {why}", path.display())).hint(
            Sentence::from("it is deckhousereleases.yaml as ")
                .quoted(Mirror::Pull)
                .text(" writes it beside the bundle"),
        )
    };
    let releases = read_releases(&bytes).map_err(|error| refused(&error.to_string()))?;
    if releases.is_empty() {
        return Err(refused("there is no release in it"));
    }
    Ok(releases)
}
