//! Questions to a registry about releases, whose answers a decision is made of.

use std::collections::{BTreeMap, BTreeSet};

use cluster::{ChannelRelease, RegistryAnswer, ReleaseList};
use deckhouse::{
    Channel, Edition, FileSearch, ReleaseInfo,
    edition::{EDITION_BYTES, EDITION_FILE},
    repositories::VERSION_JSON,
    select::list_check::versions_to_check_between,
};
use futures_util::future::join_all;
use oci::{Manifest, TagOrDigest};
use registry::client::{Error, ErrorKind, Existence, Repository};
use semver::Version;

/// The most that a layer of a `release-channel` image may have, in bytes.
const LAYER_LIMIT: u64 = 16 * 1024 * 1024;

/// The registry does not accept the login.
pub(super) struct Refused(pub(super) Error);

/// A refusal of one question among others that are answered.
pub(super) fn words<T>(Refused(error): Refused) -> RegistryAnswer<T> {
    RegistryAnswer::Denied(error.to_string().into())
}

fn answer<T>(error: Error) -> Result<RegistryAnswer<T>, Refused> {
    match error.kind() {
        ErrorKind::Unauthorized { .. } => Err(Refused(error)),
        ErrorKind::Denied { .. } => Ok(RegistryAnswer::Denied(error.to_string().into())),
        ErrorKind::NotFound { .. } => Ok(RegistryAnswer::Missing),
        _ => Ok(RegistryAnswer::Unknown(error.to_string().into())),
    }
}

/// What the tag of a channel leads to.
pub(super) async fn ask_channel(
    channels: &Repository,
    channel: Option<Channel>,
) -> Result<RegistryAnswer<ChannelRelease>, Refused> {
    let Some(channel) = channel else {
        return Ok(RegistryAnswer::Unknown("the release channel of the cluster is unknown".into()));
    };
    let files = ask_files(channels, channel.name(), &[VERSION_JSON]).await?;
    Ok(files.read(|files| {
        let info = ReleaseInfo::of_files(&files)?;
        Ok(ChannelRelease { version: info.version, suspended: info.suspended })
    }))
}

/// The release that a channel points to, if that is known.
pub(super) fn points_to(channel: &Result<RegistryAnswer<ChannelRelease>, Refused>) -> Option<&Version> {
    Some(&channel.as_ref().ok()?.found()?.version)
}

/// These files of an image of `release-channel`, as far as it has them.
pub(super) async fn ask_files(
    repository: &Repository,
    tag: &str,
    names: &[&str],
) -> Result<RegistryAnswer<BTreeMap<String, Vec<u8>>>, Refused> {
    ask_files_within(repository, tag, names, None).await
}

/// The edition of a release, as its controller or its installer names it. Only small layers are read, from the topmost
/// one down.
pub(super) async fn ask_edition(
    controllers: &Repository,
    installers: &Repository,
    version: &Version,
) -> RegistryAnswer<Edition> {
    let tag = deckhouse::version::tag_of(version);
    let mut answer = RegistryAnswer::Missing;
    for repository in [controllers, installers] {
        let files = ask_files_within(repository, &tag, &[EDITION_FILE], Some(EDITION_BYTES)).await;
        let next = files.unwrap_or_else(words).read(|files| Edition::of_files(&files));
        match next {
            RegistryAnswer::Found(_) => return next,
            RegistryAnswer::Missing => {}
            RegistryAnswer::Denied(_) | RegistryAnswer::Unknown(_) => answer = next,
        }
    }
    answer
}

