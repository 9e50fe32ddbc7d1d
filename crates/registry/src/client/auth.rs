//! Authentication at one registry: the scheme that it requires, and the credentials sent with each request.
//!
//! The scheme is learned from the first challenge and kept, so that later requests need no second attempt. Every 401 is
//! followed by one more attempt at most: a token may have expired in the middle of a transfer, or the registry requires
//! another scope than we requested.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};

use egress::Http;
use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{
    authorization_header::{authorization, basic},
    challenge::{self, Challenge},
    error::Fault,
    host_state::HostState,
    identity::Identity,
    scope::Scopes,
    token_cache::{Token, TokenCache},
    token_server::TokenServer,
};
use crate::credentials::Credentials;

/// The credentials of one client, and what it knows about the registry's authentication.
#[derive(Debug)]
pub(crate) struct Auth {
    credentials: Option<Credentials>,
    tokens: TokenCache,
    required: Mutex<Required>,
    /// Whether a token was ever issued for the credentials: they are correct then, even if a registry refuses a push by
    /// asking for another scheme, as Harbor does.
    verified: AtomicBool,
}

/// A token that was received less than this ago is fresh: a difference between the clocks of the registry and its
/// token server has no effect after some seconds.
const FRESH: Duration = Duration::from_secs(9);

/// What the challenges of the registry have required so far.
#[derive(Debug, Default)]
struct Required {
    scheme: Option<Scheme>,
    /// Scopes that the registry requires instead of ours.
    scopes: HashMap<Vec<String>, Scopes>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer { realm: String, service: Option<String> },
}

/// The credentials sent with one request.
#[derive(Debug)]
pub(crate) struct SentCredentials {
    pub(crate) value: HeaderValue,
    token: Option<(Scopes, Token)>,
}

impl SentCredentials {
    /// How long the token among them is valid; `None` if there is none.
    pub(crate) fn token_lifetime(&self) -> Option<std::time::Duration> {
        self.token.as_ref().map(|(_, token)| token.lifetime)
    }
}

impl Auth {
    pub(crate) fn new(credentials: Option<Credentials>) -> Self {
        Self {
            credentials,
            tokens: TokenCache::default(),
            required: Mutex::default(),
            verified: AtomicBool::new(false),
        }
    }

    /// Whether a 401 with these headers refuses a fresh token as not valid (RFC 6750 §3.1). A registry does this if its
    /// clock is behind the clock of its token server.
    pub(crate) fn is_fresh_token_refused(sent: Option<&SentCredentials>, headers: &HeaderMap) -> bool {
        let token = sent.and_then(|sent| sent.token.as_ref());
        let values = headers.get_all(header::WWW_AUTHENTICATE).iter();
        token.is_some_and(|(_, token)| token.age() < FRESH)
            && challenge::refuses_token(values.filter_map(|value| value.to_str().ok()))
    }

    /// Whether there are credentials, but the scheme that the registry requires is unknown.
    pub(crate) fn needs_challenge(&self) -> bool {
        self.credentials.is_some() && self.required().scheme.is_none()
    }

    /// The credentials for a request that needs `scopes`; a token is fetched if there is none.
    pub(crate) async fn authorize(
        &self,
        http: &Http,
        registry: &Url,
        state: &Arc<HostState>,
        scopes: &Scopes,
    ) -> Result<Option<SentCredentials>, Fault> {
        let (scheme, scopes) = {
            let required = self.required();
            let scopes = required.scopes.get(&scopes.key()).unwrap_or(scopes).clone();
            (required.scheme.clone(), scopes)
        };
        match scheme {
            None => Ok(None),
            Some(Scheme::Basic) => {
                let Some(credentials) = &self.credentials else {
                    return Ok(None);
                };
                let value = authorization("Basic", &basic(credentials))?;
                Ok(Some(SentCredentials { value, token: None }))
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
                    self.verified.store(true, Ordering::Relaxed);
                }
                let value = authorization("Bearer", token.value.expose())?;
                Ok(Some(SentCredentials { value, token: Some((scopes, token)) }))
            }
        }
    }

    /// Whether the registry is Harbor, by two signs of its challenge: the name of the service, and the path of the token
    /// server. `false` as long as no challenge was received.
    pub(crate) fn is_harbor(&self) -> bool {
        match &self.required().scheme {
            Some(Scheme::Bearer { realm, service: Some(service) }) => {
                let path = realm.split(['?', '#']).next().unwrap_or_default();
                service == "harbor-registry" && path.ends_with("/service/token")
            }
            _ => false,
        }
    }

    /// Login and password as the header of a request; `None` without them, or with an identity token in their place.
    pub(crate) fn basic_header(&self) -> Option<HeaderValue> {
        let known = self.credentials.as_ref().filter(|known| !known.is_identity_token())?;
        authorization("Basic", &basic(known)).ok()
    }

    /// Stores what the headers of a 401 to a request for `scopes` require. Returns whether another attempt may succeed.
    pub(crate) async fn learn(
        &self,
        headers: &HeaderMap,
        sent: Option<&SentCredentials>,
        scopes: &Scopes,
    ) -> bool {
        let values = headers.get_all(header::WWW_AUTHENTICATE);
        let challenge = challenge::choose(values.iter().filter_map(|value| value.to_str().ok()));
        let token = sent.and_then(|sent| sent.token.as_ref());
        match challenge {
            None => false,
            Some(Challenge::Basic) => {
                self.required().scheme = Some(Scheme::Basic);
                let was_basic = sent.is_some() && token.is_none();
                !was_basic && self.credentials.as_ref().is_some_and(|known| !known.is_identity_token())
            }
            Some(Challenge::Bearer { realm, service, scope }) => {
                if let Some((scopes, token)) = token {
                    self.tokens.discard(scopes, token).await;
                }
                let mut required = self.required();
                required.scheme = Some(Scheme::Bearer { realm, service });
                if let Some(scope) = scope {
                    let led = scopes.led_by(&scope);
                    if led != *scopes {
                        required.scopes.insert(scopes.key(), led);
                    }
                }
                true
            }
        }
    }

    /// How certain it is that the registry knows the account, after `sent` was accepted.
    pub(crate) fn identity(&self, sent: Option<&SentCredentials>) -> Identity {
        match sent {
            Some(_) if self.verified.load(Ordering::Relaxed) => Identity::Known,
            Some(SentCredentials { token: None, .. }) => Identity::Claimed,
            _ => Identity::Unknown,
        }
    }

    fn required(&self) -> MutexGuard<'_, Required> {
        self.required.lock()
    }
}
