//! The platform's releases and release channels.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    image_list::ImageList,
    release_info::ReleaseInfo,
    release_manifest::ReleaseManifest,
    repositories::{
        CHANGELOG_YAML, INSTALL, INSTALL_STANDALONE, INSTALLER_IMAGES_DIGESTS, INSTALLER_IMAGES_TAGS,
        RELEASE_CHANNEL, VERSION_JSON, attestation_tag,
    },
    select::{ChannelTags, Offer, Request, Selection, select},
};
use futures_util::future::try_join_all;
use oci::{Digest, RawManifest, Tag, TagOrDigest};
use semver::Version;

use crate::{
    Error, Event, Observer,
    source::{Need, Source},
};

/// The repositories that hold one image per release, and whether each must have it.
const PER_RELEASE: [(&str, Need); 3] =
    [("", Need::Required), (INSTALL, Need::Required), (INSTALL_STANDALONE, Need::Optional)];

pub(super) struct Platform {
    pub(super) releases: BTreeSet<Version>,
    pub(super) channels: BTreeMap<Channel, Version>,
    pub(super) manifests: Vec<ReleaseManifest>,
}

pub(super) async fn discover(
    source: &Source,
    offer: &Offer,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Platform, Error> {
    let selection = select(offer, request)?;
    for notice in &selection.notices {
        observer.event(Event::Warning(notice.to_string()));
    }
    let releases = try_join_all(selection.releases.iter().map(|version| release(source, version, observer)));
    let channels =
        try_join_all(selection.channels.iter().map(|(name, tags)| channel(source, *name, tags, observer)));
    let (manifests, _) = futures_util::try_join!(releases, channels)?;
    let channels = point_channels(source, &selection)?;
    Ok(Platform {
        releases: selection.releases,
        channels,
        manifests: manifests.into_iter().flatten().collect(),
    })
}

/// What the image of a release or channel in `release-channel` tells; `None` if it cannot be read, which
/// is taken down.
pub(super) async fn release_files(
    source: &Source,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &str,
) -> Result<Option<ReleaseManifest>, Error> {
    let wanted = [VERSION_JSON, CHANGELOG_YAML];
    let Some(mut files) = source.files(RELEASE_CHANNEL, reference, manifest, &wanted, by).await? else {
        return Ok(None);
    };
    let Some(version) = files.get(VERSION_JSON) else {
        source.miss(RELEASE_CHANNEL, reference, by, "the image has no version.json");
        return Ok(None);
    };
    match ReleaseInfo::parse(version) {
        Ok(info) => Ok(Some(ReleaseManifest { info, changelog: files.remove(CHANGELOG_YAML) })),
        Err(error) => {
            source.miss(RELEASE_CHANNEL, reference, by, &format!("version.json: {error}"));
            Ok(None)
        }
    }
}

async fn release(
    source: &Source,
    version: &Version,
    observer: &dyn Observer,
) -> Result<Option<ReleaseManifest>, Error> {
    let by = format!("release v{version}");
    let reference = tag(&format!("v{version}"))?;
    let images = try_join_all(PER_RELEASE.iter().map(|(path, need)| {
        let (by, reference) = (&by, &reference);
        async move {
            let image = source.want(path, reference.clone(), *need, by).await?;
            match image {
                Some(manifest) if *path == INSTALL => want_listed(source, reference, &manifest, by).await?,
                None if *need == Need::Optional => observer.event(Event::Note(format!(
                    "the source has no {path}:{reference}; the release comes without it"
                ))),
                _ => {}
            }
            Ok::<_, Error>(())
        }
    }));
    let info = async {
        let wanted = source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by).await?;
        match wanted {
            Some(manifest) => release_files(source, &reference, &manifest, &by).await,
            None => Ok(None),
        }
    };
    let (_, info) = futures_util::try_join!(images, info)?;
    Ok(info)
}

