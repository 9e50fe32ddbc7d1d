//! A pull of exactly what a lock file names.
//!
//! Each tag is read by its digest, wherever it points at the source now. Then the same search as for a bundle follows the
//! lists in the images: it shows whether the lock file is complete, and reads the layers that a thin bundle has in any
//! case.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    lock::Lock,
    repositories::{
        Component, INSTALLER, MODULES, PACKAGES, RELEASE_CHANNEL, SECURITY_DATABASES, attachment, plugin_of,
    },
    version::ascending,
};
use futures_util::future::try_join_all;
use oci::{Digest, Tag, TagOrDigest};
use semver::Version;

use super::{
    Discovery,
    platform::{self, tag},
};
use crate::{
    Cause, Error, Event, MissingItem, Observer, Stage, WantedBy,
    listed::{Described, DescribedComponent, Listed, Tags},
    source::{Found, Need, Source, Step},
};

/// Reads what the lock file names.
///
/// # Errors
/// [`Error::Incomplete`] with everything that the source no longer has, and that the lock file lacks; [`Error::Registry`]
/// if the source cannot be read.
pub async fn locked(source: &Source, lock: &Lock, observer: &dyn Observer) -> Result<Discovery, Error> {
    observer.event(Event::StageBegan { stage: Stage::Plan, bytes: 0, items: 0 });
    source.lock_tags(lock);
    let mut plugins = images(lock).filter_map(|(path, reference, _)| Some((plugin_of(path)?, reference)));
    if let Some((name, reference)) = plugins.next() {
        let tag = if let TagOrDigest::Tag(tag) = &reference { Some(tag) } else { None };
        source.find_plugins(Some((name, tag))).await?;
    }
    if let Some(installer) = images(lock).find(|(path, ..)| *path == INSTALLER) {
        source.find_installer(&installer.2.into()).await?;
    }
    let mut found = Found::default();
    let every = images(lock).map(|(path, reference, digest)| image(source, path, reference, digest));
    try_join_all(every).await?.into_iter().for_each(|image| found.merge(image));

    let tags: Tags = lock
        .repositories
        .iter()
        .map(|(path, it)| (path.clone(), it.tags.keys().cloned().collect()))
        .collect();
    let listed = Listed::of(&tags).with_builds(&tags);
    let Step { value: described, found: search } = listed.find(source, &BTreeSet::new()).await?;
    for ((path, reference), image) in search.wanted.images() {
        if found.wanted.get(&(path.clone(), reference.clone())).is_none() {
            for by in &image.wanted_by {
                let item = source.missing(path, reference, by, "the lock file does not name it");
                found.miss(MissingItem { cause: Cause::NotLocked, ..item });
            }
        }
    }
    search.missing.into_items().for_each(|item| found.miss(item));
    let channels = channels(source, &listed.channels).await?.merge_into(&mut found);
    let found = found.check()?;

    let (modules, packages) =
        (versions(&described, Component::Module), versions(&described, Component::Package));
    let has = |path: &str| lock.repositories.contains_key(path);
    let discovery = Discovery {
        releases: listed.releases,
        channels,
        builds: listed.builds.into_iter().collect(),
        extra_images: if modules.is_empty() && packages.is_empty() { extra_images(lock) } else { Vec::new() },
        modules,
        packages,
        plugins: listed.plugins.into_iter().map(|(name, tags)| (name, ascending(tags))).collect(),
        databases: SECURITY_DATABASES
            .iter()
            .filter(|(path, _)| has(path))
            .map(|(path, _)| (*path).to_owned())
            .collect(),
        installer: lock
            .repositories
            .get(INSTALLER)
            .and_then(|it| it.tags.keys().find(|tag| attachment(tag.as_str()).is_none()))
            .map(ToString::to_string),
        release_manifests: deckhouse::release_manifest::write_releases(&described.releases)?,
        wanted: found.report(observer),
        ..Discovery::default()
    };
    observer.event(Event::StageEnded(Stage::Plan));
    Ok(discovery)
}

/// Every image of a lock file: its repository, how the bundle knows it, and its digest.
fn images(lock: &Lock) -> impl Iterator<Item = (&str, TagOrDigest, Digest)> {
    lock.repositories.iter().flat_map(|(path, repository)| {
        let tags = repository.tags.iter().map(|(tag, digest)| (TagOrDigest::from(tag.clone()), *digest));
        let digests = repository.digests.iter().map(|digest| (TagOrDigest::from(*digest), *digest));
        tags.chain(digests).map(move |(reference, digest)| (path.as_str(), reference, digest))
    })
}

/// Wants an image of the lock file.
async fn image(source: &Source, path: &str, reference: TagOrDigest, digest: Digest) -> Result<Found, Error> {
    let by = WantedBy::LockFile;
    let Step { value: manifest, mut found } = source.look(path, &reference, &by).await?;
    if manifest.is_some() {
        found.merge(source.want(path, reference, Need::Required, &by).await?.found);
    } else if found.missing.is_empty() {
        let reason = format!("the source no longer has {digest}");
        let mut item = source.missing(path, &reference, &by, &reason);
        item.cause = Cause::NoLongerThere;
        found.miss(item);
    }
    Ok(found)
}

/// Where the channels point.
async fn channels(
    source: &Source,
    names: &BTreeSet<Channel>,
) -> Result<Step<BTreeMap<Channel, Version>>, Error> {
    let (mut found, mut channels) = (Found::default(), BTreeMap::new());
    for channel in names.iter().copied() {
        let (by, reference) = (WantedBy::Channel(channel), tag(channel.name())?);
        let manifest = source.look(RELEASE_CHANNEL, &reference, &by).await?.merge_into(&mut found);
        let Some(manifest) = manifest else { continue };
        let files = platform::release_files(source, &reference, &manifest, &by).await?;
        channels.extend(files.merge_into(&mut found).map(|files| (channel, files.info.version)));
    }
    Ok(found.with(channels))
}

/// The versions of the modules, or of the packages, ascending.
fn versions(described: &Described, component: Component) -> BTreeMap<String, Vec<Tag>> {
    let has_versions = |it: &&DescribedComponent| it.component == component && !it.versions.is_empty();
    let sorted = |it: &DescribedComponent| (it.name.clone(), ascending(it.versions.clone()));
    described.components.iter().filter(has_versions).map(sorted).collect()
}

fn extra_images(lock: &Lock) -> Vec<String> {
    let is_extra =
        |path: &str| [MODULES, PACKAGES].iter().any(|it| path.starts_with(it)) && path.contains("/extra/");
    let extra = lock.repositories.iter().filter(|(path, _)| is_extra(path));
    let tags = extra.flat_map(|(path, it)| it.tags.keys().map(move |tag| (path, tag)));
    let own = tags.filter(|(_, tag)| attachment(tag.as_str()).is_none());
    own.map(|(path, tag)| format!("{path}:{tag}")).collect()
}
