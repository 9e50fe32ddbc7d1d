//! Who may do what: nothing asked, Basic, or Bearer tokens as Docker distribution checks them.

use std::{fmt, sync::Arc};

use base64::Engine as _;
use http::{HeaderMap, Method, header};
use oci::Digest;

use crate::route::Route;

/// How the server knows its callers.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Everyone may do everything.
    #[default]
    None,
    /// One login and password.
    Basic(BasicAuth),
    /// Tokens of a token server.
    Token(TokenAuth),
}

/// A login and a password, never shown.
#[derive(Clone)]
pub struct BasicAuth(Digest);

impl BasicAuth {
    /// Asks for this login and password.
    pub fn new(login: &str, password: &str) -> Self {
        Self(Digest::of(format!("{login}:{password}").as_bytes()))
    }

    /// Whether an `Authorization` header bears them.
    pub fn accepts(&self, headers: &HeaderMap) -> bool {
        // Digests are compared, so that the time taken reveals nothing about the password.
        credentials(headers, "basic")
            .and_then(|encoded| base64::engine::general_purpose::STANDARD.decode(encoded).ok())
            .is_some_and(|pair| Digest::of(&pair) == self.0)
    }
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicAuth(***)")
    }
}

/// Where callers get tokens, and who checks them.
#[derive(Debug, Clone)]
pub struct TokenAuth {
    /// The address of the token server, as the challenge names it.
    pub realm: String,
    /// The service, as the challenge names it.
    pub service: String,
    /// Checks tokens.
    pub verifier: Arc<dyn TokenVerifier>,
}

/// Checks tokens.
pub trait TokenVerifier: Send + Sync + fmt::Debug {
    /// Whether the token is good for all of `needed` (which is empty for `/v2/`).
    ///
    /// # Errors
    /// Why it is not.
    fn verify(&self, token: &str, needed: &[Scope]) -> Result<(), TokenRefusal>;
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Unknown or expired.
    #[error("the token is unknown or expired")]
    Invalid,
    /// Good, but not for this.
    #[error("the token does not allow this")]
    InsufficientScope,
}

/// What a request needs: `repository:NAME:ACTIONS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The repository.
    pub repository: String,
    /// The actions: `pull`, `push`.
    pub actions: Vec<String>,
}

impl Scope {
    /// Reads `repository:NAME:ACTION,ACTION`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (repository, actions) = text.strip_prefix("repository:")?.rsplit_once(':')?;
        Some(Self {
            repository: repository.to_owned(),
            actions: actions.split(',').map(str::to_owned).collect(),
        })
    }

    fn new(repository: &str, actions: &[&str]) -> Self {
        Self {
            repository: repository.to_owned(),
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "repository:{}:{}", self.repository, self.actions.join(","))
    }
}

/// What a request needs. A mount needs the right to pull from its source too.
pub(super) fn needed(method: &Method, route: &Route, mount_from: Option<&str>) -> Vec<Scope> {
    let repository = match route {
        Route::Version | Route::Refused(_) => return Vec::new(),
        Route::Tags { repository }
        | Route::ReadManifest { repository, .. }
        | Route::WriteManifest { repository, .. }
        | Route::ReadBlob { repository, .. }
        | Route::Referrers { repository, .. }
        | Route::StartUpload { repository }
        | Route::Upload { repository, .. } => repository.as_str(),
    };
    let reads = matches!(*method, Method::GET | Method::HEAD) && !matches!(route, Route::Upload { .. });
    let actions: &[&str] = if reads { &["pull"] } else { &["pull", "push"] };
    let mut scopes = vec![Scope::new(repository, actions)];
    scopes.extend(mount_from.map(|from| Scope::new(from, &["pull"])));
    scopes
}

impl Auth {
    /// Lets the request in, or gives the `WWW-Authenticate` header of the refusal.
    pub(super) fn check(&self, headers: &HeaderMap, needed: &[Scope]) -> Result<(), String> {
        match self {
            Self::None => Ok(()),
            Self::Basic(basic) if basic.accepts(headers) => Ok(()),
            Self::Basic(_) => Err(r#"Basic realm="registry""#.to_owned()),
            Self::Token(token) => {
                let refusal = match credentials(headers, "bearer") {
                    None => None,
                    Some(given) => match token.verifier.verify(given, needed) {
                        Ok(()) => return Ok(()),
                        Err(refusal) => Some(refusal),
                    },
                };
                Err(token.challenge(needed, refusal))
            }
        }
    }
}

impl TokenAuth {
    fn challenge(&self, needed: &[Scope], refusal: Option<TokenRefusal>) -> String {
        let mut text = format!(r#"Bearer realm="{}",service="{}""#, self.realm, self.service);
        if !needed.is_empty() {
            let scopes: Vec<_> = needed.iter().map(Scope::to_string).collect();
            text = format!(r#"{text},scope="{}""#, scopes.join(" "));
        }
        match refusal {
            None => {}
            Some(TokenRefusal::Invalid) => text.push_str(r#",error="invalid_token""#),
            Some(TokenRefusal::InsufficientScope) => text.push_str(r#",error="insufficient_scope""#),
        }
        text
    }
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (given, rest) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_round_trip() {
        let scope = Scope::parse("repository:deckhouse/ee:pull,push").unwrap();
        assert_eq!(scope.to_string(), "repository:deckhouse/ee:pull,push");
        assert_eq!(Scope::parse("registry:catalog:*"), None);
        assert_eq!(Scope::parse("repository:a"), None);
    }

    #[test]
    fn basic_never_shows_the_password() {
        let basic = BasicAuth::new("user", "s3cret");
        let shown = format!("{:?}", Auth::Basic(basic.clone()));
        assert!(!shown.contains("s3cret"), "{shown}");
        let mut headers = HeaderMap::new();
        assert!(!basic.accepts(&headers));
        let pair = base64::engine::general_purpose::STANDARD.encode("user:s3cret");
        headers.insert(header::AUTHORIZATION, format!("basic {pair}").parse().unwrap());
        assert!(basic.accepts(&headers));
    }
}
