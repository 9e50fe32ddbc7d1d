//! The platform's releases and release channels.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    image_list::{ImageList, ImageListError},
    release_info::ReleaseInfo,
    release_manifest::ReleaseManifest,
    repositories::{
        CHANGELOG_YAML, INSTALL, INSTALL_STANDALONE, INSTALLER_IMAGES_DIGESTS, INSTALLER_IMAGES_TAGS,
        RELEASE_CHANNEL, VERSION_JSON,
    },
    select::{Available, ChannelTags, Request, Selection, select},
};
use futures_util::future::try_join_all;
use oci::{RawManifest, Tag, TagOrDigest};
use semver::Version;

use crate::{
    Error, WantedBy,
    source::{Found, Images, Need, Source, Step},
};

/// The repositories that hold one image per release, and whether each must have it.
const PER_RELEASE: [(&str, Need); 3] =
    [("", Need::Required), (INSTALL, Need::Required), (INSTALL_STANDALONE, Need::Optional)];

#[derive(Default)]
pub(super) struct Platform {
    pub(super) releases: BTreeSet<Version>,
    pub(super) channels: BTreeMap<Channel, Version>,
    pub(super) manifests: Vec<ReleaseManifest>,
}

pub(super) async fn discover(
    source: &Source,
    mut found: Found,
    offer: &Available,
    request: &Request,
) -> Result<Step<Platform>, Error> {
    let selection = match select(offer, request) {
        Ok(selection) => selection,
        Err(error) => {
            // A channel that exists and cannot be read must not be reported as one that does not exist.
            if found.missing.is_in(&source.name(RELEASE_CHANNEL)) {
                found.check()?;
            }
            return Err(error.into());
        }
    };
    for notice in &selection.notices {
        found.warn(notice.to_string());
    }
    let releases = try_join_all(selection.releases.iter().map(|version| release(source, version)));
    let channels =
        try_join_all(selection.channels.iter().map(|(name, tags)| as_on_source(source, *name, tags)));
    let (releases, channels) = futures_util::try_join!(releases, channels)?;
    let manifests = found.merge_all(releases).into_iter().flatten().collect();
    let without_tag = selection.channels.keys().copied().zip(found.merge_all(channels)).collect();
    let channels = point_channels(&mut found, &selection, &without_tag)?;
    Ok(found.with(Platform { releases: selection.releases, channels, manifests }))
}

/// What the image of a release or channel in `release-channel` says; `None` if it cannot be read, and so is missing.
pub(crate) async fn release_files<I: Images>(
    source: &Source<I>,
    reference: &TagOrDigest,
    manifest: &RawManifest,
    by: &WantedBy,
) -> Result<Step<Option<ReleaseManifest>>, Error> {
    let wanted = [VERSION_JSON, CHANGELOG_YAML];
    let Step { value: files, mut found } =
        source.files(RELEASE_CHANNEL, reference, manifest, &wanted, by).await?;
    let Some(mut files) = files else { return Ok(found.with(None)) };
    let info = match files.get(VERSION_JSON).map(|file| ReleaseInfo::parse(file)) {
        Some(Ok(info)) => info,
        Some(Err(error)) => {
            let reason = format!("version.json: {error}");
            found.miss(source.missing(RELEASE_CHANNEL, reference, by, &reason));
            return Ok(found.with(None));
        }
        None => {
            let reason = "the image has no version.json";
            found.miss(source.missing(RELEASE_CHANNEL, reference, by, reason));
            return Ok(found.with(None));
        }
    };
    Ok(found.with(Some(ReleaseManifest { info, changelog: files.remove(CHANGELOG_YAML) })))
}

/// Wants all that belongs to a release.
pub(crate) async fn release<I: Images>(
    source: &Source<I>,
    version: &Version,
) -> Result<Step<Option<ReleaseManifest>>, Error> {
    let by = WantedBy::Release(version.clone());
    let reference = tag(&format!("v{version}"))?;
    let images = images(source, &reference, &by);
    let info = async {
        let Step { value: manifest, mut found } =
            source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by).await?;
        let Some(manifest) = manifest else { return Ok(found.with(None)) };
        let files = release_files(source, &reference, &manifest, &by).await?.merge_into(&mut found);
        Ok(found.with(files))
    };
    let (images, Step { value: info, mut found }) = futures_util::try_join!(images, info)?;
    found.merge(images);
    Ok(found.with(info))
}

/// Wants all that belongs to a build, which need not have a description.
pub(crate) async fn build<I: Images>(source: &Source<I>, name: &Tag) -> Result<Found, Error> {
    let (by, reference) = (WantedBy::Build(name.clone()), TagOrDigest::from(name.clone()));
    let description = source.want(RELEASE_CHANNEL, reference.clone(), Need::Optional, &by);
    let (mut found, description) = futures_util::try_join!(images(source, &reference, &by), description)?;
    found.merge(description.found);
    Ok(found)
}

/// Wants the images that every release has under its tag, and what its installer lists.
async fn images<I: Images>(
    source: &Source<I>,
    reference: &TagOrDigest,
    by: &WantedBy,
) -> Result<Found, Error> {
    let images = PER_RELEASE.iter().map(|(path, need)| async move {
        let Step { value: image, mut found } = source.want(path, reference.clone(), *need, by).await?;
        match image {
            Some(manifest) if *path == INSTALL => {
                found.merge(want_listed(source, (INSTALL, reference), &manifest, by).await?);
            }
            None if *need == Need::Optional => {
                found.note(format!("the source has no {path}:{reference}; it is left out"));
            }
            _ => {}
        }
        Ok::<_, Error>(found)
    });
    let mut found = Found::default();
    try_join_all(images).await?.into_iter().for_each(|image| found.merge(image));
    Ok(found)
}

