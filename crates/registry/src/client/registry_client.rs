//! The public entry: a client of one registry.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use egress::Http;
use oci::{Host, RepositoryName};

use super::{
    connection::Connection, error::Error, notices::Notice, options::ClientOptions, ping,
    repository::Repository,
};

/// A client of one registry. Clones share connections, tokens and limits.
#[derive(Clone)]
pub struct Client(Arc<Connection>);

impl Client {
    /// A client of the registry at `host`, through `http` (which was made for that host). Nothing is sent
    /// yet.
    pub fn new(http: Http, host: Host, options: ClientOptions) -> Self {
        Self(Arc::new(Connection::new(http, host, options)))
    }

    /// The registry.
    pub fn host(&self) -> &Host {
        &self.0.host
    }

    /// Treats the registry as a proxy cache: what it says about its own store alone, as Harbor does while
    /// the upstream cannot be reached, is no answer ([`ErrorKind::UpstreamNotAsked`](super::ErrorKind::UpstreamNotAsked)). A Harbor gives itself away
    /// as a proxy cache by other answers too; then the same holds.
    pub fn expect_proxy_cache(&self) {
        self.0.proxy_cache.assume();
    }

    /// Calls `listener` with what the user should know of while requests are retried, once for as long as it holds.
    /// Only the first call counts.
    pub fn on_notice(&self, listener: impl Fn(Notice) + Send + Sync + 'static) {
        self.0.state.notices.listen(Box::new(listener));
    }

    /// A repository in it; nothing is asked.
    pub fn repository(&self, name: RepositoryName) -> Repository {
        Repository::new(Arc::clone(&self.0), name)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.0
    }

    /// Finds out whether a registry answers here at all, by `GET /v2/` and without credentials.
    ///
    /// # Errors
    /// [`ErrorKind::NotARegistry`](super::ErrorKind::NotARegistry) if something else answers; [`ErrorKind::Network`](super::ErrorKind::Network) if nothing does.
    pub async fn ping(&self) -> Result<(), Error> {
        ping::ping(&self.0).await
    }

    /// Bytes of blobs received so far, those received twice counted twice.
    pub fn received_bytes(&self) -> u64 {
        self.0.received.load(Ordering::Relaxed)
    }

    /// Bytes of blobs sent so far, those sent twice counted twice.
    pub fn sent_bytes(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.host).finish()
    }
}
