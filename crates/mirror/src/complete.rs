//! Whether a bundle holds all that its own lists name.
//!
//! The bundle is read as if it were a source, by the same steps as a pull plans by, and what a pull would
//! miss is what the bundle lacks. What is looked for begins with what is there: the releases and module
//! versions that have a tag, and the channels. So a bundle of a few channels, without modules or without
//! databases is complete in itself; and what was never in it (a release, a database, an attestation)
//! cannot be missed, unless `deckhousereleases.yaml` promises it.
//!
//! Who asks: `bundle verify`; a push before it sends anything, since a cluster would see a release whose
//! images are not there; `mirror verify`, which asks the target for what the bundle lacks.

use std::collections::BTreeSet;

use bundle::Bundle;
use deckhouse::{release_manifest::ReleaseManifest, version::tag_of};
use semver::Version;

use crate::{
    Contents, Error, MissingItem,
    error::Place,
    listed::{Described, Listed, Tags},
    missing::merge,
    required_modules,
    source::{BundleImages, BundleThenTarget, Images, Source, Step},
};

/// What was looked for in a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Completeness {
    /// The platform's releases in the bundle, ascending.
    #[serde(serialize_with = "tags")]
    pub releases: BTreeSet<Version>,
    /// Versions of modules in the bundle, of all modules together; those of packages too.
    pub module_versions: usize,
    /// Tags and digests that were found: of releases, channels, module versions and their lists.
    pub images: usize,
    /// What is not there, and what wants it.
    #[serde(skip)]
    pub missing: Vec<MissingItem>,
    /// What the images of the releases say, for `deckhousereleases.yaml`.
    #[serde(skip)]
    pub described: Vec<ReleaseManifest>,
}

fn tags<S: serde::Serializer>(versions: &BTreeSet<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(versions.iter().map(tag_of))
}

/// What a bundle must have, or may lack, that only its user knows.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The releases that `deckhousereleases.yaml` has.
    pub promised: &'a BTreeSet<Version>,
    /// Modules that may be missing although a release requires them.
    pub allow_missing_modules: &'a BTreeSet<String>,
}

/// Looks in the bundle for everything that its releases, channels and modules name, and for the releases
/// that are promised.
///
/// # Errors
/// [`Error::File`] if the bundle cannot be read. What is damaged is no error but missing.
pub async fn completeness(
    bundle: &Bundle,
    contents: &Contents,
    expected: Expected<'_>,
) -> Result<Completeness, Error> {
    let source = Source::of(BundleImages { bundle, contents });
    let listed = listed(contents);
    let Step { value: described, found } = find(&listed, &source, expected).await?;
    let module_versions = listed.components.iter().map(|component| component.versions.len()).sum();
    Ok(Completeness {
        releases: listed.releases,
        module_versions,
        images: found.wanted.images().count(),
        missing: found.missing.into_items().collect(),
        described: described.releases,
    })
}

/// Reads a bundle that is to be pushed or compared with, and looks whether it is complete.
///
/// # Errors
/// [`Error::Incomplete`] with everything that is missing, if any image cannot be read as a whole;
/// [`Error::File`] if the bundle cannot be read. Holes in the lists alone are no error here.
pub async fn read(bundle: &Bundle, expected: Expected<'_>) -> Result<(Contents, Completeness), Error> {
    let (contents, damaged) = Contents::read_what_is_there(bundle)?;
    let found = completeness(bundle, &contents, expected).await?;
    if damaged.is_empty() {
        return Ok((contents, found));
    }
    let items = merge(damaged.into_iter().chain(found.missing));
    Err(Error::Incomplete { place: Place::Bundle, items })
}

/// As [`completeness`], where the target that `images` knows may have what the bundle lacks.
pub(crate) async fn missing_in_both(
    contents: &Contents,
    images: BundleThenTarget<'_>,
    expected: Expected<'_>,
) -> Result<Vec<MissingItem>, Error> {
    let step = find(&listed(contents), &Source::of(images), expected).await?;
    Ok(step.found.missing.into_items().collect())
}

async fn find<I: Images>(
    listed: &Listed,
    source: &Source<I>,
    expected: Expected<'_>,
) -> Result<Step<Described>, Error> {
    let Step { value: described, mut found } = listed.find(source, expected.promised).await?;
    let allowed = expected.allow_missing_modules;
    found.merge(required_modules::find_missing(source, &described, allowed).await?);
    Ok(found.with(described))
}

fn listed(contents: &Contents) -> Listed {
    let repositories = contents.repositories.iter();
    let tags: Tags = repositories.map(|it| (it.path.clone(), it.tags.keys().cloned().collect())).collect();
    Listed::of(&tags).with_builds(&tags)
}
