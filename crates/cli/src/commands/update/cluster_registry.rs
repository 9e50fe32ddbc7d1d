//! Asking a cluster's registry with the cluster's own login, from where this program runs.

use std::time::Duration;

use cluster::{
    RegistryAnswer,
    doctor::{ImageAnswer, ImageQuestion, Questions, RegistryAnswers, RegistryCheck},
    objects::RegistrySettings,
};
use deckhouse::{
    Edition,
    repositories::{INSTALL, RELEASE_CHANNEL},
};
use egress::FaultKind;
use futures_util::future::{join, join_all};
use oci::{RepositoryName, RepositoryUrl, TagOrDigest};
use registry::client::{Client, Credentials, Error, ErrorKind};

use semver::Version;

use super::registry_requests::{
    Refused, ask_channel, ask_edition, ask_presence, ask_releases, points_to, words,
};
use crate::{
    Environment,
    failure::Failure,
    settings::{Connection, RegistryAccess},
};

/// How long all questions together may take. A closed port shows at once, a route that swallows packets never.
const LIMIT: Duration = Duration::from_secs(30);

/// How many requests are made at the same time, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// See [`Connection::parallel`].
    pub(super) parallel: usize,
    /// See [`Connection::metadata`].
    pub(super) metadata: Option<usize>,
    /// See [`Connection::retry_timeout`].
    pub(super) retry_timeout: Duration,
}

/// For single questions.
const QUESTIONS: Reach = Reach { parallel: 4, metadata: Some(4), retry_timeout: LIMIT };

impl Reach {
    /// For reading all images of a release, as `dhctl registry list` does without flags.
    pub(super) const IMAGES: Self =
        Self { parallel: Connection::PARALLEL, metadata: None, retry_timeout: Duration::from_mins(2) };

    /// As the flags say.
    pub(super) fn of(connection: &Connection) -> Self {
        let Connection { parallel, metadata, retry_timeout, .. } = *connection;
        Self { parallel, metadata, retry_timeout }
    }
}

/// Asks. Whatever keeps this program alone from asking is no answer: the registry may be for the cluster only.
pub(crate) async fn check_registry(
    registry: &RegistrySettings,
    questions: &Questions,
    environment: &Environment,
) -> RegistryCheck {
    let (client, root) = match connect(registry, QUESTIONS, environment) {
        Ok(connected) => connected,
        Err(failure) => return RegistryCheck::NotAsked(failure.message.to_string().into()),
    };
    let asked = async {
        match client.ping().await {
            Ok(()) => ask(&client, &root, questions).await,
            Err(error) if is_distrust(&error) => RegistryCheck::Untrusted(error.to_string().into()),
            Err(error) => RegistryCheck::NotAsked(format!("cannot be reached from here: {error}").into()),
        }
    };
    let seconds = LIMIT.as_secs();
    let late = || {
        RegistryCheck::NotAsked(
            format!("cannot be reached from here: no answer within {seconds} seconds").into(),
        )
    };
    tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(|_| late())
}

/// The edition of a release in this registry.
pub(super) async fn edition_of(
    registry: &RegistrySettings,
    version: &Version,
    environment: &Environment,
) -> RegistryAnswer<Edition> {
    let (client, root) = match connect(registry, QUESTIONS, environment) {
        Ok(connected) => connected,
        Err(failure) => return RegistryAnswer::Unknown(failure.message.to_string().into()),
    };
    match root.join(INSTALL) {
        Ok(installers) => {
            ask_edition(&client.repository(root), &client.repository(installers), version).await
        }
        Err(error) => RegistryAnswer::Unknown(error.to_string().into()),
    }
}

/// A client with the login and the certificates of the cluster, and the root of the distribution.
pub(super) fn connect(
    registry: &RegistrySettings,
    Reach { parallel, metadata, retry_timeout }: Reach,
    environment: &Environment,
) -> Result<(Client, RepositoryName), Failure> {
    let repo = registry.images_repo();
    let url: RepositoryUrl = repo
        .parse()
        .map_err(|error| Failure::usage(format!("the address in the Secret cannot be used: {error}")))?;
    let credentials =
        registry.login.as_ref().map(|login| Credentials::new(&login.username, login.password.clone()));
    let connection = Connection {
        parallel,
        metadata,
        retry_timeout,
        plain_http: registry.plain_http,
        skip_verify: false,
        ca_files: Vec::new(),
        client: None,
    };
    let ca = registry.ca.as_deref();
    let access = RegistryAccess { url: &url, credentials, connection: &connection, ca, pushes: false };
    let client = access.client(environment)?;
    Ok((client, url.repository))
}

async fn ask(client: &Client, root: &RepositoryName, questions: &Questions) -> RegistryCheck {
    let channels = match root.join(RELEASE_CHANNEL) {
        Ok(name) => client.repository(name),
        Err(error) => {
            return RegistryCheck::NotAsked(
                format!("the address in the Secret cannot be used: {error}").into(),
            );
        }
    };
    let images = join_all(questions.images.iter().map(|image| look_up(client, image)));
    let releases = async {
        let channel = ask_channel(&channels, questions.channel).await;
        let versions = ask_releases(&channels, questions.deployed.as_ref(), points_to(&channel)).await;
        (channel, versions)
    };
    let ((channel, versions), images) = join(releases, images).await;
    // A login that is wrong is wrong for every question; one that only lacks a right is not.
    if let (Err(refused), Err(_)) = (&channel, &versions) {
        return RegistryCheck::Refused(refused.0.to_string().into());
    }
    RegistryCheck::Answered(RegistryAnswers {
        channel: channel.unwrap_or_else(words),
        versions: versions.unwrap_or_else(words),
        images,
    })
}

/// The registry was reached, and did not show who it is: that is not for the place from which it was asked.
fn is_distrust(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Network(fault) if fault.kind() == FaultKind::Tls)
}

async fn look_up(client: &Client, question: &ImageQuestion) -> ImageAnswer {
    let ImageQuestion { image, outside } = question;
    let answer = ask_image(client, outside).await.unwrap_or_else(words);
    let no_repository = match (&answer, named(outside)) {
        (RegistryAnswer::Missing, Some((repository, _))) => {
            matches!(client.repository(repository).tags().await, Ok(None))
        }
        _ => false,
    };
    ImageAnswer { image: image.clone(), answer, no_repository }
}

async fn ask_image(client: &Client, image: &str) -> Result<RegistryAnswer<()>, Refused> {
    let Some((repository, reference)) = named(image) else {
        return Ok(RegistryAnswer::Unknown("its name cannot be parsed".into()));
    };
    ask_presence(&client.repository(repository), &reference).await
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
