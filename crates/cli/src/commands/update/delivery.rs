//! The releases file, `deckhousereleases.yaml`, which the `update` commands take.

use std::path::Path;

use commands::{Mirror, Sentence};
use deckhouse::release_list::{DeliveredRelease, read_releases};

use crate::{exit_code::Exit, failure::Failure};

/// Reads the releases in it, of which there must be one at least.
pub(crate) fn delivery(path: &Path) -> Result<Vec<DeliveredRelease>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let refused = |why: &str| {
        Failure::new(Exit::Incomplete, format!("{}: {why}", path.display())).hint(
            Sentence::from("use the deckhousereleases.yaml that ")
                .quoted(Mirror::Pull)
                .text(" writes next to the bundle"),
        )
    };
    let releases = read_releases(&bytes).map_err(|error| refused(&error.to_string()))?;
    if releases.is_empty() {
        return Err(refused("it contains no releases"));
    }
    Ok(releases)
}
