//! A repository in a registry: the handle on which everything is asked.

use std::sync::Arc;

use oci::{Digest, RepositoryName, TagOrDigest};

use super::{attempts::Attempts, connection::Connection, scope::Scopes};

/// A repository of a registry. Clones are cheap.
///
/// ```no_run
/// # async fn pull() -> Result<(), Box<dyn std::error::Error>> {
/// use egress::{Http, Settings};
/// use registry::client::{Client, ClientOptions};
///
/// let http = Http::new(&Settings::default(), "registry.example.com")?;
/// let client = Client::new(http, "registry.example.com".parse()?, ClientOptions::default());
/// let repository = client.repository("dkp/ee/install".parse()?);
/// let tags = repository.tags().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Repository {
    pub(super) connection: Arc<Connection>,
    pub(super) name: RepositoryName,
}

impl Repository {
    pub(super) fn new(connection: Arc<Connection>, name: RepositoryName) -> Self {
        Self { connection, name }
    }

    /// Its path in the registry.
    pub fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// The path of something in this repository, relative to `/v2/`.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", self.name)
    }

    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(&self.connection.state)
    }

    /// What reading needs.
    pub(super) fn pull(&self) -> Scopes {
        if self.connection.pushes { self.push() } else { Scopes::pull(&self.name) }
    }

    pub(super) fn push(&self) -> Scopes {
        Scopes::push(&self.name)
    }

    /// The repository as errors name it.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.connection.host, self.name)
    }

    /// A manifest as errors name it.
    pub(super) fn manifest_name(&self, reference: &TagOrDigest) -> String {
        match reference {
            TagOrDigest::Tag(tag) => format!("{}:{tag}", self.full_name()),
            TagOrDigest::Digest(digest) => self.blob_name(digest),
        }
    }

    /// A blob as errors name it.
    pub(super) fn blob_name(&self, digest: &Digest) -> String {
        format!("{}@{digest}", self.full_name())
    }
}
