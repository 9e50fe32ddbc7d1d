//! Manifests of the source, each fetched once however many releases want it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use oci::{RawManifest, TagOrDigest};
use registry::client::Repository;
use tokio::sync::OnceCell;

use crate::{Error, journal::Journal, wanted::Key};

/// `None` inside is a manifest that is certainly not there.
type Cell = Arc<OnceCell<Option<RawManifest>>>;

#[derive(Debug)]
pub(crate) struct Manifests {
    cells: Mutex<HashMap<Key, Cell>>,
    journal: Option<Arc<Journal>>,
}

impl Manifests {
    pub(crate) fn new(journal: Option<Arc<Journal>>) -> Self {
        Self { cells: Mutex::default(), journal }
    }

    pub(crate) async fn get(
        &self,
        path: &str,
        reference: &TagOrDigest,
        repository: &Repository,
    ) -> Result<Option<RawManifest>, Error> {
        let key = (path.to_owned(), reference.clone());
        let cell = self.cells.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        cell.get_or_try_init(|| self.fetch(reference, repository)).await.cloned()
    }

    /// A tag may have moved since it was read last, a digest cannot.
    async fn fetch(
        &self,
        reference: &TagOrDigest,
        repository: &Repository,
    ) -> Result<Option<RawManifest>, Error> {
        let Some(journal) = &self.journal else {
            return Ok(repository.manifest_if_present(reference).await?);
        };
        if let TagOrDigest::Digest(digest) = reference
            && let Some(kept) = journal.manifest(digest)
        {
            return Ok(Some(kept));
        }
        let found = repository.manifest_if_present(reference).await?;
        if let Some(manifest) = &found {
            journal.keep_manifest(manifest)?;
        }
        Ok(found)
    }
}
