//! Modules: every one that the source lists, or those that are named, with the versions and release
//! channels that are chosen.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    VersionRule,
    channel::Channel,
    image_list::{ImageList, parse_extra_images},
    module_choice::choose,
    parse_module_version,
    repositories::{
        Component, MODULE_EXTRA_IMAGES, MODULE_IMAGES_DIGESTS, MODULES, VERSION_JSON, module_release,
    },
    version::parse_tag,
};
use futures_util::future::try_join_all;
use oci::{RawManifest, Tag, TagOrDigest};

use super::{
    Modules,
    module_offer::{self, Offered},
    platform::{tag, want_digests},
};
use crate::{
    Error, WantedBy,
    source::{Found, Images, Need, Source, Step, TagList},
};

pub(super) async fn discover(
    source: &Source,
    modules: &Modules,
) -> Result<Step<BTreeMap<String, Vec<Tag>>>, Error> {
    let Step { value: named, mut found } = chosen(source, modules).await?;
    let steps = try_join_all(named.iter().map(|(name, rules)| one(source, name, rules))).await?;
    let modules_found: Vec<(String, Option<ModuleFound>)> =
        named.into_keys().zip(found.merge_all(steps)).collect();
    let is_absent = |(_, module): &&(String, Option<ModuleFound>)| module.is_none();
    let mut absent: Vec<String> =
        modules_found.iter().filter(is_absent).map(|(name, _)| name.clone()).collect();
    if matches!(modules, Modules::Named(_)) && !absent.is_empty() {
        return Err(Error::NoSuchModules { component: Component::Module, names: absent });
    }
    if let Modules::Needed { required, .. } = modules {
        for name in &absent {
            if required.contains_key(name) {
                let by = WantedBy::module(name);
                found.miss(source.missing(MODULES, &tag(name)?, &by, "the source does not have this module"));
            } else {
                found.note(format!(
                    "module {name} of another source is left out: this source does not have it"
                ));
            }
        }
        absent.clear();
    }
    for name in absent {
        found.note(format!("module {name} has no release channels on the source and is not pulled"));
    }
    let absent =
        modules_found.iter().filter_map(|(name, module)| absent_channels(name, &module.as_ref()?.absent));
    if let Some(note) = absent_channels_note(absent) {
        found.note(note);
    }
    let versions = |module: Option<ModuleFound>| module.map(|module| module.versions).unwrap_or_default();
    let modules = modules_found.into_iter().map(|(name, module)| (name, versions(module))).collect();
    Ok(found.with(modules))
}

/// What the source has of a module, as far as it is wanted.
#[derive(Debug, Default)]
pub(super) struct ModuleFound {
    /// The chosen versions, ascending.
    pub(super) versions: Vec<Tag>,
    /// Release channels that were looked for and are not there.
    pub(super) absent: Vec<Channel>,
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
    let except = match modules {
        Modules::Nothing => return Ok(Found::default().with(BTreeMap::new())),
        Modules::Named(named) => return Ok(Found::default().with(named.clone())),
        Modules::Needed { required, others, .. } => {
            let all = required.iter().chain(others).map(|(name, rules)| (name.clone(), rules.clone()));
            return Ok(Found::default().with(all.collect()));
        }
        Modules::Listed { except } => except,
    };
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

/// Wants what `rules` select of a module; `None` if the source has nothing of it.
pub(super) async fn one(
    source: &Source,
    name: &str,
    rules: &[VersionRule],
) -> Result<Step<Option<ModuleFound>>, Error> {
    if let Err(error) = source.repository(&module_release(name)) {
        let mut found = Found::default();
        found.miss(source.missing(MODULES, &tag(name)?, &WantedBy::module(name), &error.to_string()));
        return Ok(found.with(Some(ModuleFound::default())));
    }
    let Step { value: offered, mut found } =
        module_offer::read(source, (Component::Module, name), rules).await?;
    let Some(Offered { offer, absent }) = offered else { return Ok(found.with(None)) };
    let chosen = choose(&offer, rules);
    let chosen = chosen.map_err(|error| Error::ModuleChoice {
        component: Component::Module,
        name: name.to_owned(),
        error,
    })?;
    let (by, release) = (WantedBy::module(name), module_release(name));
    let is_pointed = |(channel, version): &(&Channel, &Tag)| offer.channels.get(channel) != Some(version);
    let (pointed, as_on_source): (Vec<_>, Vec<_>) = chosen.channels.iter().partition(is_pointed);
    let channels = try_join_all(as_on_source.into_iter().map(|(channel, _)| async {
        source.want(&release, tag(channel.name())?, Need::Required, &by).await
    }));
    let versions = chosen.versions.iter().map(|it| one_version(source, (Component::Module, name), it));
    let (channels, versions) = futures_util::try_join!(channels, try_join_all(versions))?;
    found.merge_all(channels);
    let described = found.merge_all(versions);
    for (version, _) in chosen.versions.iter().zip(described).filter(|(_, is_described)| !is_described) {
        let pointing =
            offer.channels.iter().find(|(it, to)| *to == version && chosen.channels.get(it) == Some(version));
        if let Some((channel, _)) = pointing {
            point_release(&mut found, name, version, *channel)?;
        } else {
            let by = WantedBy::version(Component::Module, name, version);
            found.miss(source.missing(&release, &version.clone().into(), &by, "not found"));
        }
    }
    for (channel, version) in pointed {
        found.wanted.point_to((&release, &tag(channel.name())?), &version.clone().into(), &by);
        found.note(format!("in the bundle, {channel} of module {name} points to {version}"));
    }
    if chosen.channels.is_empty() {
        found.warn(format!(
            "no release channel of module {name} points to a selected version, so a cluster will not find it; \
             NAME@=VERSION+CHANNEL makes one point to it"
        ));
    }
    let mut versions: Vec<Tag> = chosen.versions.into_iter().collect();
    versions.sort_by_cached_key(|version| (parse_tag(version.as_str()), version.clone()));
    // Where exact versions are named, no channel is expected.
    let is_exact = |rule: &VersionRule| matches!(rule, VersionRule::Exactly { .. });
    let absent = if rules.iter().all(is_exact) { Vec::new() } else { absent };
    Ok(found.with(Some(ModuleFound { versions, absent })))
}

/// Gives a version without a release image that of a channel that points to it, which describes the same version. So
/// every version in a bundle has one, and a lost one is noticed.
fn point_release(found: &mut Found, name: &str, version: &Tag, channel: Channel) -> Result<(), Error> {
    let (to, from) = (version.clone().into(), tag(channel.name())?);
    let by = WantedBy::version(Component::Module, name, version);
    found.wanted.point_to((&module_release(name), &to), &from, &by);
    found.note(format!("module {name} has no release image for {version}; the bundle has that of {channel}"));
    Ok(())
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
