//! Reading what a registry contains.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    repositories::{INSTALLER, INSTALLER_TAG, RELEASE_CHANNEL, SECURITY_DATABASES},
};
use oci::{Digest, Tag};
use registry::client::Client;
use semver::Version;

use super::{
    database,
    lists::lists,
    objects::{Image, images},
    report::{Databases, Everything, Holdings, Pointed},
};
use crate::{
    Error, Event, Observer, Root, Stage, WantedBy,
    attached::{self, Choice},
    discover::platform::{self, tag},
    listed::{Listed, Tags},
    read_back::{Check, Checked, Depth, Target, When, run},
    source::{Found, ListedImages, Need, Source, Step},
};

/// What is read, in addition to what the registry lists or instead of it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// If not empty: nothing but these releases, whether they are listed or not, and the channels that point to them.
    pub only: BTreeSet<Version>,
    /// Releases that are read even if they are not listed.
    pub releases: BTreeSet<Version>,
    /// Channels that are read even if they are not listed.
    pub channels: BTreeSet<Channel>,
    /// Versions of modules that are read even if they are not listed.
    pub modules: BTreeMap<String, BTreeSet<Tag>>,
}

/// Reads what the registry contains below `root`.
///
/// # Errors
/// [`Error::TagsRefused`] if the registry does not list its tags; [`Error::Registry`] if it cannot be read;
/// [`Error::OverLimit`]. What is missing or damaged is not an error but in [`Holdings::missing`].
pub async fn read(
    client: &Client,
    root: &Root,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Holdings, Error> {
    observer.event(Event::StageBegan { stage: Stage::List, bytes: 0, items: 0 });
    let source = Source::of(ListedImages::new(client.clone(), root.clone()));
    let Step { value: tags, mut found } = lists(&source, observer).await?;
    let (only, mut listed) = (&request.only, Listed::of(&tags));
    listed.channels.extend(&request.channels);
    let channels = where_channels_point(&source, &listed.channels).await?.merge_into(&mut found);
    listed.releases.extend(request.releases.iter().cloned());
    request.modules.iter().for_each(|(name, versions)| listed.add_module(name, versions));
    if !only.is_empty() {
        let is_meant =
            |channel: &Channel| channels[channel].as_ref().is_none_or(|it| only.contains(&it.version));
        listed.channels.retain(is_meant);
        listed.releases.clone_from(only);
        listed.components.clear();
        listed.plugins.clear();
    }
    let described = listed.find(&source, &BTreeSet::new()).await?.merge_into(&mut found);
    let databases =
        if only.is_empty() { others(&source, &tags).await?.merge_into(&mut found) } else { Databases::new() };
    source.images().forget_layers();
    let attached = attached::find(&source, &found.wanted, Choice::ALL).await?;
    found.merge(attached);
    let found_images = images(&found.wanted, &found.names);
    observer.event(Event::StageEnded(Stage::List));
    let checked = check_blobs(&found_images, client, root, observer).await?;
    Ok(Holdings::of(&Everything {
        only,
        listed: &listed,
        described: &described,
        channels: &channels,
        databases: &databases,
        images: &found_images,
        names: &found.names,
        missing: found.missing.into_items().collect(),
        gaps: &checked.gaps.blobs,
        blobs_by_size: checked.by_size,
        repository: &|path| source.name(path),
    }))
}

/// Reads the last byte of every blob of these images.
pub(super) async fn check_blobs(
    images: &[Image],
    client: &Client,
    root: &Root,
    observer: &dyn Observer,
) -> Result<Checked, Error> {
    let blobs: BTreeMap<(&str, &Digest), u64> = images
        .iter()
        .flat_map(|image| image.blobs.iter().map(|(digest, size)| ((image.path.as_str(), digest), *size)))
        .collect();
    crate::limits::check_blobs(blobs.len())?;
    let mut checks: Vec<Check<'_>> =
        blobs.iter().map(|((path, digest), size)| Check::Blob(path, digest, *size)).collect();
    // Small blobs first: they show whether the registry supports `Range`.
    checks.sort_by_key(Check::blob_size);
    let checks = checks.into_iter().map(|check| (check, When::Alone)).collect();
    let target = Target::new(client.clone(), root.clone());
    run(checks, &target, Depth::LastByte, Stage::ReadBack, observer).await
}

/// Where the platform's channels point; `None` for one that cannot be read, which is missing then.
pub(crate) async fn where_channels_point(
    source: &Source<ListedImages>,
    names: &BTreeSet<Channel>,
) -> Result<Step<BTreeMap<Channel, Option<Pointed>>>, Error> {
    let (mut found, mut channels) = (Found::default(), BTreeMap::new());
    for channel in names.iter().copied() {
        let (by, reference) = (WantedBy::Channel(channel), tag(channel.name())?);
        let image = source.look(RELEASE_CHANNEL, &reference, &by).await?.merge_into(&mut found);
        let description = match image {
            Some(manifest) => {
                let files = platform::release_files(source, &reference, &manifest, &by).await?;
                files.merge_into(&mut found)
            }
            None => None,
        };
        let pointed =
            description.map(|it| Pointed { version: it.info.version, suspended: it.info.suspended });
        channels.insert(channel, pointed);
    }
    Ok(found.with(channels))
}

/// Wants the databases and the standalone installer, as far as they are listed.
pub(crate) async fn others(source: &Source<ListedImages>, tags: &Tags) -> Result<Step<Databases>, Error> {
    let mut found = Found::default();
    let is_listed = |path: &str, name: &str| {
        let name: Option<Tag> = name.parse().ok();
        name.is_some_and(|name| tags.get(path).is_some_and(|tags| tags.contains(&name)))
    };
    if is_listed(INSTALLER, INSTALLER_TAG) {
        let by = WantedBy::Installer;
        found.merge(source.want(INSTALLER, tag(INSTALLER_TAG)?, Need::Required, &by).await?.found);
    }
    let mut databases = Databases::new();
    for (path, name) in SECURITY_DATABASES.into_iter().filter(|(path, name)| is_listed(path, name)) {
        let by = WantedBy::Database(path.to_owned());
        let image = source.want(path, tag(name)?, Need::Required, &by).await?.merge_into(&mut found);
        let created = match image {
            Some(manifest) => database::created(&source.images().repository(path)?, &manifest).await?,
            None => None,
        };
        databases.insert(path.to_owned(), (name.to_owned(), created));
    }
    Ok(found.with(databases))
}
