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
use deckhouse::{
    channel::Channel,
    release_info::is_module_version,
    release_manifest::ReleaseManifest,
    repositories::{Component, INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL},
    version::{parse_tag, tag_of},
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::Tag;
use semver::Version;

use crate::{
    Contents, Error, MissingItem, WantedBy,
    discover::{
        modules::{self, one_version},
        platform::{self, tag},
    },
    error::Place,
    missing::merge,
    source::{BundleImages, BundleThenTarget, Found, Images, Need, Source, Step},
};

/// Images that are read at once: each takes a core, and some memory for its compression.
const AT_ONCE: usize = 4;

/// The repositories that have tags of releases and channels.
const PLATFORM: [&str; 4] = ["", INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL];

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

/// Looks in the bundle for everything that its releases, channels and modules name, and for the releases
/// that `promised`, from `deckhousereleases.yaml`, has.
///
/// # Errors
/// [`Error::File`] if the bundle cannot be read. What is damaged is no error but missing.
pub async fn completeness(
    bundle: &Bundle,
    contents: &Contents,
    promised: &BTreeSet<Version>,
) -> Result<Completeness, Error> {
    let source = Source::of(BundleImages { bundle, contents });
    let listed = Listed::of(contents);
    let Step { value: described, found } = listed.find(&source, promised).await?;
    let module_versions = listed.modules.iter().map(|module| module.versions.len()).sum();
    Ok(Completeness {
        releases: listed.releases,
        module_versions,
        images: found.wanted.images().count(),
        missing: found.missing.into_items().collect(),
        described,
    })
}

/// Reads a bundle that is to be pushed or compared with, and looks whether it is complete.
///
/// # Errors
/// [`Error::Incomplete`] with everything that is missing, if any image cannot be read as a whole;
/// [`Error::File`] if the bundle cannot be read. Holes in the lists alone are no error here.
pub async fn read(bundle: &Bundle, promised: &BTreeSet<Version>) -> Result<(Contents, Completeness), Error> {
    let (contents, damaged) = Contents::read_what_is_there(bundle)?;
    let found = completeness(bundle, &contents, promised).await?;
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
    promised: &BTreeSet<Version>,
) -> Result<Vec<MissingItem>, Error> {
    let source = Source::of(images);
    let step = Listed::of(contents).find(&source, promised).await?;
    Ok(step.found.missing.into_items().collect())
}

/// Where the search begins.
struct Listed<'a> {
    releases: BTreeSet<Version>,
    channels: BTreeSet<Channel>,
    modules: Vec<Module<'a>>,
}

/// A module or package.
struct Module<'a> {
    component: Component,
    name: &'a str,
    versions: BTreeSet<&'a Tag>,
    channels: BTreeSet<Channel>,
}

impl<'a> Listed<'a> {
    fn of(contents: &'a Contents) -> Self {
        let platform = PLATFORM.iter().flat_map(|path| tags_of(contents, path));
        Self {
            releases: platform.clone().filter_map(|tag| parse_tag(tag.as_str())).collect(),
            channels: platform.filter_map(|tag| tag.as_str().parse().ok()).collect(),
            modules: [Component::Module, Component::Package]
                .iter()
                .flat_map(|component| Module::all(contents, *component))
                .collect(),
        }
    }

    /// Wants all of it; returns what the images of the releases say.
    async fn find<I: Images>(
        &self,
        source: &Source<I>,
        promised: &BTreeSet<Version>,
    ) -> Result<Step<Vec<ReleaseManifest>>, Error> {
        let mut found = Found::default();
        // A bundle of modules alone promises no release, whatever lies beside it.
        let promised = promised.iter().filter(|_| !self.releases.is_empty() || !self.channels.is_empty());
        for version in promised {
            let by = &WantedBy::ReleasesFile;
            let image = source.want(RELEASE_CHANNEL, tag(&tag_of(version))?, Need::Required, by).await?;
            found.merge(image.found);
        }
        let releases: Vec<Step<Option<ReleaseManifest>>> = stream::iter(&self.releases)
            .map(|version| platform::release(source, version))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let channels = stream::iter(&self.channels).map(|channel| self.find_channel(source, *channel));
        let channels: Vec<Found> = channels.buffered(AT_ONCE).try_collect().await?;
        let modules = stream::iter(&self.modules).map(|module| module.find(source));
        let modules: Vec<Found> = modules.buffered(AT_ONCE).try_collect().await?;
        let described = found.merge_all(releases).into_iter().flatten().collect();
        channels.into_iter().chain(modules).for_each(|it| found.merge(it));
        Ok(found.with(described))
    }