/// As [`ask_files`]. With `total`, layers are left out that are too large or would exceed this number of bytes together.
async fn ask_files_within(
    repository: &Repository,
    tag: &str,
    names: &[&str],
    total: Option<u64>,
) -> Result<RegistryAnswer<BTreeMap<String, Vec<u8>>>, Refused> {
    let reference = match tag.parse() {
        Ok(tag) => TagOrDigest::Tag(tag),
        Err(error) => return Ok(RegistryAnswer::Unknown(format!("{error}").into())),
    };
    let manifest = match repository.manifest_if_present(&reference).await {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return Ok(RegistryAnswer::Missing),
        Err(error) => return answer(error),
    };
    let layers = match manifest.parse() {
        Ok(Manifest::Image { layers, .. }) => layers,
        Ok(Manifest::Index { .. }) => {
            return Ok(RegistryAnswer::Unknown("it is an index, not the image of a release".into()));
        }
        Err(error) => return Ok(RegistryAnswer::Unknown(error.to_string().into())),
    };
    let mut search = FileSearch::new(names);
    let mut left = total;
    for layer in layers.iter().rev() {
        if let Some(left) = &mut left {
            if layer.size > LAYER_LIMIT.min(*left) {
                continue;
            }
            *left -= layer.size;
        }
        let bytes = match repository.blob_bytes(layer, LAYER_LIMIT).await {
            Ok(bytes) => bytes,
            Err(error) => return answer(error),
        };
        if let Err(error) = search.scan_layer(&layer.media_type, &bytes[..]) {
            return Ok(RegistryAnswer::Unknown(error.to_string().into()));
        }
        if search.is_complete() {
            break;
        }
    }
    Ok(RegistryAnswer::Found(search.into_found()))
}

/// The releases in `release-channel`: those that it lists, and those that a cluster needs and that it returns only by name.
///
/// `deployed` and `channel` are what the cluster runs and what its release channel points to.
pub(super) async fn ask_releases(
    channels: &Repository,
    deployed: Option<&Version>,
    channel: Option<&Version>,
) -> Result<RegistryAnswer<ReleaseList>, Refused> {
    let tags = match channels.tags().await {
        Ok(tags) => tags,
        Err(error) => return answer(error),
    };
    if let Err(error) = recognize_proxy_cache(channels).await {
        return answer(error);
    }
    let is_absent = tags.is_none();
    let listed: BTreeSet<Version> =
        tags.into_iter().flatten().filter_map(|tag| deckhouse::version::parse_tag(&tag)).collect();
    let to_check = match (deployed, channel) {
        (Some(deployed), Some(channel)) => versions_to_check_between(&listed, deployed, channel),
        _ => BTreeSet::new(),
    };
    let exist = join_all(to_check.iter().map(|version| exists_by_name(channels, version))).await;
    let mut unlisted = Vec::new();
    for (version, exists) in to_check.iter().zip(exist) {
        match exists {
            Ok(true) => unlisted.push(version.clone()),
            Ok(false) => {}
            Err(error) => return answer(error),
        }
    }
    if is_absent && unlisted.is_empty() {
        return Ok(RegistryAnswer::Missing);
    }
    Ok(RegistryAnswer::Found(ReleaseList { listed: listed.into_iter().collect(), unlisted }))
}

/// Requests a release that no platform has. The answer of a Harbor shows whether it is a proxy cache, which decides what its
/// later answers mean.
pub(super) async fn recognize_proxy_cache(channels: &Repository) -> Result<(), Error> {
    exists_by_name(channels, &Version::new(0, 0, 0)).await.map(drop)
}

/// Some registries refuse access to what they do not have, which proves nothing against their list.
async fn exists_by_name(channels: &Repository, version: &Version) -> Result<bool, Error> {
    let Ok(tag) = deckhouse::version::tag_of(version).parse() else { return Ok(false) };
    match channels.manifest_if_present(&TagOrDigest::Tag(tag)).await {
        Ok(manifest) => Ok(manifest.is_some()),
        Err(error) if error.is_refused_access() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether something exists.
pub(super) async fn ask_presence(
    repository: &Repository,
    reference: &TagOrDigest,
) -> Result<RegistryAnswer<()>, Refused> {
    match repository.manifest_exists(reference).await {
        Ok(Existence::Present) => Ok(RegistryAnswer::Found(())),
        // Only the body of a GET shows whether a proxy cache was able to ask its upstream.
        Ok(Existence::Absent) => match repository.manifest_if_present(reference).await {
            Ok(Some(_)) => Ok(RegistryAnswer::Found(())),
            Ok(None) => Ok(RegistryAnswer::Missing),
            Err(error) => answer(error),
        },
        Ok(Existence::Unknown) => {
            Ok(RegistryAnswer::Denied("the registry does not say whether the image exists".into()))
        }
        Err(error) => answer(error),
    }
}
