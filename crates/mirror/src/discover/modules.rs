//! Modules: every one that the source lists, with its release channels and their versions.

use std::collections::BTreeMap;

use deckhouse::{
    channel::Channel,
    image_list::{ImageList, parse_extra_images},
    parse_module_version,
    repositories::{
        MODULE_EXTRA_IMAGES, MODULE_IMAGES_DIGESTS, MODULES, VERSION_JSON, module, module_extra,
        module_release,
    },
    version::parse_tag,
};
use futures_util::future::try_join_all;
use oci::{RawManifest, Tag, TagOrDigest};

use super::platform::{tag, want_digests};
use crate::{
    Error, Event, Observer,
    source::{Images, Need, Source},
};

pub(super) async fn discover(
    source: &Source,
    observer: &dyn Observer,
) -> Result<BTreeMap<String, Vec<Tag>>, Error> {
    let Some(names) = source.repository(MODULES)?.tags().await? else {
        observer.event(Event::Note("the source has no modules".to_owned()));
        return Ok(BTreeMap::new());
    };
    let modules = names.iter().map(|name| async move {
        let versions = one(source, name, observer).await?;
        Ok::<_, Error>((name.clone(), versions))
    });
    Ok(try_join_all(modules).await?.into_iter().collect())
}

async fn one(source: &Source, name: &str, observer: &dyn Observer) -> Result<Vec<Tag>, Error> {
    if let Err(error) = source.repository(&module_release(name)) {
        source.miss(MODULES, &tag(name)?, &format!("module {name}"), &error.to_string());
        return Ok(Vec::new());
    }
    let channels = try_join_all(Channel::ALL.iter().map(|it| channel(source, name, *it))).await?;
    let mut versions: BTreeMap<Tag, Channel> = BTreeMap::new();
    for (channel, version) in Channel::ALL.into_iter().zip(channels) {
        if let Some(version) = version {
            versions.entry(version).or_insert(channel);
        }
    }
    if versions.is_empty() {
        observer.event(Event::Note(format!(
            "module {name} has no release channels on the source; nothing of it is brought"
        )));
    }
    try_join_all(versions.iter().map(|(version, channel)| async move {
        if !one_version(source, name, version, observer).await? {
            point_release(source, name, version, *channel, observer)?;
        }
        Ok::<_, Error>(())
    }))
    .await?;
    let mut versions: Vec<Tag> = versions.into_keys().collect();
    versions.sort_by_cached_key(|version| (parse_tag(version.as_str()), version.clone()));
    Ok(versions)
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
    source.point_to((&module_release(name), &to), &from, &format!("module {name} {version}"));
    observer.event(Event::Note(format!(
        "module {name} has no release image for {version}; in the bundle it is that of {channel}"
    )));
    Ok(())
}

/// Wants the tag of a module's channel, if there is one, and tells the version that it points to.
pub(crate) async fn channel<I: Images>(
    source: &Source<I>,
    name: &str,
    channel: Channel,
) -> Result<Option<Tag>, Error> {
    let (by, path, reference) = (format!("module {name}"), module_release(name), tag(channel.name())?);
    match source.want(&path, reference.clone(), Need::Optional, &by).await? {
        Some(manifest) => channel_version(source, &path, &reference, &manifest, &by).await,
        None => Ok(None),
    }
}

async fn channel_version<I: Images>(
    source: &Source<I>,
    path: &str,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &str,
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

/// Wants all that belongs to a version of a module; false if it has no release image of its own.
pub(crate) async fn one_version<I: Images>(
    source: &Source<I>,
    name: &str,
    version: &Tag,
    observer: &dyn Observer,
) -> Result<bool, Error> {
    let by = format!("module {name} {version}");
    let (path, release_path) = (module(name), module_release(name));
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
        let extra = extra_images(source, name, &reference, files.get(MODULE_EXTRA_IMAGES), &by);
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
    by: &str,
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
    name: &str,
    reference: &TagOrDigest,
    file: Option<&Vec<u8>>,
    by: &str,
) -> Result<(), Error> {
    let Some(file) = file else { return Ok(()) };
    let images = match parse_extra_images(file) {
        Ok(images) => images,
        Err(error) => {
            source.miss(&module(name), reference, by, &format!("{MODULE_EXTRA_IMAGES}: {error}"));
            return Ok(());
        }
    };
    let wants = images.iter().map(|(extra, extra_tag)| async move {
        let path = module_extra(name, extra);
        source.want_tag(&path, extra_tag, Need::Required, by).await.map(drop)
    });
    try_join_all(wants).await.map(drop)
}
