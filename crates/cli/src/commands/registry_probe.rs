//! Asking a cluster's registry with the cluster's own login, from where this program runs.

use std::time::Duration;

use cluster::{
    doctor::{Answer, Answers, ChannelRelease, ImageAnswer, Probe, Questions},
    objects::RegistrySettings,
};
use deckhouse::{
    Channel, FileSearch, ReleaseInfo,
    repositories::{RELEASE_CHANNEL, VERSION_JSON},
};
use futures_util::future::{join, join_all};
use oci::{Manifest, RepositoryName, RepositoryUrl, TagOrDigest};
use registry::client::{Client, Credentials, Error, ErrorKind, Existence, Repository};

use crate::{Environment, args::ConnectionArgs, failure::Failure, settings};

/// How long all questions together may take. A closed port shows at once, a route that swallows packets never.
const LIMIT: Duration = Duration::from_secs(30);

/// The most that a layer of a `release-channel` image may have, in bytes.
const LAYER_LIMIT: u64 = 16 * 1024 * 1024;

/// Asks. Whatever keeps this program alone from asking is no answer: the registry may be for the cluster only.
pub(crate) async fn probe(
    registry: &RegistrySettings,
    questions: &Questions,
    environment: &Environment,
) -> Probe {
    let (client, root) = match connect(registry, environment) {
        Ok(connected) => connected,
        Err(failure) => return Probe::NotAsked(failure.message),
    };
    let asked = async {
        match client.ping().await {
            Ok(()) => ask(&client, &root, questions).await,
            Err(error) => Probe::NotAsked(format!("not reached from here: {error}")),
        }
    };
    let seconds = LIMIT.as_secs();
    let late = || Probe::NotAsked(format!("not reached from here: no answer within {seconds} seconds"));
    tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(|_| late())
}

fn connect(
    registry: &RegistrySettings,
    environment: &Environment,
) -> Result<(Client, RepositoryName), Failure> {
    let repo = registry.images_repo();
    let url: RepositoryUrl = repo
        .parse()
        .map_err(|error| Failure::usage(format!("the address in the Secret cannot be used: {error}")))?;
    let credentials =
        registry.login.as_ref().map(|login| Credentials::new(&login.username, login.password.clone()));
    let connection = ConnectionArgs {
        parallel: 4,
        insecure: registry.plain_http,
        tls_skip_verify: false,
        ca_file: Vec::new(),
    };
    let client = settings::client(&url, credentials, &connection, registry.ca.as_deref(), environment)?;
    Ok((client, url.repository))
}

async fn ask(client: &Client, root: &RepositoryName, questions: &Questions) -> Probe {
    let channels = match root.join(RELEASE_CHANNEL) {
        Ok(name) => client.repository(name),
        Err(error) => return Probe::NotAsked(format!("the address in the Secret cannot be used: {error}")),
    };
    let images = join_all(questions.images.iter().map(|image| ask_image(client, image)));
    let ((channel, versions), images) =
        join(join(ask_channel(&channels, questions.channel), ask_versions(&channels)), images).await;
    // A login that is wrong is wrong for every question; one that only lacks a right is not.
    if let (Err(Refusal(words)), Err(_)) = (&channel, &versions) {
        return Probe::Refused(words.clone());
    }
    let denied = |Refusal(words)| Answer::Denied(words);
    Probe::Answered(Answers {
        channel: channel.unwrap_or_else(|Refusal(words)| Answer::Denied(words)),
        versions: versions.unwrap_or_else(|Refusal(words)| Answer::Denied(words)),
        images: questions
            .images
            .iter()
            .zip(images)
            .map(|(image, answer)| ImageAnswer {
                image: image.clone(),
                answer: answer.unwrap_or_else(denied),
            })
            .collect(),
    })
}

/// The registry's words, where it does not accept the login.
struct Refusal(String);

fn answer<T>(error: &Error) -> Result<Answer<T>, Refusal> {
    match error.kind() {
        ErrorKind::Unauthorized { .. } => Err(Refusal(error.to_string())),
        ErrorKind::Denied { .. } => Ok(Answer::Denied(error.to_string())),
        ErrorKind::NotFound { .. } => Ok(Answer::Missing),
        _ => Ok(Answer::Unknown(error.to_string())),
    }
}

