//! The registry that is pushed to.

use std::sync::Arc;

use registry::client::{Client, Repository};

use crate::{Error, Root, source::RegistryImages};

/// A registry root that is pushed to.
#[derive(Debug, Clone)]
pub struct Target {
    client: Client,
    root: Root,
}

impl Target {
    /// A target whose repositories are below `root`.
    pub fn new(client: Client, root: impl Into<Root>) -> Self {
        Self { client, root: root.into() }
    }

    /// A repository's name for a user.
    pub(crate) fn name(&self, path: &str) -> String {
        self.root.describe(self.client.host(), path)
    }

    /// Makes ready the place where uploads under way are recorded for a later push.
    pub(crate) fn prepare_sessions(&self) -> std::io::Result<()> {
        self.client.prepare_sessions()
    }

    /// What it holds, to be read as a source is.
    pub(crate) fn images(&self) -> RegistryImages {
        RegistryImages::new(self.client.clone(), self.root.clone(), None, Arc::default())
    }

    pub(crate) fn repository(&self, path: &str) -> Result<Repository, Error> {
        let name = self.root.repository(path).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.client.repository(name))
    }
}
