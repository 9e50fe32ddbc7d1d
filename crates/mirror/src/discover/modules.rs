//! Modules: every one that the source lists, or those that are named, with the versions and release
//! channels that are chosen.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    VersionRule,
    channel::Channel,
    image_list::{ImageList, parse_extra_images},
    parse_module_version,
    repositories::{Component, MODULE_EXTRA_IMAGES, MODULE_IMAGES_DIGESTS, MODULES, VERSION_JSON},
};
use futures_util::future::try_join_all;
use oci::{RawManifest, Tag, TagOrDigest};

use super::{
    Modules,
    components::{self, ComponentFound},
    platform::{tag, want_digests},
};
use crate::{
    Error, WantedBy,
    source::{Found, Images, Need, Source, Step, TagList},
};

/// What the source has of modules, by name.
pub(super) type ModulesFound = BTreeMap<String, ComponentFound>;

pub(super) async fn discover(source: &Source, modules: &Modules) -> Result<Step<ModulesFound>, Error> {
    let Step { value: named, mut found } = chosen(source, modules).await?;
    let all = components::all(source, Component::Module, modules, named).await?.merge_into(&mut found);
    let absent = all.iter().filter_map(|(name, module)| absent_channels(name, &module.as_ref()?.absent));
    if let Some(note) = absent_channels_note(absent) {
        found.note(note);
    }
    Ok(found.with(all.into_iter().filter_map(|(name, module)| Some((name, module?))).collect()))
}

/// The ordinary channels among those that a module does not have, as `console: beta, stable`.
pub(super) fn absent_channels(name: &str, absent: &[Channel]) -> Option<String> {
    let names = absent.iter().filter(|channel| **channel != Channel::Lts).map(|channel| channel.name());
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| format!("{name}: {}", names.join(", ")))
}

/// What to report of release channels that modules do not have; each as [`absent_channels`] returns it.
pub(super) fn absent_channels_note(absent: impl IntoIterator<Item = String>) -> Option<String> {
    let modules: Vec<String> = absent.into_iter().collect();
    let modules = modules.join("; ");
    (!modules.is_empty())
        .then(|| format!("the source does not have these release channels of modules: {modules}"))
}

/// The selected modules, and which versions of each.
pub(super) async fn chosen(
    source: &Source,
    modules: &Modules,
) -> Result<Step<BTreeMap<String, Vec<VersionRule>>>, Error> {
    let Modules::Listed { except } = modules else { return Ok(Found::default().with(modules.named())) };
    let Step { value: mut listed, mut found } = listed(source).await?;
    for name in except.iter().filter(|name| !listed.remove(*name)) {
        found.warn(format!("module {name} is excluded, but the source does not list such a module"));
    }
    let chosen = listed.into_iter().map(|name| (name, vec![VersionRule::Channels])).collect();
    Ok(found.with(chosen))
}

/// The modules that the source lists. Whether its lists can be trusted is decided elsewhere, by that of the releases. But
/// only a proxy cache has a repository without tags: Harbor returns an empty list for what is not cached while its
/// upstream does not answer.
async fn listed(source: &Source) -> Result<Step<BTreeSet<String>>, Error> {
    match source.tags(MODULES).await? {
        TagList::Refused(error) => Err(Error::ModulesUnknown { reason: error.to_string() }),
        TagList::Tags(names) if names.is_empty() => {
            let reason = "the source lists none, which proves nothing: it may be a proxy cache".to_owned();
            Err(Error::ModulesUnknown { reason })
        }
        TagList::Tags(names) => Ok(Found::default().with(names)),
        TagList::Absent => {
            let mut found = Found::default();
            found.note("the source has no modules".to_owned());
            Ok(found.with(BTreeSet::new()))
        }
    }
}

/// What a channel of a module points to.
pub(super) enum ChannelVersion {
    /// There is no such channel.
    Absent,
    /// The channel cannot be read, and so is missing.
    Unreadable,
    /// This version.
    Version(Tag),
}

/// The version that a module's channel points to, if there is such a channel.
pub(super) async fn look_at_channel(
    source: &Source,
    (component, name): (Component, &str),
    channel: Channel,
) -> Result<Step<ChannelVersion>, Error> {
    let by = WantedBy::Component { component, name: name.to_owned(), version: None };
    let (path, reference) = (component.release(name), tag(channel.name())?);
    let looked = match source.look(&path, &reference, &by).await {
        // Some registries refuse to show what they do not have.
        Err(Error::Registry(error)) if error.is_refused_access() => match source.tags(&path).await? {
            TagList::Tags(tags) if !tags.contains(channel.name()) => Found::default().with(None),
            _ => return Err(error.into()),
        },
        looked => looked?,
    };
    let Step { value: manifest, mut found } = looked;
    let Some(manifest) = manifest else {
        let is_absent = found.missing.is_empty();
        return Ok(found.with(if is_absent { ChannelVersion::Absent } else { ChannelVersion::Unreadable }));
    };
    let version = channel_version(source, &path, &reference, &manifest, &by).await?.merge_into(&mut found);
    Ok(found.with(version.map_or(ChannelVersion::Unreadable, ChannelVersion::Version)))
}