/// Brings the tags of a channel as the source has them.
async fn channel(
    source: &Source,
    channel: Channel,
    tags: &ChannelTags,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let ChannelTags::AsOnSource(version) = tags else {
        return Ok(());
    };
    let by = format!("channel {channel}");
    let reference = tag(&channel.to_string())?;
    let images = PER_RELEASE.iter().map(|(path, _)| {
        let (by, reference) = (&by, &reference);
        async move {
            match source.want(path, reference.clone(), Need::Optional, by).await? {
                Some(manifest) if *path == INSTALL => {
                    // The channel may have moved on while we read: its installer then lists other images
                    // than the release that was chosen, and they belong to the set.
                    let release = source.manifest(INSTALL, &tag(&format!("v{version}"))?).await?;
                    if release.is_none_or(|release| release.digest() != manifest.digest()) {
                        want_listed(source, reference, &manifest, by).await?;
                    }
                }
                Some(_) => {}
                None => observer.event(Event::Note(format!(
                    "the source has no tag {channel} in {}",
                    if path.is_empty() { "its root repository" } else { path }
                ))),
            }
            Ok::<_, Error>(())
        }
    });
    let release_channel = source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by);
    futures_util::try_join!(try_join_all(images), release_channel).map(drop)
}

/// Gives re-pointed channels the images of their release, and tells where every channel points.
fn point_channels(source: &Source, selection: &Selection) -> Result<BTreeMap<Channel, Version>, Error> {
    for (channel, tags) in &selection.channels {
        let ChannelTags::PointedTo(version) = tags else {
            continue;
        };
        let (from, to) = (tag(&format!("v{version}"))?, tag(channel.name())?);
        for path in ["", INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL] {
            source.point_to((path, &to), &from, &format!("channel {channel}"));
        }
    }
    Ok(selection.channels.iter().map(|(channel, tags)| (*channel, tags.version().clone())).collect())
}

/// Wants every image that an installer lists.
async fn want_listed(
    source: &Source,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &str,
) -> Result<(), Error> {
    let wanted = [INSTALLER_IMAGES_DIGESTS, INSTALLER_IMAGES_TAGS];
    let Some(files) = source.files(INSTALL, reference, manifest, &wanted, by).await? else {
        return Ok(());
    };
    let list = match (files.get(INSTALLER_IMAGES_DIGESTS), files.get(INSTALLER_IMAGES_TAGS)) {
        (Some(digests), _) => ImageList::parse_digests(digests),
        (None, Some(tags)) => ImageList::parse_tags(tags),
        (None, None) => {
            source.miss(INSTALL, reference, by, &format!("the image has no {INSTALLER_IMAGES_DIGESTS}"));
            return Ok(());
        }
    };
    match list {
        Ok(list) => want_digests(source, "", &list, by).await,
        Err(error) => {
            source.miss(INSTALL, reference, by, &format!("{INSTALLER_IMAGES_DIGESTS}: {error}"));
            Ok(())
        }
    }
}

/// Wants the images of a list, and the attestation of each image that has one.
pub(super) async fn want_digests(
    source: &Source,
    path: &str,
    list: &ImageList,
    by: &str,
) -> Result<(), Error> {
    match list {
        ImageList::Digests(digests) => {
            try_join_all(digests.keys().map(|digest| want_digest(source, path, digest, by))).await.map(drop)
        }
        ImageList::Tags(tags) => {
            let wants = tags.keys().map(|name| async move {
                source.want(path, name.clone().into(), Need::Required, by).await.map(drop)
            });
            try_join_all(wants).await.map(drop)
        }
    }
}

async fn want_digest(source: &Source, path: &str, digest: &Digest, by: &str) -> Result<(), Error> {
    let image = source.want(path, (*digest).into(), Need::Required, by);
    let attestation = source.want(path, tag(&attestation_tag(digest))?, Need::Optional, by);
    futures_util::try_join!(image, attestation).map(drop)
}

/// A tag that we make ourselves, from a channel, a version or a digest.
pub(super) fn tag(text: &str) -> Result<TagOrDigest, Error> {
    let tag: Tag = text.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    Ok(tag.into())
}
