//! Asking a token server for a token.
//!
//! Docker's token specification (GET with Basic authentication), and its `OAuth2` variant (POST) for
//! identity tokens. Anonymous tokens are asked for in the same way, without credentials.

use std::{sync::Arc, time::Duration};

use egress::{Http, SafeUrl, Secret, TrafficClass, authority};
use http::{Method, header};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::{
    attempts::Attempts,
    authorization_header::{authorization, basic},
    error::{ErrorKind, Fault, Missing, OtherHost},
    exchange::{Outgoing, exchange},
    host_state::HostState,
    identity::Identity,
    location,
    notices::Notice,
    reason::displayable,
    reply::Reply,
    scope::Scopes,
    token_cache::Token,
};
use crate::credentials::Credentials;

/// What token servers know this program as (`OAuth2` requires a name).
const CLIENT_ID: &str = "dhctl";

/// The life of a token if the server does not say it (Docker's token specification).
const DEFAULT_LIFE: u64 = 60;

/// Tokens of several kilobytes exist; more than this is something else.
const MAX_ANSWER: u64 = 1024 * 1024;

/// A token server as a challenge described it.
#[derive(Debug)]
pub(crate) struct TokenServer<'a> {
    pub(crate) registry: &'a Url,
    pub(crate) realm: &'a str,
    pub(crate) service: Option<&'a str>,
    pub(crate) credentials: Option<&'a Credentials>,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl TokenServer<'_> {
    /// Fetches a token for `scopes`.
    pub(crate) async fn token(
        &self,
        http: &Http,
        state: &Arc<HostState>,
        scopes: &Scopes,
    ) -> Result<Token, Fault> {
        let realms = location::realm_candidates(self.registry, self.realm, self.credentials.is_some())
            .ok_or_else(|| self.unusable())?;
        let mut last = None;
        for realm in realms {
            let host = realm.host_str().unwrap_or_default().to_owned();
            if self.credentials.is_some() && authority(&realm) != authority(self.registry) {
                state.notices.give(Notice::TokenServer { address: authority(&realm) });
            }
            match self.token_at(http, state, &realm, scopes).await {
                Ok(token) => return Ok(token),
                Err(fault) => {
                    let is_unreachable = matches!(fault.kind, ErrorKind::Network(_));
                    let fault = Fault { other_host: Some(OtherHost::TokenServer { host }), ..fault };
                    if !is_unreachable {
                        return Err(fault);
                    }
                    last.get_or_insert(fault);
                }
            }
        }
        Err(last.unwrap_or_else(|| self.unusable()))
    }

    fn unusable(&self) -> Fault {
        let shown = match Url::parse(self.realm) {
            Ok(url) => SafeUrl::new(&url).to_string(),
            Err(_) => displayable(self.realm),
        };
        ErrorKind::Protocol(format!(
            "the registry names '{shown}' as its token server, to which credentials cannot be sent safely"
        ))
        .into()
    }

    async fn token_at(
        &self,
        http: &Http,
        state: &Arc<HostState>,
        realm: &Url,
        scopes: &Scopes,
    ) -> Result<Token, Fault> {
        let mut attempts = Attempts::new(state);
        loop {
            let asked = Instant::now();
            let reply = self.ask(http, state, realm, scopes, attempts.number()).await;
            match reply.and_then(|reply| read(&reply)) {
                Ok((value, life)) => return Ok(Token::new(value, asked, life)),
                // Whether another server can be reached at all is not known.
                Err(fault) if !location::is_same_server(realm, self.registry) => {
                    let host = realm.host_str().unwrap_or_default().to_owned();
                    let other_host = Some(OtherHost::TokenServer { host });
                    attempts.again(Fault { other_host, ..fault }).await?;
                }
                Err(fault) => attempts.again(fault).await?,
            }
        }
    }

    async fn ask(
        &self,
        http: &Http,
        state: &HostState,
        realm: &Url,
        scopes: &Scopes,
        attempt: u32,
    ) -> Result<Reply, Fault> {
        let opened = match self.credentials {
            Some(credentials) if credentials.is_identity_token() => {
                let form = self.form(credentials, scopes);
                let body = || reqwest::Body::from(form.clone());
                let outgoing = Outgoing::new(Method::POST, realm.clone())
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(TrafficClass::Metadata, &body);
                exchange(http, state, &outgoing, realm, None, attempt).await?
            }
            credentials => {
                let outgoing = Outgoing::new(Method::GET, self.query(realm, scopes));
                let header = credentials.map(|known| authorization("Basic", &basic(known))).transpose()?;
                exchange(http, state, &outgoing, realm, header.as_ref(), attempt).await?
            }
        };
        let mut reply = opened.read(MAX_ANSWER).await?;
        if self.credentials.is_some() {
            reply.identity = Identity::Claimed;
        }
        Ok(reply)
    }

    fn query(&self, realm: &Url, scopes: &Scopes) -> Url {
        let mut url = realm.clone();
        if self.service.is_some() || scopes.iter().next().is_some() {
            let mut pairs = url.query_pairs_mut();
            if let Some(service) = self.service {
                pairs.append_pair("service", service);
            }
            for scope in scopes.iter() {
                pairs.append_pair("scope", scope);
            }
        }
        url
    }

    fn form(&self, credentials: &Credentials, scopes: &Scopes) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("service", self.service.unwrap_or_default())
            .append_pair("scope", &scopes.iter().collect::<Vec<_>>().join(" "))
            .append_pair("refresh_token", credentials.password.expose())
            .finish()
    }
}

