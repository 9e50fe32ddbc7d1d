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
    report_absent_channels,
};
use crate::{
    Error, Event, Observer, WantedBy,
    source::{Images, Need, Source, TagList},
};

pub(super) async fn discover(
    source: &Source,
    modules: &Modules,
    observer: &dyn Observer,
) -> Result<BTreeMap<String, Vec<Tag>>, Error> {
    let named = chosen(source, modules, observer).await?;
    let found = named.iter().map(|(name, rules)| async move {
        Ok::<_, Error>((name.clone(), one(source, name, rules, observer).await?))
    });
    let found = try_join_all(found).await?;
    let is_absent = |(_, module): &&(String, Option<ModuleFound>)| module.is_none();
    let absent: Vec<String> = found.iter().filter(is_absent).map(|(name, _)| name.clone()).collect();
    if matches!(modules, Modules::Named(_)) && !absent.is_empty() {
        return Err(Error::NoSuchModules { names: absent });
    }
    for name in absent {
        observer.event(Event::Note(format!(
            "module {name} has no release channels on the source; nothing of it is pulled"
        )));
    }
    let absent = found.iter().filter_map(|(name, module)| absent_channels(name, &module.as_ref()?.absent));
    report_absent_channels(absent, observer);
    let versions = |module: Option<ModuleFound>| module.map(|module| module.versions).unwrap_or_default();
    Ok(found.into_iter().map(|(name, module)| (name, versions(module))).collect())
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

/// The modules that are meant, and which versions of each.
pub(super) async fn chosen(
    source: &Source,
    modules: &Modules,
    observer: &dyn Observer,
) -> Result<BTreeMap<String, Vec<VersionRule>>, Error> {
    let except = match modules {
        Modules::Nothing => return Ok(BTreeMap::new()),
        Modules::Named(named) => return Ok(named.clone()),
        Modules::Listed { except } => except,
    };
    let mut listed = listed(source, observer).await?;
    for name in except.iter().filter(|name| !listed.remove(*name)) {
        observer.event(Event::Warning(format!(
            "module {name} is to be left out, and the source lists no such module"
        )));
    }
    Ok(listed.into_iter().map(|name| (name, vec![VersionRule::Channels])).collect())
}

/// The modules that the source lists. Whether its lists can be believed is found out elsewhere, by that
/// of the releases; but a repository without tags is what only a proxy cache has: Harbor gives an empty
/// list for whatever is not cached while its upstream gives none.
async fn listed(source: &Source, observer: &dyn Observer) -> Result<BTreeSet<String>, Error> {
    match source.tags(MODULES).await? {
        TagList::Refused(error) => Err(Error::ModulesUnknown { reason: error.to_string() }),
        TagList::Tags(names) if names.is_empty() => {
            let reason = "the source lists none, which proves nothing: it may be a proxy cache".to_owned();
            Err(Error::ModulesUnknown { reason })
        }
        TagList::Tags(names) => Ok(names),
        TagList::Absent => {
            observer.event(Event::Note("the source has no modules".to_owned()));
            Ok(BTreeSet::new())
        }
    }
}

/// Takes what `rules` mean of a module; `None` if there is nothing of it.
pub(super) async fn one(
    source: &Source,
    name: &str,
    rules: &[VersionRule],
    observer: &dyn Observer,
) -> Result<Option<ModuleFound>, Error> {
    if let Err(error) = source.repository(&module_release(name)) {
        source.miss(MODULES, &tag(name)?, &WantedBy::module(name), &error.to_string());
        return Ok(Some(ModuleFound::default()));
    }
    let Some(Offered { offer, absent }) = module_offer::read(source, name, rules).await? else {
        return Ok(None);
    };
    let chosen = choose(&offer, rules);
    let chosen = chosen.map_err(|error| Error::ModuleChoice { name: name.to_owned(), error })?;
    let (by, release) = (WantedBy::module(name), module_release(name));
    let is_pointed = |(channel, version): &(&Channel, &Tag)| offer.channels.get(channel) != Some(version);
    let (pointed, as_on_source): (Vec<_>, Vec<_>) = chosen.channels.iter().partition(is_pointed);
    try_join_all(as_on_source.into_iter().map(|(channel, _)| async {
        source.want(&release, tag(channel.name())?, Need::Required, &by).await
    }))
    .await?;
    let (offered, channels, release) = (&offer.channels, &chosen.channels, release.as_str());
    try_join_all(chosen.versions.iter().map(|version| async move {
        if !one_version(source, (Component::Module, name), version, observer).await? {
            let pointing =
                offered.iter().find(|(it, to)| *to == version && channels.get(it) == Some(version));
            if let Some((channel, _)) = pointing {
                point_release(source, name, version, *channel, observer)?;
            } else {
                let by = WantedBy::version(Component::Module, name, version);
                source.miss(release, &version.clone().into(), &by, "not found");
            }
        }
        Ok::<_, Error>(())
    }))
    .await?;
    for (channel, version) in pointed {
        source.point_to((release, &tag(channel.name())?), &version.clone().into(), &by);
        observer.event(Event::Note(format!("in the bundle, {channel} of module {name} points to {version}")));
    }
    if chosen.channels.is_empty() {
        observer.event(Event::Warning(format!(
            "no release channel of module {name} points to what was chosen, so a cluster will not find it; \
             NAME@=VERSION+CHANNEL makes one point to it"
        )));
    }
    let mut versions: Vec<Tag> = chosen.versions.into_iter().collect();
    versions.sort_by_cached_key(|version| (parse_tag(version.as_str()), version.clone()));
    // Where exact versions are named, no channel is expected.
    let is_exact = |rule: &VersionRule| matches!(rule, VersionRule::Exactly { .. });
    let absent = if rules.iter().all(is_exact) { Vec::new() } else { absent };
    Ok(Some(ModuleFound { versions, absent }))
}

/// Gives a version without a release image that of a channel that points to it, which describes the same
/// version. So in a bundle every version has one, and one that was lost on the way can be missed.
fn point_release(
    source: &Source,
    name: &str,
    version: &Tag,
    channel: Channel,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let (to, from) = (version.clone().into(), tag(channel.name())?);
    let by = WantedBy::version(Component::Module, name, version);
    source.point_to((&module_release(name), &to), &from, &by);
    observer.event(Event::Note(format!(
        "module {name} has no release image for {version}; in the bundle it is that of {channel}"
    )));
    Ok(())
}

/// What a channel of a module leads to.
pub(super) enum Found {
    /// There is no such channel.
    Nothing,
    /// A channel that cannot be read, which is recorded as missing.
    Unreadable,
    /// This version.
    Version(Tag),
}

/// Tells the version that a module's channel points to, if there is such a channel.
pub(super) async fn look_at_channel(source: &Source, name: &str, channel: Channel) -> Result<Found, Error> {
    let (by, path, reference) = (WantedBy::module(name), module_release(name), tag(channel.name())?);
    let found = match source.look(&path, &reference, &by).await {
        // Some registries refuse to show what they do not have.
        Err(Error::Registry(error)) if error.is_refused_access() => match source.tags(&path).await? {
            TagList::Tags(tags) if !tags.contains(channel.name()) => None,
            _ => return Err(error.into()),
        },
        found => found?,
    };
    let Some(manifest) = found else {
        return Ok(if source.lacks(&path, &reference) { Found::Unreadable } else { Found::Nothing });
    };
    let version = channel_version(source, &path, &reference, &manifest, &by).await?;
    Ok(version.map_or(Found::Unreadable, Found::Version))
}

/// Wants the tag of a component's channel, which must be there, and tells the version that it points to.
pub(crate) async fn channel<I: Images>(
    source: &Source<I>,
    (component, name): (Component, &str),
    channel: Channel,
) -> Result<Option<Tag>, Error> {
    let by = WantedBy::Component { component, name: name.to_owned(), version: None };
    let (path, reference) = (component.release(name), tag(channel.name())?);
    let Some(manifest) = source.want(&path, reference.clone(), Need::Required, &by).await? else {
        return Ok(None);
    };
    channel_version(source, &path, &reference, &manifest, &by).await
}

async fn channel_version<I: Images>(
    source: &Source<I>,
    path: &str,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &WantedBy,
) -> Result<Option<Tag>, Error> {
    let Some(files) = source.files(path, reference, manifest, &[VERSION_JSON], by).await? else {
        return Ok(None);
    };
    let Some(file) = files.get(VERSION_JSON) else {
        source.miss(path, reference, by, "the image has no version.json");
        return Ok(None);
    };
    match parse_module_version(file) {
        Ok(version) => Ok(Some(version)),
        Err(error) => {
            source.miss(path, reference, by, &format!("version.json: {error}"));
            Ok(None)
        }
    }
}

/// Wants all that belongs to a version of a component; false if it has no release image of its own.
pub(crate) async fn one_version<I: Images>(
    source: &Source<I>,
    (component, name): (Component, &str),
    version: &Tag,
    observer: &dyn Observer,
) -> Result<bool, Error> {
    let by = WantedBy::version(component, name, version);
    let (path, release_path) = (component.repository(name), component.release(name));
    let reference = TagOrDigest::from(version.clone());
    let release = source.want(&release_path, reference.clone(), Need::Optional, &by);
    let images = async {
        let Some(manifest) = source.want(&path, reference.clone(), Need::Required, &by).await? else {
            return Ok(());
        };
        let wanted = [MODULE_IMAGES_DIGESTS, MODULE_EXTRA_IMAGES];
        let Some(files) = source.files(&path, &reference, &manifest, &wanted, &by).await? else {
            return Ok(());
        };
        let digests =
            internal_images(source, &path, &reference, files.get(MODULE_IMAGES_DIGESTS), &by, observer);
        let extra = extra_images(source, (component, name), &reference, files.get(MODULE_EXTRA_IMAGES), &by);
        futures_util::try_join!(digests, extra).map(drop)
    };
    let (release, ()) = futures_util::try_join!(release, images)?;
    Ok(release.is_some())
}

async fn internal_images<I: Images>(
    source: &Source<I>,
    path: &str,
    reference: &TagOrDigest,
    file: Option<&Vec<u8>>,
    by: &WantedBy,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let Some(file) = file else {
        observer.event(Event::Note(format!("{by} has no {MODULE_IMAGES_DIGESTS}: no images of its own")));
        return Ok(());
    };
    match ImageList::parse_digests(file) {
        Ok(list) => want_digests(source, path, &list, by).await,
        Err(error) => {
            source.miss(path, reference, by, &format!("{MODULE_IMAGES_DIGESTS}: {error}"));
            Ok(())
        }
    }
}

async fn extra_images<I: Images>(
    source: &Source<I>,
    (component, name): (Component, &str),
    reference: &TagOrDigest,
    file: Option<&Vec<u8>>,
    by: &WantedBy,
) -> Result<(), Error> {
    let Some(file) = file else { return Ok(()) };
    let images = match parse_extra_images(file) {
        Ok(images) => images,
        Err(error) => {
            source.miss(
                &component.repository(name),
                reference,
                by,
                &format!("{MODULE_EXTRA_IMAGES}: {error}"),
            );
            return Ok(());
        }
    };
    let wants = images.iter().map(|(extra, extra_tag)| async move {
        let path = component.extra(name, extra);
        source.want_tag(&path, extra_tag, Need::Required, by).await.map(drop)
    });
    try_join_all(wants).await.map(drop)
}
