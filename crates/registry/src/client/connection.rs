//! The connection to one registry: address, HTTP clients, authentication, and limits on requests.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use egress::{Http, TrafficClass};
use http::{HeaderValue, Method, StatusCode};
use oci::Host;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use url::Url;

use super::{
    attempts::Attempts,
    auth::Auth,
    error::{ErrorKind, Fault, Missing},
    exchange::{Outgoing, exchange},
    host_state::HostState,
    location,
    options::ClientOptions,
    proxy_cache::ProxyCache,
    reason::Reason,
    referrers::ReferrersApi,
    reply::{Opened, Reply},
    scope::Scopes,
    transfer_limit::{Permit, TransferLimiter},
    upload::{RegistryFeatures, SessionStore},
};

/// How long a token is shown again that was issued a moment ago and is refused, since the registry's clock may be
/// behind that of its token server: a token is not valid before the moment at which it was issued.
const FRESH_TOKEN_WAITS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// What all clones of a client share.
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) host: Host,
    pub(crate) home: Url,
    /// Whether the host answers, and how fast requests may be sent to it.
    pub(crate) state: Arc<HostState>,
    /// Whether everything is asked for with the permission to push.
    pub(crate) pushes: bool,
    /// Places for bulk transfers.
    pub(crate) bulk: TransferLimiter,
    /// What uploads have found out about this registry.
    pub(crate) features: RegistryFeatures,
    /// Where sessions of uploads outlive this run.
    pub(crate) sessions: Option<SessionStore>,
    pub(crate) received: AtomicU64,
    pub(crate) sent: AtomicU64,
    /// Whether the registry was seen to ignore `Range`.
    pub(crate) ignores_range: AtomicBool,
    metadata: Arc<Semaphore>,
    auth: Auth,
    challenged: OnceCell<()>,
    pub(crate) proxy_cache: ProxyCache,
    pub(crate) referrers: ReferrersApi,
}

/// The right to read a blob.
#[derive(Debug)]
pub(crate) enum BlobPermit {
    /// Among the bulk transfers.
    Bulk(Permit),
    /// Among the small requests.
    Metadata { permit: Option<OwnedSemaphorePermit>, limiter: TransferLimiter, epoch: u64 },
}

impl Connection {
    /// The connection to the registry at `host`. Nothing is sent yet.
    pub(crate) fn new(http: Http, host: Host, options: ClientOptions) -> Self {
        let scheme = if options.plain_http { "http" } else { "https" };
        let home = Url::parse(&format!("{scheme}://{host}/v2/"))
            .unwrap_or_else(|_| unreachable!("a registry host is a valid authority"));
        Self {
            http,
            host,
            home,
            state: Arc::new(HostState::new(options.retry)),
            pushes: options.pushes,
            bulk: TransferLimiter::new(options.parallel),
            features: RegistryFeatures::default(),
            sessions: options.sessions.map(SessionStore::new),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            ignores_range: AtomicBool::new(false),
            metadata: Arc::new(Semaphore::new(options.metadata.max(1))),
            auth: Auth::new(options.credentials),
            challenged: OnceCell::new(),
            proxy_cache: ProxyCache::default(),
            referrers: ReferrersApi::default(),
        }
    }

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
                    let uncertain = self.proxy_cache.uncertain_not_found(&reply);
                    let fault = uncertain.unwrap_or_else(|| reply.refusal(Missing::Repository));
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

    /// Sends a request, once more if the registry requires other credentials, and gives the answer with its
    /// body still to come.
    pub(crate) async fn open(
        &self,
        outgoing: &Outgoing<'_>,
        scopes: &Scopes,
        attempt: u32,
    ) -> Result<Opened, Fault> {
        self.request_challenge().await;
        let mut fresh_refused = 0;
        let mut is_second = false;
        loop {
            let sent = self.auth.authorize(&self.http, &self.home, &self.state, scopes).await?;
            let authorization = sent.as_ref().map(|sent| &sent.value);
            let mut opened =
                exchange(&self.http, &self.state, outgoing, &self.home, authorization, attempt).await?;
            opened.identity = self.auth.identity(sent.as_ref());
            let is_ours = location::may_authenticate(&self.home, opened.response.url());
            if opened.response.status() != StatusCode::UNAUTHORIZED || !is_ours {
                return Ok(opened);
            }
            // The first time another token is fetched: the one that was refused may have been revoked.
            if is_second && Auth::is_fresh_token_refused(sent.as_ref(), opened.response.headers()) {
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
            if is_second || !self.auth.learn(opened.response.headers(), sent.as_ref(), scopes).await {
                return Ok(opened);
            }
            // Read to its end, so that the connection can be used again.
            opened.read(0).await.ok();
            is_second = true;
        }
    }

    /// Login and password as the header of a request; `None` if there are none.
    pub(crate) fn basic_authorization(&self) -> Option<HeaderValue> {
        self.auth.basic_header()
    }

    /// How long a token for `scopes` is valid; `None` if the registry does not use tokens.
    pub(crate) async fn token_lifetime(&self, scopes: &Scopes) -> Result<Option<Duration>, Fault> {
        let sent = self.auth.authorize(&self.http, &self.home, &self.state, scopes).await?;
        Ok(sent.and_then(|sent| sent.token_lifetime()))
    }

    /// Whether the registry is Harbor, by its challenge. Without credentials it is not asked for one.
    pub(crate) async fn is_harbor(&self) -> bool {
        self.request_challenge().await;
        self.auth.is_harbor()
    }

    /// With credentials, asks once which scheme the registry requires: a registry that allows
    /// anyone in may say "not there" of what only some may see.
    async fn request_challenge(&self) {
        if !self.auth.needs_challenge() {
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
        self.challenged.get_or_init(ask).await;
    }

    /// Waits for the right to read a blob of this traffic class.
    pub(crate) async fn blob_permit(&self, class: TrafficClass) -> BlobPermit {
        if class == TrafficClass::Metadata {
            BlobPermit::Metadata {
                permit: Arc::clone(&self.metadata).acquire_owned().await.ok(),
                limiter: self.bulk.clone(),
                epoch: self.bulk.epoch(),
            }
        } else {
            BlobPermit::Bulk(self.bulk.acquire().await)
        }
    }

    /// The address of something below `/v2/`.
    pub(crate) fn url(&self, path: &str) -> Result<Url, Fault> {
        self.home.join(path).map_err(|_| ErrorKind::Protocol(format!("'{path}' is not an address")).into())
    }
}

impl BlobPermit {
    /// Reports congestion met by this transfer.
    pub(crate) fn congested(&mut self) {
        match self {
            Self::Bulk(permit) => permit.congested(),
            Self::Metadata { limiter, epoch, .. } => {
                limiter.congested(*epoch);
                *epoch = limiter.epoch();
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

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.host).finish()
    }
}
