//! The referrers API: which manifests are attached to one (OCI distribution specification 1.1, "Listing Referrers").

use std::{
    collections::{BTreeSet, HashSet},
    sync::atomic::{AtomicU8, Ordering},
};

use http::{Method, StatusCode, header};
use oci::{
    Digest,
    manifest::{MAX_DESCRIPTORS, MAX_SIZE},
    media_type,
};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{
    attempts::Attempts,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    reply::Reply,
    repository::Repository,
    tags::next_page,
};

/// The most pages of one list: a registry may continue without end.
const MAX_PAGES: usize = 1000;

const UNKNOWN: u8 = 0;
const SUPPORTED: u8 = 1;
const UNSUPPORTED: u8 = 2;

/// Whether a registry has the referrers API. Its first answer decides, so that a registry without it is asked once.
#[derive(Debug, Default)]
pub(crate) struct ReferrersApi {
    state: AtomicU8,
    /// Held while the first request is under way.
    first: Mutex<()>,
}

impl ReferrersApi {
    fn state(&self) -> u8 {
        self.state.load(Ordering::SeqCst)
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }
}

/// A page of the list: an OCI index. Of its entries only the digests are read, the manifests themselves say the rest.
#[derive(Deserialize)]
struct Page {
    /// Registries written in Go send null for an empty list. Without the field it is not an index.
    #[serde(deserialize_with = "oci::descriptor::null_as_empty")]
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    digest: Digest,
}

impl Repository {
    /// The manifests that are attached to `subject`, or `None` if the registry does not have this API.
    ///
    /// That is so if the first answer is 404 or 405, or a web page with status 200: some products answer every address
    /// that they do not know with the page of their interface. Nothing else says so. Once the registry has answered with
    /// a list, a 404 is an error, since the API never returns it.
    ///
    /// # Errors
    /// [`ErrorKind::NotARegistry`] for an answer that is not a list; [`ErrorKind::OverLimit`] above [`MAX_DESCRIPTORS`];
    /// and whatever keeps a true answer from coming.
    pub async fn referrers(&self, subject: &Digest) -> Result<Option<BTreeSet<Digest>>, Error> {
        let mut attempts = self.attempts();
        let outcome = self.list_referrers(&mut attempts, subject).await;
        outcome.map_err(|fault| attempts.error("list the referrers of", self.blob_name(subject), fault))
    }

    async fn list_referrers(
        &self,
        attempts: &mut Attempts,
        subject: &Digest,
    ) -> Result<Option<BTreeSet<Digest>>, Fault> {
        let api = &self.connection.referrers;
        let mut first = if api.state() == UNKNOWN { Some(api.first.lock().await) } else { None };
        if api.state() == UNSUPPORTED {
            return Ok(None);
        }
        let mut next = Some(self.connection.url(&self.path(&format!("referrers/{subject}")))?);
        let (mut seen, mut found) = (HashSet::new(), BTreeSet::new());
        while let Some(url) = next {
            let outgoing = Outgoing::new(Method::GET, url).header(header::ACCEPT, media_type::OCI_INDEX);
            let reply = self.connection.fetch(attempts, &outgoing, &self.pull(), MAX_SIZE).await?;
            if api.state() == UNKNOWN && says_unsupported(&reply) {
                api.set(UNSUPPORTED);
                return Ok(None);
            }
            if !reply.status.is_success() {
                return Err(reply.refusal(Missing::Manifest));
            }
            found.extend(digests_of(&reply)?);
            if found.len() > MAX_DESCRIPTORS {
                let what = format!("the list has more than {MAX_DESCRIPTORS} referrers");
                return Err(ErrorKind::OverLimit { what }.into());
            }
            api.set(SUPPORTED);
            drop(first.take());
            attempts.progress();
            seen.insert(outgoing.url);
            if seen.len() > MAX_PAGES {
                let what = format!("the list of referrers has more than {MAX_PAGES} pages");
                return Err(ErrorKind::OverLimit { what }.into());
            }
            next = next_page(&reply, "referrers")?;
            if next.as_ref().is_some_and(|url| seen.contains(url)) {
                let what = "the pages of the list of referrers form a loop".to_owned();
                return Err(ErrorKind::Protocol(what).into());
            }
        }
        Ok(Some(found))
    }
}

/// Whether the first answer of a registry says that it does not have the API.
fn says_unsupported(reply: &Reply) -> bool {
    matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
        || (reply.status.is_success() && reply.is_page())
}

fn digests_of(reply: &Reply) -> Result<impl Iterator<Item = Digest> + use<>, Fault> {
    let page: Page = serde_json::from_slice(&reply.body)
        .map_err(|_| ErrorKind::NotARegistry { answer: reply.describe() })?;
    Ok(page.manifests.into_iter().map(|entry| entry.digest))
}