/// Wants the tag of a component's channel, which must be there, and returns the version that it points to.
pub(crate) async fn channel<I: Images>(
    source: &Source<I>,
    (component, name): (Component, &str),
    channel: Channel,
) -> Result<Step<Option<Tag>>, Error> {
    let by = WantedBy::Component { component, name: name.to_owned(), version: None };
    let (path, reference) = (component.release(name), tag(channel.name())?);
    let Step { value: manifest, mut found } =
        source.want(&path, reference.clone(), Need::Required, &by).await?;
    let Some(manifest) = manifest else { return Ok(found.with(None)) };
    let version = channel_version(source, &path, &reference, &manifest, &by).await?.merge_into(&mut found);
    Ok(found.with(version))
}

async fn channel_version<I: Images>(
    source: &Source<I>,
    path: &str,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &WantedBy,
) -> Result<Step<Option<Tag>>, Error> {
    let Step { value: files, mut found } =
        source.files(path, reference, manifest, &[VERSION_JSON], by).await?;
    let Some(files) = files else { return Ok(found.with(None)) };
    let reason = match files.get(VERSION_JSON).map(|file| parse_module_version(file)) {
        Some(Ok(version)) => return Ok(found.with(Some(version))),
        Some(Err(error)) => format!("version.json: {error}"),
        None => "the image has no version.json".to_owned(),
    };
    found.miss(source.missing(path, reference, by, &reason));
    Ok(found.with(None))
}

/// Wants all that belongs to a version of a component; false if it has no release image of its own.
pub(crate) async fn one_version<I: Images>(
    source: &Source<I>,
    (component, name): (Component, &str),
    version: &Tag,
) -> Result<Step<bool>, Error> {
    let by = WantedBy::version(component, name, version);
    let (path, release_path) = (component.repository(name), component.release(name));
    let reference = TagOrDigest::from(version.clone());
    let release = source.want(&release_path, reference.clone(), Need::Optional, &by);
    let images = async {
        let Step { value: manifest, mut found } =
            source.want(&path, reference.clone(), Need::Required, &by).await?;
        let Some(manifest) = manifest else { return Ok(found) };
        let wanted = [MODULE_IMAGES_DIGESTS, MODULE_EXTRA_IMAGES];
        let files = source.files(&path, &reference, &manifest, &wanted, &by).await?;
        let Some(files) = files.merge_into(&mut found) else { return Ok(found) };
        let digests = internal_images(source, &path, &reference, files.get(MODULE_IMAGES_DIGESTS), &by);
        let extra = extra_images(source, (component, name), &reference, files.get(MODULE_EXTRA_IMAGES), &by);
        let (digests, extra) = futures_util::try_join!(digests, extra)?;
        found.merge(digests);
        found.merge(extra);
        Ok::<_, Error>(found)
    };
    let (Step { value: release, mut found }, images) = futures_util::try_join!(release, images)?;
    found.merge(images);
    Ok(found.with(release.is_some()))
}

async fn internal_images<I: Images>(
    source: &Source<I>,
    path: &str,
    reference: &TagOrDigest,
    file: Option<&Vec<u8>>,
    by: &WantedBy,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let Some(file) = file else {
        found.note(format!("{by} has no {MODULE_IMAGES_DIGESTS}, so it has no images of its own"));
        return Ok(found);
    };
    match ImageList::parse_digests(file) {
        Ok(list) => found.merge(want_digests(source, path, &list, by).await?),
        Err(error) => {
            let reason = format!("{MODULE_IMAGES_DIGESTS}: {error}");
            found.miss(source.missing(path, reference, by, &reason));
        }
    }
    Ok(found)
}

pub(super) async fn extra_images<I: Images>(
    source: &Source<I>,
    (component, name): (Component, &str),
    reference: &TagOrDigest,
    file: Option<&Vec<u8>>,
    by: &WantedBy,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let Some(file) = file else { return Ok(found) };
    let images = match parse_extra_images(file) {
        Ok(images) => images,
        Err(error) => {
            let reason = format!("{MODULE_EXTRA_IMAGES}: {error}");
            found.miss(source.missing(&component.repository(name), reference, by, &reason));
            return Ok(found);
        }
    };
    let wants = images.iter().map(|(extra, extra_tag)| async move {
        source.want_tag(&component.extra(name, extra), extra_tag, by).await
    });
    try_join_all(wants).await?.into_iter().for_each(|image| found.merge(image));
    Ok(found)
}
