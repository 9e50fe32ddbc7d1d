//! Checks that need an image in the registry: redirects to storage, and mounts.

use std::time::Duration;

use http::{Method, StatusCode, header};
use oci::{Digest, Manifest, RepositoryName};
use url::Url;

use super::{Fact, Outcome};
use crate::client::{
    connection::Connection,
    error::{Error, Fault, Missing, OtherHost},
    exchange::Outgoing,
    location,
    registry_client::Client,
    repository::Repository,
    scope::Scopes,
    upload::{UploadSession, opened_session},
};

/// Repositories of the platform that are searched for an image.
const CANDIDATES: [&str; 3] = ["", "release-channel", "install"];

/// What a registry does when an upload is to begin.
pub(super) enum Opened {
    /// It has the blob already, at this address.
    Mounted(Option<Url>),
    /// It opened an upload.
    Session(UploadSession),
    /// It permits uploads; none was opened.
    Nothing,
}

/// A blob in a repository.
pub(super) struct Sample {
    repository: Repository,
    digest: Digest,
}

/// Finds a blob at or below `path`; `None` if there is no image.
pub(super) async fn sample(client: &Client, path: &RepositoryName) -> Option<Sample> {
    for below in CANDIDATES {
        let name = if below.is_empty() { path.clone() } else { path.join(below).ok()? };
        let repository = client.repository(name);
        let Ok(Some(tags)) = repository.tags().await else { continue };
        for tag in tags.iter().take(3) {
            let Ok(tag) = tag.parse::<oci::Tag>() else { continue };
            let Ok(Some(manifest)) = repository.manifest_if_present(&tag.into()).await else { continue };
            if let Ok(Manifest::Image { config, .. }) = manifest.parse() {
                return Some(Sample { repository, digest: config.digest });
            }
        }
    }
    None
}

impl Sample {
    /// Reads the first byte of the blob, through the redirect if there is one.
    pub(super) async fn redirect(&self, connection: &Connection) -> Outcome {
        let read = async {
            let url = connection.url(&self.repository.path(&format!("blobs/{}", self.digest)))?;
            let outgoing = Outgoing::new(Method::GET, url).header(header::RANGE, "bytes=0-0");
            let scopes = Scopes::pull(self.repository.name());
            connection.fetch_once(&outgoing, &scopes, 1024 * 1024, 1).await
        };
        match read.await {
            Ok(reply) if reply.status.is_success() => Outcome::Ok(match reply.other_host {
                Some(OtherHost::Redirect { host }) => Fact::Redirected(host),
                _ => Fact::NotRedirected,
            }),
            Ok(reply) => self.failure(reply.refusal(Missing::Blob)),
            Err(fault) => self.failure(fault),
        }
    }

    /// Whether the blob is in the repository at `path` itself.
    pub(super) fn is_at(&self, path: &RepositoryName) -> bool {
        self.repository.name() == path
    }

    /// Asks to mount the blob into the repository that has it, which changes nothing.
    pub(super) async fn mount(&self) -> Result<Opened, Error> {
        let ask = async {
            let connection = &self.repository.connection;
            let outgoing = self.repository.mount_request(&self.digest, self.repository.name())?;
            let scopes = Scopes::push(self.repository.name());
            let reply = connection.fetch_once(&outgoing, &scopes, 64 * 1024, 1).await?;
            if reply.status == StatusCode::CREATED {
                let location = reply.header(header::LOCATION);
                return Ok(Opened::Mounted(location.and_then(|it| location::resolve(&reply.url, it))));
            }
            opened_session(&reply).map(Opened::Session)
        };
        ask.await.map_err(|fault: Fault| {
            Error::new("upload to", self.repository.full_name(), fault, 1, Duration::ZERO)
        })
    }

    fn failure(&self, fault: Fault) -> Outcome {
        let object = self.repository.blob_name(&self.digest);
        Outcome::of_error(Error::new("read blob", object, fault, 1, Duration::ZERO))
    }
}
