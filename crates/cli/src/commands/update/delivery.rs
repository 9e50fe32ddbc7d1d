//! The releases file, `deckhousereleases.yaml`, which the `update` commands take.

use std::path::Path;

use commands::{Mirror, Sentence};
use deckhouse::release_list::{DeliveredRelease, read_releases};

use crate::{exit_code::Exit, failure::Failure};

/// Reads the releases in it, of which there must be one at least.
pub(crate) fn delivery(path: &Path) -> Result<Vec<DeliveredRelease>, Failure> {
    let unread = |error: std::io::Error| {
        let failure = Failure::file(path, &error);
        if error.kind() != std::io::ErrorKind::NotFound {
            return failure;
        }
        failure.hint(
            Sentence::from("check the path; ")
                .quoted(Mirror::Pull)
                .text(" writes this file next to the bundle"),
        )
    };
    let bytes = std::fs::read(path).map_err(unread)?;
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
