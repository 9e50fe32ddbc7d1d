//! One registry as it is reached: its address, its clients, who we are there, and how hard it is pressed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use egress::{Http, Lane};
use http::{Method, StatusCode};
use oci::{Host, RepositoryName};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use url::Url;

use super::{
    attempts::Attempts,
    auth::Auth,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::{Outgoing, exchange},
    gate::{Gate, Permit},
    host_state::HostState,
    location,
    notices::Notice,
    options::ClientOptions,
    reason::Reason,
    reply::{Opened, Reply},
    repository::Repository,
    scope::Scopes,
    upload::{Habits, SessionStore},
    upstream::Upstream,
};

/// How long a token is shown again that was issued a moment ago and is refused, since the registry's clock may be
/// behind that of its token server: a token is not valid before the moment at which it was issued.
const FRESH_TOKEN_WAITS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// A client of one registry. Clones share connections, tokens and limits.
#[derive(Clone)]
pub struct Client(Arc<Connection>);

/// What all clones of a [`Client`] share.
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) host: Host,
    pub(crate) home: Url,
    /// Whether the host answers, and how fast requests may be sent to it.
    pub(crate) state: Arc<HostState>,
    /// Whether everything is asked for with the permission to push.
    pub(crate) pushes: bool,
    /// Places for bulk transfers.
    pub(crate) bulk: Gate,
    /// What uploads have found out about this registry.
    pub(crate) habits: Habits,
    /// Where sessions of uploads outlive this run.
    pub(crate) sessions: Option<SessionStore>,
    pub(crate) received: AtomicU64,
    pub(crate) sent: AtomicU64,
    /// Whether the registry was seen to ignore `Range`.
    pub(crate) ignores_range: AtomicBool,
    metadata: Arc<Semaphore>,
    auth: Auth,
    introduced: OnceCell<()>,
    upstream: Upstream,
}

/// The right to read a blob.
#[derive(Debug)]
pub(crate) enum Place {
    /// Among the bulk transfers.
    Bulk(Permit),
    /// Among the small requests.
    Metadata { permit: Option<OwnedSemaphorePermit>, gate: Gate, epoch: u64 },
}

impl Client {
    /// A client of the registry at `host`, through `http` (which was made for that host). Nothing is sent
    /// yet.
    pub fn new(http: Http, host: Host, options: ClientOptions) -> Self {
        let scheme = if options.plain_http { "http" } else { "https" };
        let home = Url::parse(&format!("{scheme}://{host}/v2/"))
            .unwrap_or_else(|_| unreachable!("a registry host is a valid authority"));
        Self(Arc::new(Connection {
            http,
            host,
            home,
            state: Arc::new(HostState::new(options.retry)),
            pushes: options.pushes,
            bulk: Gate::new(options.parallel),
            habits: Habits::default(),
            sessions: options.sessions.map(SessionStore::new),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            ignores_range: AtomicBool::new(false),
            metadata: Arc::new(Semaphore::new(options.metadata.max(1))),
            auth: Auth::new(options.credentials),
            introduced: OnceCell::new(),
            upstream: Upstream::default(),
        }))
    }

    /// The registry.
    pub fn host(&self) -> &Host {
        &self.0.host
    }

