//! Which archive of a directory an image belongs to, as `d8 mirror pull` divides them (facts: "Bundle tree").

use std::collections::BTreeMap;

use deckhouse::repositories::MODULES;

use crate::wanted::Wanted;

/// The archive of releases, installers and channels.
pub const PLATFORM_ARCHIVE: &str = "platform.tar";

/// The images of `wanted` by the name of the archive that they go to.
pub fn by_archive(wanted: Wanted) -> BTreeMap<String, Wanted> {
    wanted.split(archive_of)
}

fn archive_of(path: &str) -> String {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [MODULES, name, ..] => format!("module-{name}.tar"),
        [component @ ("security" | "installer"), ..] => format!("{component}.tar"),
        _ => PLATFORM_ARCHIVE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::archive_of;

    #[test]
    fn every_repository_has_its_archive() {
        for (path, archive) in [
            ("", "platform.tar"),
            ("install", "platform.tar"),
            ("install-standalone", "platform.tar"),
            ("release-channel", "platform.tar"),
            ("installer", "installer.tar"),
            ("security/trivy-db", "security.tar"),
            ("modules/console", "module-console.tar"),
            ("modules/console/extra/scanner", "module-console.tar"),
        ] {
            assert_eq!(archive_of(path), archive, "{path}");
        }
    }
}
