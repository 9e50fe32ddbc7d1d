//! The images of one registry root.

use std::sync::Arc;

use oci::{Descriptor, RawManifest, TagOrDigest};
use registry::client::{Client, Repository};

use super::{Images, LayerStore, layers::Kept, manifests::Manifests};
use crate::{Error, Root, journal::Journal};

/// One registry root that is read from; manifests and layers are each fetched once.
#[derive(Debug)]
pub struct RegistryImages {
    client: Client,
    root: Root,
    layers: LayerStore,
    manifests: Manifests,
}

impl RegistryImages {
    /// The images below `root`. With a journal, what an interrupted pull has read is not fetched again.
    pub(crate) fn new(client: Client, root: Root, journal: Option<Arc<Journal>>) -> Self {
        let layers = journal.as_deref().map_or_else(LayerStore::temporary, LayerStore::in_journal);
        Self { client, root, layers, manifests: Manifests::new(journal) }
    }

    /// Lets go of the layers that were read.
    pub(super) fn forget_layers(&self) {
        self.layers.forget();
    }

    /// The repository at `path` below the root.
    pub(super) fn repository(&self, path: &str) -> Result<Repository, Error> {
        let name = self.root.repository(path).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.client.repository(name))
    }
}

impl Images for RegistryImages {
    fn name(&self, path: &str) -> String {
        self.root.describe(self.client.host(), path)
    }

    fn accepts(&self, path: &str) -> bool {
        self.root.repository(path).is_ok()
    }

    async fn manifest(&self, path: &str, reference: &TagOrDigest) -> Result<Option<RawManifest>, Error> {
        self.manifests.get(path, reference, &self.repository(path)?).await
    }

    async fn layer(&self, path: &str, layer: &Descriptor) -> Result<Option<Kept>, Error> {
        self.layers.get(layer, &self.repository(path)?).await.map(Some)
    }
}