async fn as_on_source(
    source: &Source,
    name: Channel,
    tags: &ChannelTags,
) -> Result<Step<Vec<&'static str>>, Error> {
    match tags {
        ChannelTags::AsOnSource(version) => channel(source, name, version).await,
        ChannelTags::PointedTo(_) => Ok(Found::default().with(Vec::new())),
    }
}

/// Wants the tags of a channel that points to the release `version`, and returns which of the repositories
/// [`PER_RELEASE`] do not have its tag.
pub(crate) async fn channel<I: Images>(
    source: &Source<I>,
    channel: Channel,
    version: &Version,
) -> Result<Step<Vec<&'static str>>, Error> {
    let by = WantedBy::Channel(channel);
    let reference = tag(channel.name())?;
    let images = PER_RELEASE.iter().map(|(path, _)| {
        let (by, reference) = (&by, &reference);
        async move {
            let Step { value: manifest, mut found } =
                source.want(path, reference.clone(), Need::Optional, by).await?;
            let Some(manifest) = manifest else { return Ok(found.with(Some(*path))) };
            if *path == INSTALL {
                // If the channel was moved while it is read, its installer lists other images than the release that was
                // selected. They are needed too.
                let release = source.look(INSTALL, &tag(&format!("v{version}"))?, by).await?;
                let release = release.merge_into(&mut found);
                if release.is_none_or(|release| release.digest() != manifest.digest()) {
                    found.merge(want_listed(source, (INSTALL, reference), &manifest, by).await?);
                }
            }
            Ok::<_, Error>(found.with(None))
        }
    });
    let release_channel = source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by);
    let (images, Step { mut found, .. }) = futures_util::try_join!(try_join_all(images), release_channel)?;
    let without_tag = found.merge_all(images).into_iter().flatten().collect();
    Ok(found.with(without_tag))
}

/// Gives re-pointed channels the images of their release, and returns where every channel points. If the source has a
/// channel without its tag in some of the repositories (`without_tag`), that tag is added: the documentation starts
/// `install:stable`, so a bundle without it is incomplete.
fn point_channels(
    found: &mut Found,
    selection: &Selection,
    without_tag: &BTreeMap<Channel, Vec<&'static str>>,
) -> Result<BTreeMap<Channel, Version>, Error> {
    for (channel, tags) in &selection.channels {
        let version = tags.version();
        let (from, to) = (tag(&format!("v{version}"))?, tag(channel.name())?);
        let by = WantedBy::Channel(*channel);
        if let ChannelTags::PointedTo(_) = tags {
            for path in ["", INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL] {
                found.wanted.point_to((path, &to), &from, &by);
            }
        }
        for path in without_tag.get(channel).into_iter().flatten() {
            if found.wanted.point_to((path, &to), &from, &by) {
                found.note(format!(
                    "the source has no tag {channel} in {}; in the bundle it points to v{version}",
                    if path.is_empty() { "its root repository" } else { path }
                ));
            }
        }
    }
    Ok(selection.channels.iter().map(|(channel, tags)| (*channel, tags.version().clone())).collect())
}

/// Wants every image that the installer in the repository `path` lists.
pub(crate) async fn want_listed<I: Images>(
    source: &Source<I>,
    (path, reference): (&str, &TagOrDigest),
    manifest: &RawManifest,
    by: &WantedBy,
) -> Result<Found, Error> {
    type Parse = fn(&[u8]) -> Result<ImageList, ImageListError>;
    // One after the other: a search for both would read an installer's hundreds of megabytes to their
    // bottom, only to learn that a list of the old kind is not there either.
    let lists: [(&str, Parse); 2] = [
        (INSTALLER_IMAGES_DIGESTS, ImageList::parse_digests),
        (INSTALLER_IMAGES_TAGS, ImageList::parse_tags),
    ];
    let mut found = Found::default();
    for (file, parse) in lists {
        let files = source.files(path, reference, manifest, &[file], by).await?;
        let Some(files) = files.merge_into(&mut found) else { return Ok(found) };
        let Some(list) = files.get(file) else { continue };
        match parse(list) {
            Ok(list) => found.merge(want_digests(source, "", &list, by).await?),
            Err(error) => {
                let reason = format!("{file}: {error}");
                found.miss(source.missing(path, reference, by, &reason));
            }
        }
        return Ok(found);
    }
    let reason = format!("the image has no {INSTALLER_IMAGES_DIGESTS}");
    found.miss(source.missing(path, reference, by, &reason));
    Ok(found)
}

/// Wants the images of a list.
pub(super) async fn want_digests<I: Images>(
    source: &Source<I>,
    path: &str,
    list: &ImageList,
    by: &WantedBy,
) -> Result<Found, Error> {
    let want_one = |reference: TagOrDigest| source.want(path, reference, Need::Required, by);
    let images = match list {
        ImageList::Digests(digests) => {
            try_join_all(digests.keys().map(|digest| want_one((*digest).into()))).await?
        }
        ImageList::Tags(tags) => try_join_all(tags.keys().map(|tag| want_one(tag.clone().into()))).await?,
    };
    let mut found = Found::default();
    found.merge_all(images);
    match list {
        ImageList::Digests(digests) => {
            for (digest, names) in digests {
                found.name_image(path, (*digest).into(), by, names);
            }
        }
        ImageList::Tags(tags) => {
            for (tag, names) in tags {
                found.name_image(path, tag.clone().into(), by, names);
            }
        }
    }
    Ok(found)
}

/// A tag that we make ourselves, from a channel, a version or a digest.
pub(crate) fn tag(text: &str) -> Result<TagOrDigest, Error> {
    let tag: Tag = text.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    Ok(tag.into())
}