async fn ask_channel(
    channels: &Repository,
    channel: Option<Channel>,
) -> Result<Answer<ChannelRelease>, Refusal> {
    let Some(channel) = channel else {
        return Ok(Answer::Unknown("the cluster follows no channel that is known".to_owned()));
    };
    let reference = match channel.name().parse() {
        Ok(tag) => TagOrDigest::Tag(tag),
        Err(error) => return Ok(Answer::Unknown(error.to_string())),
    };
    match version_json(channels, &reference).await {
        Ok(Some(Ok(info))) => {
            Ok(Answer::Is(ChannelRelease { version: info.version, suspended: info.suspended }))
        }
        Ok(Some(Err(why))) => Ok(Answer::Unknown(why)),
        Ok(None) => Ok(Answer::Missing),
        Err(error) => answer(&error),
    }
}

/// What the image says of itself; `None` if it is not there, words if it is no image of a release.
async fn version_json(
    repository: &Repository,
    reference: &TagOrDigest,
) -> Result<Option<Result<ReleaseInfo, String>>, Error> {
    let Some(manifest) = repository.manifest_if_present(reference).await? else { return Ok(None) };
    let layers = match manifest.parse() {
        Ok(Manifest::Image { layers, .. }) => layers,
        Ok(Manifest::Index { .. }) => {
            return Ok(Some(Err("it is an index, and no image of a release".to_owned())));
        }
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    let mut search = FileSearch::new(&[VERSION_JSON]);
    for layer in layers.iter().rev() {
        let bytes = repository.blob_bytes(layer, LAYER_LIMIT).await?;
        if let Err(error) = search.scan_layer(&layer.media_type, &bytes[..]) {
            return Ok(Some(Err(error.to_string())));
        }
        if search.is_complete() {
            break;
        }
    }
    let Some(json) = search.into_found().remove(VERSION_JSON) else {
        return Ok(Some(Err("it has no version.json".to_owned())));
    };
    Ok(Some(ReleaseInfo::parse(&json).map_err(|error| error.to_string())))
}

async fn ask_versions(channels: &Repository) -> Result<Answer<Vec<semver::Version>>, Refusal> {
    match channels.tags().await {
        Ok(Some(tags)) => {
            Ok(Answer::Is(tags.iter().filter_map(|tag| deckhouse::version::parse_tag(tag)).collect()))
        }
        Ok(None) => Ok(Answer::Missing),
        Err(error) => answer(&error),
    }
}

async fn ask_image(client: &Client, image: &str) -> Result<Answer<()>, Refusal> {
    let Some((repository, reference)) = named(image) else {
        return Ok(Answer::Unknown("its name is not understood".to_owned()));
    };
    match client.repository(repository).manifest_exists(&reference).await {
        Ok(Existence::Present) => Ok(Answer::Is(())),
        Ok(Existence::Absent) => Ok(Answer::Missing),
        Ok(Existence::Unknown) => Ok(Answer::Denied("the registry refuses to tell".to_owned())),
        Err(error) => answer(&error),
    }
}

/// `HOST/REPOSITORY:TAG`, `HOST/REPOSITORY@DIGEST`, or both, of which the digest counts.
fn named(image: &str) -> Option<(RepositoryName, TagOrDigest)> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    let url: RepositoryUrl = name.parse().ok()?;
    let reference = match (digest, tag) {
        (Some(digest), _) => TagOrDigest::Digest(digest.parse().ok()?),
        (None, Some(tag)) => TagOrDigest::Tag(tag.parse().ok()?),
        (None, None) => return None,
    };
    Some((url.repository, reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for (image, expected) in [
            ("r:5000/dkp/ee:v1.70.0".to_owned(), Some(("dkp/ee", "v1.70.0"))),
            (format!("r:5000/dkp/ee@{digest}"), Some(("dkp/ee", digest.as_str()))),
            (format!("r/dkp/ee:v1@{digest}"), Some(("dkp/ee", digest.as_str()))),
            ("r:5000/dkp/ee".to_owned(), None),
            ("r:5000/dkp/ee@sha256:short".to_owned(), None),
            (":v1".to_owned(), None),
        ] {
            let found = named(&image).map(|(name, reference)| (name.to_string(), reference.to_string()));
            let expected = expected.map(|(name, reference)| (name.to_owned(), reference.to_owned()));
            assert_eq!(found, expected, "{image}");
        }
    }
}