/// The token in an answer and how long it lives.
fn read(reply: &Reply) -> Result<(Secret, Duration), Fault> {
    if !reply.status.is_success() {
        let fault = reply.refusal(Missing::Repository);
        // A token server that says 404 is a wrong address, not a missing repository.
        let kind = match fault.kind {
            ErrorKind::NotFound { .. } | ErrorKind::NotARegistry { .. } => {
                ErrorKind::Protocol(format!("status {} with {}", reply.status.as_u16(), reply.describe()))
            }
            kind => kind,
        };
        return Err(Fault { kind, ..fault });
    }
    // What does not parse may be a token in another form: it is not shown.
    let unreadable = || ErrorKind::Protocol("the response contains no token".to_owned());
    let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
    let token = [answer.token, answer.access_token]
        .into_iter()
        .flatten()
        .find(|token| !token.is_empty())
        .ok_or_else(unreadable)?;
    let life = match answer.expires_in {
        None | Some(0) => DEFAULT_LIFE,
        Some(seconds) => seconds.min(24 * 60 * 60),
    };
    Ok((Secret::new(token), Duration::from_secs(life)))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn answer(status: StatusCode, body: &str) -> Result<(String, u64), String> {
        let reply = Reply {
            method: Method::GET,
            status,
            headers: http::HeaderMap::new(),
            url: "http://r/".parse().unwrap(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            identity: Identity::Claimed,
            sent: Instant::now(),
            other_host: None,
            certificate: None,
        };
        read(&reply)
            .map(|(token, life)| (token.expose().to_owned(), life.as_secs()))
            .map_err(|fault| fault.kind.to_string())
    }

    #[test]
    fn answers() {
        let ok = |token: &str, life| Ok((token.to_owned(), life));
        let no = |text: &str| Err(text.to_owned());
        for (status, body, expected) in [
            (StatusCode::OK, r#"{"token":"a","expires_in":300}"#, ok("a", 300)),
            (StatusCode::OK, r#"{"access_token":"b"}"#, ok("b", 60)),
            (StatusCode::OK, r#"{"token":"","access_token":"b","expires_in":0}"#, ok("b", 60)),
            (StatusCode::OK, r#"{"token":"secret""#, no("the response contains no token")),
            (StatusCode::OK, "{}", no("the response contains no token")),
            (StatusCode::UNAUTHORIZED, "{}", no("the credentials were refused ({})")),
            (StatusCode::NOT_FOUND, "", no("status 404 with an empty body")),
        ] {
            assert_eq!(answer(status, body), expected, "{body}");
        }
    }

    #[test]
    fn scopes_are_sent_in_order() {
        let registry: Url = "https://r/".parse().unwrap();
        let server = TokenServer {
            registry: &registry,
            realm: "https://auth/t?x=1",
            service: Some("a b"),
            credentials: None,
        };
        let (a, b) = ("a".parse().unwrap(), "b".parse().unwrap());
        let url = server.query(&"https://auth/t?x=1".parse().unwrap(), &Scopes::mount(&b, &a));
        assert_eq!(
            url.as_str(),
            "https://auth/t?x=1&service=a+b&scope=repository%3Ab%3Apull%2Cpush&scope=repository%3Aa%3Apull"
        );
        let bare = TokenServer { service: None, ..server };
        assert_eq!(
            bare.query(&"https://auth/t".parse().unwrap(), &Scopes::none()).as_str(),
            "https://auth/t"
        );
    }
}
