//! Questions to a registry about releases, whose answers a decision is made of.

use std::collections::BTreeMap;

use cluster::{ChannelRelease, RegistryAnswer};
use deckhouse::{Channel, FileSearch, ReleaseInfo, repositories::VERSION_JSON};
use oci::{Manifest, TagOrDigest};
use registry::client::{Error, ErrorKind, Existence, Repository};

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
        let info = release_info(&files)?;
        Ok(ChannelRelease { version: info.version, suspended: info.suspended })
    }))
}

/// What an image of `release-channel` says of a release.
pub(super) fn release_info(files: &BTreeMap<String, Vec<u8>>) -> Result<ReleaseInfo, String> {
    let json = files.get(VERSION_JSON).ok_or("it has no version.json")?;
    ReleaseInfo::parse(json).map_err(|error| error.to_string())
}

/// These files of an image of `release-channel`, as far as it has them.
pub(super) async fn ask_files(
    repository: &Repository,
    tag: &str,
    names: &[&str],
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
    for layer in layers.iter().rev() {
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

/// The releases that `release-channel` lists.
pub(super) async fn ask_versions(
    channels: &Repository,
) -> Result<RegistryAnswer<Vec<semver::Version>>, Refused> {
    match channels.tags().await {
        Ok(Some(tags)) => Ok(RegistryAnswer::Found(
            tags.iter().filter_map(|tag| deckhouse::version::parse_tag(tag)).collect(),
        )),
        Ok(None) => Ok(RegistryAnswer::Missing),
        Err(error) => answer(error),
    }
}

/// Whether something is there.
pub(super) async fn ask_presence(
    repository: &Repository,
    reference: &TagOrDigest,
) -> Result<RegistryAnswer<()>, Refused> {
    match repository.manifest_exists(reference).await {
        Ok(Existence::Present) => Ok(RegistryAnswer::Found(())),
        Ok(Existence::Absent) => Ok(RegistryAnswer::Missing),
        Ok(Existence::Unknown) => {
            Ok(RegistryAnswer::Denied("the registry does not say whether the image exists".into()))
        }
        Err(error) => answer(error),
    }
}
