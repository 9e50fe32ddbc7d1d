//! The tags that a registry lists, each repository's list fetched once.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, atomic::Ordering},
};

use parking_lot::Mutex;
use registry::client::{self, ErrorKind, Repository};
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    Error,
    limits::{Totals, check_tags},
};

/// The answer to a request for all tags of a repository.
#[derive(Debug, Clone)]
pub(crate) enum TagList {
    /// These.
    Tags(BTreeSet<String>),
    /// There is certainly no such repository.
    Absent,
    /// The registry answers other requests, but not this one.
    Refused(Arc<client::Error>),
}

/// Lists that are read at the same time: each may be long.
const AT_ONCE: usize = 4;

/// The lists by the path of their repository.
#[derive(Debug)]
pub(crate) struct TagLists {
    lists: Mutex<HashMap<String, Arc<OnceCell<TagList>>>>,
    totals: Arc<Totals>,
    places: Semaphore,
}

impl TagLists {
    /// No lists; the tags of those to come count in `totals`.
    pub(crate) fn new(totals: Arc<Totals>) -> Self {
        Self { lists: Mutex::default(), totals, places: Semaphore::new(AT_ONCE) }
    }

    /// The list of the repository at `path`.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if all lists together are too long; whatever keeps a true answer from coming.
    pub(crate) async fn get(&self, path: &str, repository: &Repository) -> Result<TagList, Error> {
        let cell = self.lists.lock().entry(path.to_owned()).or_default().clone();
        let fetch = || async {
            // Never closed; without a place there would only be no limit.
            let _place = self.places.acquire().await.ok();
            let list = fetch(repository).await?;
            if let TagList::Tags(tags) = &list {
                check_tags(self.totals.tags.fetch_add(tags.len(), Ordering::Relaxed) + tags.len())?;
            }
            Ok::<_, Error>(list)
        };
        cell.get_or_try_init(fetch).await.cloned()
    }

    /// Forgets all lists: the registry's content may have changed.
    pub(crate) fn forget(&self) {
        let lists = std::mem::take(&mut *self.lists.lock());
        let tags = |list: &TagList| if let TagList::Tags(tags) = list { tags.len() } else { 0 };
        let count: usize = lists.values().filter_map(|cell| cell.get()).map(tags).sum();
        self.totals.tags.fetch_sub(count, Ordering::Relaxed);
    }
}

async fn fetch(repository: &Repository) -> Result<TagList, Error> {
    match repository.tags().await {
        Ok(Some(tags)) => Ok(TagList::Tags(tags.into_iter().collect())),
        Ok(None) => Ok(TagList::Absent),
        Err(error) if is_refusal(error.kind()) => Ok(TagList::Refused(Arc::new(error))),
        Err(error) => Err(error.into()),
    }
}

/// Whether this is how registries answer that have no lists, or give them to nobody.
fn is_refusal(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Denied { .. } | ErrorKind::NotARegistry { .. } => true,
        ErrorKind::Server { status, .. } => (400..500).contains(status) || *status == 501,
        _ => false,
    }
}
