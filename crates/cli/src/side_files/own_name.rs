//! Names that other files of a pull may have.

use std::path::Path;

use bundle::archive_of;
use deckhouse::release_list::RELEASES_FILE;

use super::{BINARY_FILE, BINARY_SUM_FILE};
use crate::failure::Failure;

/// Refuses a file for a list or a lock whose name a pull gives to the bundle, its parts and sums, or to a file next to it. `option`
/// names it.
///
/// # Errors
/// A wrong usage.
pub(crate) fn refuse_own_name(option: &str, path: &Path) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default();
    // USB drives do not distinguish upper and lower case.
    let is_side_file =
        [RELEASES_FILE, BINARY_FILE, BINARY_SUM_FILE].iter().any(|it| name.eq_ignore_ascii_case(it));
    if !is_side_file && archive_of(name).is_none() {
        return Ok(());
    }
    let message = format!("{option} {}: this name is reserved for the files of a bundle", path.display());
    Err(Failure::usage(message).hint(format!("choose another name for {option}, such as d8.yaml or d8.txt")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_bundle_are_refused() {
        for (name, is_own) in [
            ("d8.tar", true),
            ("out/module-console.tar", true),
            ("d8.tar.0000.chunk", true),
            ("d8.tar.gostsum", true),
            ("d8.tar.partial", true),
            ("d8.TAR", true),
            ("deckhousereleases.yaml", true),
            ("out/dhctl", true),
            ("DHCTL.sha256", true),
            ("d8.lock", false),
            ("d8.tar.lock", false),
            ("dhctl/lock.yaml", false),
            ("images.txt", false),
        ] {
            assert_eq!(refuse_own_name("--lock", Path::new(name)).is_err(), is_own, "{name}");
        }
    }
}
