//! Manifests of the source, each fetched once however many releases want it.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use oci::{RawManifest, TagOrDigest};
use parking_lot::Mutex;
use registry::client::Repository;
use tokio::sync::OnceCell;

use super::tag_lists::{TagList, TagLists};
use crate::{Error, journal::Journal, limits::Totals, wanted::Key};

/// How long a tag is asked for again that is listed and not found: registries behind a load balancer or with a cache
/// may answer 404 for a moment.
const LISTED_WAITS: [Duration; 5] = [
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_millis(1200),
    Duration::from_millis(2400),
    Duration::from_millis(4800),
];

/// `None` inside is a manifest that is certainly not there.
type Cell = Arc<OnceCell<Option<RawManifest>>>;

#[derive(Debug)]
pub(crate) struct Manifests {
    cells: Mutex<HashMap<Key, Cell>>,
    totals: Arc<Totals>,
    journal: Option<Arc<Journal>>,
    lists: TagLists,
    /// Whether the registry's lists say nothing, as those of a proxy cache.
    ignores_lists: AtomicBool,
}

impl Manifests {
    pub(crate) fn new(journal: Option<Arc<Journal>>, totals: Arc<Totals>) -> Self {
        Self {
            cells: Mutex::default(),
            journal,
            lists: TagLists::new(totals.clone()),
            totals,
            ignores_lists: AtomicBool::new(false),
        }
    }

    /// Takes the registry for a proxy cache: its lists are not compared with what it answers.
    pub(crate) fn ignore_lists(&self) {
        self.ignores_lists.store(true, Ordering::Relaxed);
    }

    /// Whether the registry's lists are compared with what it answers.
    pub(crate) fn believes_lists(&self) -> bool {
        !self.ignores_lists.load(Ordering::Relaxed)
    }

    /// The tags that the registry lists.
    pub(crate) async fn tags(&self, path: &str, repository: &Repository) -> Result<TagList, Error> {
        self.lists.get(path, repository).await
    }

    /// The manifest, or `None` if it is certainly not there.
    ///
    /// # Errors
    /// [`Error::ListedAndDenied`] for a tag that the registry lists and does not have; [`Error::OverLimit`] if all
    /// manifests together are too large.
    pub(crate) async fn get(
        &self,
        path: &str,
        reference: &TagOrDigest,
        repository: &Repository,
    ) -> Result<Option<RawManifest>, Error> {
        let key = (path.to_owned(), reference.clone());
        let cell = self.cells.lock().entry(key).or_default().clone();
        cell.get_or_try_init(|| self.fetch(path, reference, repository)).await.cloned()
    }

    /// Forgets where tags point, and which there are: they may have changed. Digests cannot.
    pub(crate) fn forget_tags(&self) {
        self.cells.lock().retain(|(_, reference), _| matches!(reference, TagOrDigest::Digest(_)));
        self.lists.forget();
    }

    /// A tag may have moved since it was read last, a digest cannot.
    async fn fetch(
        &self,
        path: &str,
        reference: &TagOrDigest,
        repository: &Repository,
    ) -> Result<Option<RawManifest>, Error> {
        if let (Some(journal), TagOrDigest::Digest(digest)) = (&self.journal, reference)
            && let Some(kept) = journal.manifest(digest)
        {
            return self.totals.manifests.lock().keep(kept).map(Some);
        }
        let mut found = repository.manifest_if_present(reference).await?;
        if found.is_none() && self.is_listed(path, reference, repository).await? {
            found = Some(read_listed(reference, repository).await?);
        }
        let Some(found) = found else { return Ok(None) };
        let kept = self.totals.manifests.lock().keep(found)?;
        if let Some(journal) = &self.journal {
            journal.keep_manifest(&kept)?;
        }
        Ok(Some(kept))
    }

    async fn is_listed(
        &self,
        path: &str,
        reference: &TagOrDigest,
        repository: &Repository,
    ) -> Result<bool, Error> {
        let TagOrDigest::Tag(tag) = reference else { return Ok(false) };
        if !self.believes_lists() {
            return Ok(false);
        }
        let list = self.tags(path, repository).await?;
        Ok(matches!(list, TagList::Tags(tags) if tags.contains(tag.as_str())))
    }
}

/// Reads a tag that is listed and was not found.
async fn read_listed(reference: &TagOrDigest, repository: &Repository) -> Result<RawManifest, Error> {
    for wait in LISTED_WAITS {
        tracing::info!(repository = %repository.name(), %reference, ?wait, "listed, but not found: requesting it again");
        tokio::time::sleep(wait).await;
        if let Some(found) = repository.manifest_if_present(reference).await? {
            return Ok(found);
        }
    }
    Err(Error::ListedAndDenied)
}