    /// Takes the registry for a proxy cache: what it says about its own store alone, as Harbor does while
    /// the upstream cannot be reached, is no answer ([`ErrorKind::UpstreamNotAsked`]). A Harbor gives itself away
    /// as a proxy cache by other answers too; then the same holds.
    pub fn expect_proxy_cache(&self) {
        self.0.upstream.expect();
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
    /// [`ErrorKind::NotARegistry`] if something else answers; [`ErrorKind::Network`] if nothing does.
    pub async fn ping(&self) -> Result<(), Error> {
        super::ping::ping(&self.0).await
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

impl Connection {
    /// Sends a small request, retries it if that may help, and reads at most `limit` bytes of the answer.
    ///
    /// A refusal that trying again cannot change is an answer, not an error.
    pub(crate) async fn fetch(
        &self,
        attempts: &mut Attempts,
        outgoing: &Outgoing<'_>,
        scopes: &Scopes,
        limit: u64,
    ) -> Result<Reply, Fault> {
        let _permit = self.metadata_permit().await;
        loop {
            let epoch = self.bulk.epoch();
            let fault = match self.fetch_once(outgoing, scopes, limit, attempts.number()).await {
                Ok(reply) if reply.status.is_success() => return Ok(reply),
                Ok(reply) => {
                    let doubt = self.upstream.doubt(&reply);
                    let fault = doubt.unwrap_or_else(|| reply.refusal(Missing::Repository));
                    if !fault.kind.is_transient() {
                        return Ok(reply);
                    }
                    fault
                }
                Err(fault) => fault,
            };
            if fault.kind.is_congestion() {
                self.bulk.congested(epoch);
            }
            attempts.again(fault).await?;
        }
    }

    /// Waits for a place among the small requests.
    pub(crate) async fn metadata_permit(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed; without a permit there would only be no limit.
        self.metadata.acquire().await.ok()
    }

    /// Sends a small request once; `attempt` is its number, for the log.
    pub(crate) async fn fetch_once(
        &self,
        outgoing: &Outgoing<'_>,
        scopes: &Scopes,
        limit: u64,
        attempt: u32,
    ) -> Result<Reply, Fault> {
        let reply = self.open(outgoing, scopes, attempt).await?.read(limit).await?;
        self.answered(&outgoing.method, reply.status);
        Ok(reply)
    }

    /// Records that the host has answered, unless it says that it cannot.
    pub(crate) fn answered(&self, method: &Method, status: StatusCode) {
        if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
            let reads = matches!(*method, Method::GET | Method::HEAD);
            self.state.succeeded(!reads && status.is_success());
        }
    }

    /// Sends a request, once more if the registry wants other credentials, and gives the answer with its
    /// body still to come.
    pub(crate) async fn open(
        &self,
        outgoing: &Outgoing<'_>,
        scopes: &Scopes,
        attempt: u32,
    ) -> Result<Opened, Fault> {
        self.introduce().await;
        let mut fresh_refused = 0;
        let mut is_second = false;
        loop {
            let shown = self.auth.show(&self.http, &self.home, &self.state, scopes).await?;
            let authorization = shown.as_ref().map(|shown| &shown.value);
            let mut opened =
                exchange(&self.http, &self.state, outgoing, &self.home, authorization, attempt).await?;
            opened.standing = self.auth.standing(shown.as_ref());
            let is_ours = location::may_authenticate(&self.home, opened.response.url());
            if opened.response.status() != StatusCode::UNAUTHORIZED || !is_ours {
                return Ok(opened);
            }
            // The first time another token is fetched: the one that was refused may have been revoked.
            if is_second && Auth::is_fresh_token_refused(shown.as_ref(), opened.response.headers()) {
                let Some(wait) = FRESH_TOKEN_WAITS.get(fresh_refused) else {
                    let message = Reason::of(&opened.read(0).await?.body).text();
                    return Err(ErrorKind::FreshTokenRefused { message }.into());
                };
                fresh_refused += 1;
                tracing::info!(?wait, "a token that was just issued is refused: retrying with it");
                opened.read(0).await.ok();
                tokio::time::sleep(*wait).await;
                continue;
            }
            if is_second || !self.auth.learn(opened.response.headers(), shown.as_ref(), scopes).await {
                return Ok(opened);
            }
            // Read to its end, so that the connection can be used again.
            opened.read(0).await.ok();
            is_second = true;
        }
    }

    /// With credentials in hand, asks once how the registry wants to be shown them: a registry that lets
    /// anyone in may say "not there" of what only some may see.
    async fn introduce(&self) {
        if !self.auth.wants_introduction() {
            return;
        }
        let ask = || async {
            let outgoing = Outgoing::new(Method::GET, self.home.clone());
            if let Ok(opened) = exchange(&self.http, &self.state, &outgoing, &self.home, None, 1).await
                && opened.response.status() == StatusCode::UNAUTHORIZED
                && location::may_authenticate(&self.home, opened.response.url())
            {
                let headers = opened.response.headers().clone();
                opened.read(0).await.ok();
                self.auth.learn(&headers, None, &Scopes::none()).await;
            }
        };
        self.introduced.get_or_init(ask).await;
    }

    /// Waits for the right to read a blob on this lane.
    pub(crate) async fn place(&self, lane: Lane) -> Place {
        if lane == Lane::Metadata {
            Place::Metadata {
                permit: Arc::clone(&self.metadata).acquire_owned().await.ok(),
                gate: self.bulk.clone(),
                epoch: self.bulk.epoch(),
            }
        } else {
            Place::Bulk(self.bulk.enter().await)
        }
    }

    /// The address of something below `/v2/`.
    pub(crate) fn url(&self, path: &str) -> Result<Url, Fault> {
        self.home.join(path).map_err(|_| ErrorKind::Protocol(format!("'{path}' is no address")).into())
    }
}

impl Place {
    /// Reports congestion met by this transfer.
    pub(crate) fn congested(&mut self) {
        match self {
            Self::Bulk(permit) => permit.congested(),
            Self::Metadata { gate, epoch, .. } => {
                gate.congested(*epoch);
                *epoch = gate.epoch();
            }
        }
    }

    /// Reports success and gives the place back.
    pub(crate) fn completed(self) {
        match self {
            Self::Bulk(permit) => permit.completed(),
            Self::Metadata { permit, .. } => drop(permit),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.host).finish()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.host).finish()
    }
}
