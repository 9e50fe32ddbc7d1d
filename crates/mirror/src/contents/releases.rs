//! The platform's releases in a bundle, as their images describe them.

use bundle::Bundle;
use deckhouse::{
    Edition, ReleaseManifest,
    edition::{EDITION_BYTES, EDITION_FILE},
    repositories::{CHANGELOG_YAML, INSTALL, RELEASE_CHANNEL, VERSION_JSON},
    version::{parse_tag, tag_of},
};
use oci::{RawManifest, Tag};
use semver::Version;

use super::{Contents, image_files::files, place};
use crate::{Cause, Error, MissingItem, WantedBy, error::Place};

impl Contents {
    /// The releases, ascending, with their changelogs.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with every release whose image in `release-channel` cannot be read.
    pub fn releases(&self, bundle: &Bundle) -> Result<Vec<ReleaseManifest>, Error> {
        let mut unreadable = Vec::new();
        let mut releases = Vec::new();
        for (tag, manifest, version) in self.release_images() {
            match description(bundle, manifest, &version) {
                Ok(release) => releases.push(release),
                Err(reason) => unreadable.push(MissingItem {
                    repository: RELEASE_CHANNEL.to_owned(),
                    reference: tag.to_string(),
                    wanted_by: vec![WantedBy::Image(format!("{RELEASE_CHANNEL}:{tag}"))],
                    reason,
                    cause: Cause::Missing,
                }),
            }
        }
        if !unreadable.is_empty() {
            return Err(Error::Incomplete { place: Place::Bundle, items: unreadable });
        }
        releases.sort_by(|a, b| a.info.version.cmp(&b.info.version));
        Ok(releases)
    }

    /// The edition of the platform, as the controller or the installer of the latest release names it: a bundle is pulled
    /// from one source.
    ///
    /// # Errors
    /// Why it is unknown, in words.
    pub fn edition(&self, bundle: &Bundle) -> Result<Edition, String> {
        let latest = self.release_images().map(|(_, _, version)| version).max();
        let tag = tag_of(&latest.ok_or("the bundle has no release")?);
        let mut why = format!("the bundle has no image {tag} that contains the edition");
        for path in ["", INSTALL] {
            let Some(manifest) = self.tagged(path, &tag) else { continue };
            match edition(bundle, path, manifest) {
                Ok(edition) => return Ok(edition),
                Err(reason) => why = format!("{}:{tag}: {reason}", place(path)),
            }
        }
        Err(why)
    }

    /// The images in `release-channel` that are tagged with a version.
    fn release_images(&self) -> impl Iterator<Item = (&Tag, &RawManifest, Version)> {
        self.repository(RELEASE_CHANNEL).into_iter().flat_map(|repository| {
            repository.tags.iter().filter_map(|(tag, digest)| {
                Some((tag, repository.manifests.get(digest)?, parse_tag(tag.as_str())?))
            })
        })
    }

    fn tagged(&self, path: &str, tag: &str) -> Option<&RawManifest> {
        let repository = self.repository(path)?;
        let (_, digest) = repository.tags.iter().find(|(it, _)| it.as_str() == tag)?;
        repository.manifests.get(digest)
    }
}

fn description(
    bundle: &Bundle,
    manifest: &RawManifest,
    version: &Version,
) -> Result<ReleaseManifest, String> {
    let files = files(bundle, RELEASE_CHANNEL, manifest, &[VERSION_JSON, CHANGELOG_YAML], None)?;
    ReleaseManifest::of_files(version, files)
}

fn edition(bundle: &Bundle, path: &str, manifest: &RawManifest) -> Result<Edition, String> {
    Edition::of_files(&files(bundle, path, manifest, &[EDITION_FILE], Some(EDITION_BYTES))?)
}
