//! The platform's releases and release channels.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    image_list::{ImageList, ImageListError},
    release_info::ReleaseInfo,
    release_manifest::ReleaseManifest,
    repositories::{
        CHANGELOG_YAML, INSTALL, INSTALL_STANDALONE, INSTALLER_IMAGES_DIGESTS, INSTALLER_IMAGES_TAGS,
        RELEASE_CHANNEL, VERSION_JSON, attestation_tag,
    },
    select::{Available, ChannelTags, Request, Selection, select},
};
use futures_util::future::try_join_all;
use oci::{Digest, RawManifest, Tag, TagOrDigest};
use semver::Version;

use crate::{
    Error, Event, Observer, WantedBy,
    source::{Images, Need, Source},
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
    offer: &Available,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Platform, Error> {
    let selection = match select(offer, request) {
        Ok(selection) => selection,
        Err(error) => {
            // A channel that is there and cannot be read is no reason to say that there is none.
            if source.lacks_some_of(RELEASE_CHANNEL) {
                source.take_wanted()?;
            }
            return Err(error.into());
        }
    };
    for notice in &selection.notices {
        observer.event(Event::Warning(notice.to_string()));
    }
    let releases = try_join_all(selection.releases.iter().map(|version| release(source, version, observer)));
    let channels =
        try_join_all(selection.channels.iter().map(|(name, tags)| as_on_source(source, *name, tags)));
    let (manifests, lacking) = futures_util::try_join!(releases, channels)?;
    let lacking = selection.channels.keys().copied().zip(lacking).collect();
    let channels = point_channels(source, &selection, &lacking, observer)?;
    Ok(Platform {
        releases: selection.releases,
        channels,
        manifests: manifests.into_iter().flatten().collect(),
    })
}

/// What the image of a release or channel in `release-channel` says; `None` if it cannot be read, which
/// is recorded as missing.
pub(crate) async fn release_files<I: Images>(
    source: &Source<I>,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &WantedBy,
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

/// Wants all that belongs to a release.
pub(crate) async fn release<I: Images>(
    source: &Source<I>,
    version: &Version,
    observer: &dyn Observer,
) -> Result<Option<ReleaseManifest>, Error> {
    let by = WantedBy::Release(version.clone());
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

async fn as_on_source(
    source: &Source,
    name: Channel,
    tags: &ChannelTags,
) -> Result<Vec<&'static str>, Error> {
    match tags {
        ChannelTags::AsOnSource(version) => channel(source, name, version).await,
        ChannelTags::PointedTo(_) => Ok(Vec::new()),
    }
}

/// Wants the tags of a channel that points to the release `version`, and tells which of the repositories
/// [`PER_RELEASE`] have none.
pub(crate) async fn channel<I: Images>(
    source: &Source<I>,
    channel: Channel,
    version: &Version,
) -> Result<Vec<&'static str>, Error> {
    let by = WantedBy::Channel(channel);
    let reference = tag(channel.name())?;
    let images = PER_RELEASE.iter().map(|(path, _)| {
        let (by, reference) = (&by, &reference);
        async move {
            let Some(manifest) = source.want(path, reference.clone(), Need::Optional, by).await? else {
                return Ok(Some(*path));
            };
            if *path == INSTALL {
                // The channel may have moved on while we read: its installer then lists other images
                // than the release that was chosen, and they belong to the set.
                let release = source.look(INSTALL, &tag(&format!("v{version}"))?, by).await?;
                if release.is_none_or(|release| release.digest() != manifest.digest()) {
                    want_listed(source, reference, &manifest, by).await?;
                }
            }
            Ok::<_, Error>(None)
        }
    });
    let release_channel = source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by);
    let (lacking, _) = futures_util::try_join!(try_join_all(images), release_channel)?;
    Ok(lacking.into_iter().flatten().collect())
}

/// Gives re-pointed channels the images of their release, and tells where every channel points. A channel
/// that the source has without its tag in some repository gets that tag too: `install:stable` is what the
/// documentation starts, and so no bundle is complete without it.
fn point_channels(
    source: &Source,
    selection: &Selection,
    lacking: &BTreeMap<Channel, Vec<&'static str>>,
    observer: &dyn Observer,
) -> Result<BTreeMap<Channel, Version>, Error> {
    for (channel, tags) in &selection.channels {
        let version = tags.version();
        let (from, to) = (tag(&format!("v{version}"))?, tag(channel.name())?);
        let point = |path: &str| source.point_to((path, &to), &from, &WantedBy::Channel(*channel));
        if let ChannelTags::PointedTo(_) = tags {
            for path in ["", INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL] {
                point(path);
            }
        }
        for path in lacking.get(channel).into_iter().flatten() {
            if point(path) {
                observer.event(Event::Note(format!(
                    "the source has no tag {channel} in {}; in the bundle it points to v{version}",
                    if path.is_empty() { "its root repository" } else { path }
                )));
            }
        }
    }
    Ok(selection.channels.iter().map(|(channel, tags)| (*channel, tags.version().clone())).collect())
}

/// Wants every image that an installer lists.
async fn want_listed<I: Images>(
    source: &Source<I>,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &WantedBy,
) -> Result<(), Error> {
    type Parse = fn(&[u8]) -> Result<ImageList, ImageListError>;
    // One after the other: a search for both would read an installer's hundreds of megabytes to their
    // bottom, only to learn that a list of the old kind is not there either.
    let lists: [(&str, Parse); 2] = [
        (INSTALLER_IMAGES_DIGESTS, ImageList::parse_digests),
        (INSTALLER_IMAGES_TAGS, ImageList::parse_tags),
    ];
    for (path, parse) in lists {
        let Some(files) = source.files(INSTALL, reference, manifest, &[path], by).await? else {
            return Ok(());
        };
        let Some(file) = files.get(path) else { continue };
        return match parse(file) {
            Ok(list) => want_digests(source, "", &list, by).await,
            Err(error) => {
                source.miss(INSTALL, reference, by, &format!("{path}: {error}"));
                Ok(())
            }
        };
    }
    source.miss(INSTALL, reference, by, &format!("the image has no {INSTALLER_IMAGES_DIGESTS}"));
    Ok(())
}

/// Wants the images of a list, and the attestation of each image that has one.
pub(super) async fn want_digests<I: Images>(
    source: &Source<I>,
    path: &str,
    list: &ImageList,
    by: &WantedBy,
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

async fn want_digest<I: Images>(
    source: &Source<I>,
    path: &str,
    digest: &Digest,
    by: &WantedBy,
) -> Result<(), Error> {
    let image = source.want(path, (*digest).into(), Need::Required, by);
    let attestation = source.want(path, tag(&attestation_tag(digest))?, Need::Optional, by);
    futures_util::try_join!(image, attestation).map(drop)
}

/// A tag that we make ourselves, from a channel, a version or a digest.
pub(crate) fn tag(text: &str) -> Result<TagOrDigest, Error> {
    let tag: Tag = text.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    Ok(tag.into())
}