    async fn find_channel<I: Images>(&self, source: &Source<I>, channel: Channel) -> Result<Found, Error> {
        let (by, reference) = (WantedBy::Channel(channel), tag(channel.name())?);
        let Step { value: manifest, mut found } =
            source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by).await?;
        let Some(manifest) = manifest else { return Ok(found) };
        let release = platform::release_files(source, &reference, &manifest, &by).await?;
        let Some(release) = release.merge_into(&mut found) else { return Ok(found) };
        let version = release.info.version;
        let version_tag = tag(&tag_of(&version))?;
        if !self.releases.contains(&version) {
            let image = source.want(RELEASE_CHANNEL, version_tag.clone(), Need::Required, &by).await?;
            found.merge(image.found);
        }
        let without_tag = platform::channel(source, channel, &version).await?;
        for path in without_tag.merge_into(&mut found) {
            // Not every release has an installer of each kind.
            let is_optional = path == INSTALL_STANDALONE;
            let is_needed =
                !is_optional || source.look(path, &version_tag, &by).await?.merge_into(&mut found).is_some();
            if is_needed {
                found.miss(source.missing(path, &reference, &by, "not found"));
            }
        }
        Ok(found)
    }
}

impl<'a> Module<'a> {
    fn all(contents: &'a Contents, component: Component) -> impl Iterator<Item = Self> {
        let paths = contents.repositories.iter().map(|repository| repository.path.as_str());
        let names: BTreeSet<&str> = paths.filter_map(|path| name_in(component, path)).collect();
        names.into_iter().map(move |name| Self::of(contents, component, name))
    }

    fn of(contents: &'a Contents, component: Component, name: &'a str) -> Self {
        let releases = tags_of(contents, &component.release(name));
        let versions = tags_of(contents, &component.repository(name)).chain(releases.clone());
        Self {
            component,
            name,
            versions: versions.filter(|tag| is_module_version(tag.as_str())).collect(),
            channels: releases.filter_map(|tag| tag.as_str().parse().ok()).collect(),
        }
    }

    async fn find<I: Images>(&self, source: &Source<I>) -> Result<Found, Error> {
        let mut found = Found::default();
        let mut versions: BTreeSet<Tag> = self.versions.iter().copied().cloned().collect();
        for channel in &self.channels {
            let version = modules::channel(source, (self.component, self.name), *channel).await?;
            versions.extend(version.merge_into(&mut found));
        }
        for version in &versions {
            let is_described = one_version(source, (self.component, self.name), version).await?;
            let is_described = is_described.merge_into(&mut found);
            // Our pulls bring a description of each version of a module; those of `d8` may lack one of a package.
            if !is_described && self.component == Component::Module {
                let path = self.component.release(self.name);
                let by = WantedBy::version(self.component, self.name, version);
                found.miss(source.missing(&path, &version.clone().into(), &by, "not found"));
            }
        }
        Ok(found)
    }
}

fn tags_of<'a>(contents: &'a Contents, path: &str) -> impl Iterator<Item = &'a Tag> + Clone + use<'a> {
    contents.repository(path).into_iter().flat_map(|repository| repository.tags.keys())
}

/// The name of the component that a repository belongs to.
fn name_in(component: Component, path: &str) -> Option<&str> {
    path.strip_prefix(component.list())?.strip_prefix('/')?.split('/').next()
}
