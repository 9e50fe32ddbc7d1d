//! Who we are to one registry: what it asked for, and what is shown to it.
//!
//! The way of authenticating is learnt from the first challenge and kept, so that later requests are
//! right at once. Every 401 is followed by one more try at most: a token may have expired in the middle
//! of a transfer, or the registry wants another scope than we thought.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};

use base64::Engine as _;
use egress::Http;
use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{
    challenge::{self, Challenge},
    error::{ErrorKind, Fault},
    host_state::HostState,
    scope::Scopes,
    token_cache::{Token, TokenCache},
    token_server::TokenServer,
};
use crate::credentials::Credentials;

/// What one client knows about authenticating to its registry.
#[derive(Debug)]
pub(crate) struct Auth {
    credentials: Option<Credentials>,
    tokens: TokenCache,
    learnt: Mutex<Learnt>,
    /// Whether a token was ever issued for the credentials: they are right then, also where a registry
    /// refuses a push by asking for another scheme, as Harbor does.
    proven: AtomicBool,
}

/// A token that was received less than this ago is fresh: a difference between the clocks of the registry and its
/// token server is outlived within seconds.
const FRESH: Duration = Duration::from_secs(9);

#[derive(Debug, Default)]
struct Learnt {
    scheme: Option<Scheme>,
    /// Scopes that the registry asked for in the place of ours.
    scopes: HashMap<Vec<String>, Scopes>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer { realm: String, service: Option<String> },
}

/// What a host knows of us when it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing, or only that we are someone.
    Unknown,
    /// A login and password, which it may refuse.
    Claimed,
    /// A token that was issued for our login and password.
    Known,
}

/// What was shown with one request.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) value: HeaderValue,
    token: Option<(Scopes, Token)>,
}

impl Auth {
    pub(crate) fn new(credentials: Option<Credentials>) -> Self {
        Self {
            credentials,
            tokens: TokenCache::default(),
            learnt: Mutex::default(),
            proven: AtomicBool::new(false),
        }
    }

    /// Whether a 401 with these headers refuses a token that was issued a moment ago, as not valid (RFC 6750 §3.1):
    /// that is what a registry does whose clock is behind that of its token server.
    pub(crate) fn is_fresh_token_refused(shown: Option<&Shown>, headers: &HeaderMap) -> bool {
        let token = shown.and_then(|shown| shown.token.as_ref());
        let values = headers.get_all(header::WWW_AUTHENTICATE).iter();
        token.is_some_and(|(_, token)| token.age() < FRESH)
            && challenge::refuses_token(values.filter_map(|value| value.to_str().ok()))
    }

    /// Whether there are credentials, but the registry has not yet said how it wants them.
    pub(crate) fn wants_introduction(&self) -> bool {
        self.credentials.is_some() && self.learnt().scheme.is_none()
    }

    /// What to show with a request that needs `scopes`; a token is fetched if none is in hand.
    pub(crate) async fn show(
        &self,
        http: &Http,
        registry: &Url,
        state: &Arc<HostState>,
        scopes: &Scopes,
    ) -> Result<Option<Shown>, Fault> {
        let (scheme, scopes) = {
            let learnt = self.learnt();
            let scopes = learnt.scopes.get(&scopes.key()).unwrap_or(scopes).clone();
            (learnt.scheme.clone(), scopes)
        };
        match scheme {
            None => Ok(None),
            Some(Scheme::Basic) => {
                let Some(credentials) = &self.credentials else {
                    return Ok(None);
                };
                let value = authorization("Basic", &basic(credentials))?;
                Ok(Some(Shown { value, token: None }))
            }
            Some(Scheme::Bearer { realm, service }) => {
                let server = TokenServer {
                    registry,
                    realm: &realm,
                    service: service.as_deref(),
                    credentials: self.credentials.as_ref(),
                };
                let token = self.tokens.get(&scopes, server.token(http, state, &scopes)).await?;
                if self.credentials.is_some() {
                    self.proven.store(true, Ordering::Relaxed);
                }
                let value = authorization("Bearer", token.value.expose())?;
                Ok(Some(Shown { value, token: Some((scopes, token)) }))
            }
        }
    }

    /// Learns from the headers of a 401 to a request for `scopes`; whether it is worth another try.
    pub(crate) async fn learn(&self, headers: &HeaderMap, shown: Option<&Shown>, scopes: &Scopes) -> bool {
        let values = headers.get_all(header::WWW_AUTHENTICATE);
        let challenge = challenge::choose(values.iter().filter_map(|value| value.to_str().ok()));
        let token = shown.and_then(|shown| shown.token.as_ref());
        match challenge {
            None => false,
            Some(Challenge::Basic) => {
                self.learnt().scheme = Some(Scheme::Basic);
                let was_basic = shown.is_some() && token.is_none();
                !was_basic && self.credentials.as_ref().is_some_and(|known| !known.is_identity_token())
            }
            Some(Challenge::Bearer { realm, service, scope }) => {
                if let Some((scopes, token)) = token {
                    self.tokens.discard(scopes, token).await;
                }
                let mut learnt = self.learnt();
                learnt.scheme = Some(Scheme::Bearer { realm, service });
                if let Some(scope) = scope {
                    let led = scopes.led_by(&scope);
                    if led != *scopes {
                        learnt.scopes.insert(scopes.key(), led);
                    }
                }
                true
            }
        }
    }

    /// What the registry knows of us by what was shown.
    pub(crate) fn standing(&self, shown: Option<&Shown>) -> Standing {
        match shown {
            Some(_) if self.proven.load(Ordering::Relaxed) => Standing::Known,
            Some(Shown { token: None, .. }) => Standing::Claimed,
            _ => Standing::Unknown,
        }
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock()
    }
}

/// Login and password as Basic authentication sends them (RFC 7617).
pub(crate) fn basic(credentials: &Credentials) -> String {
    let pair = format!("{}:{}", credentials.login, credentials.password.expose());
    base64::engine::general_purpose::STANDARD.encode(pair)
}

/// The value of an `Authorization` header, which nothing will print.
pub(crate) fn authorization(scheme: &str, secret: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {secret}")).map_err(|_| {
        ErrorKind::Protocol("the token server sent a token with forbidden characters".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
