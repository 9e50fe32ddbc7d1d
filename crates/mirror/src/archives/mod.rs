//! The archives of a bundle: one file, or a directory of them as `d8 mirror pull` writes it (facts: "Bundle tree").

mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use deckhouse::repositories::{MODULES, PACKAGES, plugin_of};
use oci::Digest;

pub use self::write::{ArchivesJob, WriteOptions};
use crate::{Bases, Error, Plan, wanted::Wanted};

/// What a bundle is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleForm {
    /// One archive.
    File,
    /// Several archives in a directory.
    Directory,
}

/// An archive that is planned.
#[derive(Debug)]
pub struct PlannedArchive {
    /// The file.
    pub path: PathBuf,
    /// What is in it, and where.
    pub plan: Arc<Plan>,
    /// The images in it, and what needs each.
    pub wanted: Wanted,
}

/// Plans the archives of a pull. In a directory, `main` is the last; a pull without the platform does not have it.
///
/// # Errors
/// [`Error::ForeignArchives`] if the directory has archives that would become part of the bundle; [`Error::Layout`].
pub fn plan(
    main: &Path,
    form: BundleForm,
    wanted: Wanted,
    edition: &str,
) -> Result<Vec<PlannedArchive>, Error> {
    let planned = |path: PathBuf, wanted: Wanted| {
        let plan = Arc::new(Plan::new(&wanted, edition)?);
        Ok::<_, Error>(PlannedArchive { path, plan, wanted })
    };
    if form == BundleForm::File {
        return Ok(vec![planned(main.to_owned(), wanted)?]);
    }
    let mut divided = by_archive(wanted);
    let directory = main.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let foreign: Vec<String> = bundle::archives_in(directory)?
        .into_iter()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !divided.contains_key(name) && (name != PLATFORM_ARCHIVE || is_there(main)))
        .collect();
    if !foreign.is_empty() {
        return Err(Error::ForeignArchives { directory: directory.to_owned(), names: foreign });
    }
    let platform = divided.remove(PLATFORM_ARCHIVE);
    let mut archives = Vec::new();
    for (name, wanted) in divided {
        archives.push(planned(main.with_file_name(name), wanted)?);
    }
    if let Some(platform) = platform {
        archives.push(planned(main.to_owned(), platform)?);
    }
    Ok(archives)
}

/// Plans a thin bundle in the one file `main`, without what `bases` have. `lists` are the layers that have lists of images.
///
/// # Errors
/// [`Error::Layout`].
pub fn plan_thin(
    main: &Path,
    wanted: Wanted,
    edition: &str,
    bases: &Bases,
    lists: &BTreeSet<Digest>,
) -> Result<PlannedArchive, Error> {
    let plan = Arc::new(Plan::thin(&wanted, edition, bases, lists)?);
    Ok(PlannedArchive { path: main.to_owned(), plan, wanted })
}

/// Whether the archive is there, complete or not: of the main one, the journal of this pull is there in any case.
fn is_there(archive: &Path) -> bool {
    !matches!(bundle::Bundle::open(&[archive.to_owned()]), Err(bundle::BundleError::NotFound { .. }))
}

/// The archive of releases, installers and channels.
pub const PLATFORM_ARCHIVE: &str = "platform.tar";

/// The images of `wanted` by the name of the archive that they go to.
fn by_archive(wanted: Wanted) -> BTreeMap<String, Wanted> {
    wanted.split(archive_of)
}

fn archive_of(path: &str) -> String {
    if let Some(name) = plugin_of(path) {
        return format!("plugin-{name}.tar");
    }
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [MODULES, name, ..] => format!("module-{name}.tar"),
        [PACKAGES, name, ..] => format!("package-{name}.tar"),
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
            ("packages/app", "package-app.tar"),
            ("packages/app/version", "package-app.tar"),
            ("deckhouse-cli/plugins/system", "plugin-system.tar"),
        ] {
            assert_eq!(archive_of(path), archive, "{path}");
        }
    }
}
