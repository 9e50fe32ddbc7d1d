//! Manifests of the source, each fetched once however many releases want it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use oci::{RawManifest, TagOrDigest};
use registry::client::Repository;
use tokio::sync::OnceCell;

use crate::{Error, wanted::Key};

/// `None` inside is a manifest that is certainly not there.
type Cell = Arc<OnceCell<Option<RawManifest>>>;

#[derive(Debug, Default)]
pub(crate) struct Manifests {
    cells: Mutex<HashMap<Key, Cell>>,
}

impl Manifests {
    pub(crate) async fn get(
        &self,
        path: &str,
        reference: &TagOrDigest,
        repository: &Repository,
    ) -> Result<Option<RawManifest>, Error> {
        let key = (path.to_owned(), reference.clone());
        let cell = self
            .cells
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_default()
            .clone();
        let manifest = cell
            .get_or_try_init(|| repository.manifest_if_present(reference))
            .await?;
        Ok(manifest.clone())
    }
}
