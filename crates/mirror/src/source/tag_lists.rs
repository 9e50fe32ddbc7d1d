//! The tags that a registry lists, each repository's list fetched once.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;
use registry::client::{self, ErrorKind, Repository};
use tokio::sync::OnceCell;

use crate::Error;

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

/// The lists by the path of their repository.
#[derive(Debug, Default)]
pub(crate) struct TagLists(Mutex<HashMap<String, Arc<OnceCell<TagList>>>>);

impl TagLists {
    /// The list of the repository at `path`.
    pub(crate) async fn get(&self, path: &str, repository: &Repository) -> Result<TagList, Error> {
        let cell = self.0.lock().entry(path.to_owned()).or_default().clone();
        cell.get_or_try_init(|| fetch(repository)).await.cloned()
    }

    /// Forgets all lists: the registry's content may have changed.
    pub(crate) fn forget(&self) {
        self.0.lock().clear();
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
