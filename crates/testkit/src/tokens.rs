//! A token server as registries use it: it knows one login, grants scopes, and signs what it grants,
//! so that our own server and a real docker-registry take the same tokens.
//!
//! Protocol: Docker distribution, `docs/spec/auth/token.md` and `jwt.md`.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use registry_server::{Auth, BasicAuth, Scope, TokenAuth, TokenRefusal, TokenVerifier};
use serde_json::json;
use tokio::{task::AbortHandle, task::JoinSet};

/// Who issues the tokens, as they say themselves.
pub(crate) const ISSUER: &str = "testkit";

/// How a token server behaves.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// The login and password it knows.
    pub credentials: BasicAuth,
    /// Whether those without credentials get tokens to pull.
    pub anonymous_pull: bool,
    /// The actions that the login may have; others that are asked for are left out in silence, as
    /// real servers do.
    pub actions: Vec<String>,
    /// How long a token is good.
    pub lifetime: Duration,
    /// Gives the token as `access_token` only (OAuth 2's name), not as `token` too.
    pub access_token_only: bool,
}

impl TokenOptions {
    /// Knows this login, which may pull and push; tokens are good for five minutes.
    pub fn new(login: &str, password: &str) -> Self {
        Self {
            credentials: BasicAuth::new(login, password),
            anonymous_pull: false,
            actions: vec!["pull".to_owned(), "push".to_owned()],
            lifetime: Duration::from_mins(5),
            access_token_only: false,
        }
    }
}

/// A running token server; it ends when dropped.
#[derive(Debug)]
pub struct TokenServer {
    address: SocketAddr,
    state: Arc<TokenState>,
    task: AbortHandle,
}

/// What the server and the checks of its tokens share.
#[derive(Debug)]
struct TokenState {
    options: TokenOptions,
    tokens: Mutex<HashMap<String, (Vec<Scope>, Instant)>>,
    issued: AtomicUsize,
}

impl TokenServer {
    /// Starts a server on a free port of this machine. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub fn start(options: TokenOptions) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let state = Arc::new(TokenState { options, tokens: Mutex::default(), issued: AtomicUsize::new(0) });
        let task = tokio::spawn(serve(listener, Arc::clone(&state))).abort_handle();
        Ok(Self { address, state, task })
    }

    /// Its address, as a challenge names it.
    pub fn realm(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// The service that its tokens are for.
    pub fn service(&self) -> &'static str {
        "registry"
    }

    /// The certificate that its tokens are signed with, as PEM.
    pub fn certificate_pem() -> String {
        SIGNER.certificate_pem.clone()
    }

    /// Authentication by its tokens, for our own server.
    pub fn auth(&self) -> Auth {
        Auth::Token(TokenAuth {
            realm: self.realm(),
            service: self.service().to_owned(),
            verifier: Arc::clone(&self.state) as Arc<dyn TokenVerifier>,
        })
    }

    /// How many tokens it has issued.
    pub fn issued(&self) -> usize {
        self.state.issued.load(Ordering::SeqCst)
    }

    /// Lets every token issued so far expire now. Has no effect on a docker-registry.
    pub fn expire_all(&self) {
        self.state.tokens().clear();
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: tokio::net::TcpListener, state: Arc<TokenState>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let answer = service_fn(move |request: Request<Incoming>| {
                let answer = state.answer(&request);
                async move { Ok::<_, std::convert::Infallible>(answer) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            // A caller who goes away early is no fault of the server.
            let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

impl TokenState {
    fn tokens(&self) -> parking_lot::MutexGuard<'_, HashMap<String, (Vec<Scope>, Instant)>> {
        self.tokens.lock()
    }

    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::default());
        if request.uri().path() != "/token" || request.method() != http::Method::GET {
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
        let known = self.options.credentials.accepts(request.headers());
        let anonymous = self.options.anonymous_pull && !request.headers().contains_key(header::AUTHORIZATION);
        if !known && !anonymous {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            *response.body_mut() = Full::from(r#"{"details":"incorrect username or password"}"#);
            return response;
        }
        let pull = ["pull".to_owned()];
        let allowed: &[String] = if known { &self.options.actions } else { &pull };
        let document = self.issue(granted(request.uri().query().unwrap_or_default(), allowed));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        *response.body_mut() = Full::from(document.to_string());
        response
    }

    fn issue(&self, scopes: Vec<Scope>) -> serde_json::Value {
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        let token = SIGNER.token(number, &scopes, self.options.lifetime);
        let expiry = Instant::now() + self.options.lifetime;
        self.tokens().insert(token.clone(), (scopes, expiry));
        let mut document = json!({
            "access_token": token,
            "expires_in": self.options.lifetime.as_secs(),
        });
        if !self.options.access_token_only {
            document["token"] = token.into();
        }
        document
    }
}

impl TokenVerifier for TokenState {
    fn verify(&self, token: &str, needed: &[Scope]) -> Result<(), TokenRefusal> {
        let tokens = self.tokens();
        let (granted, expiry) = tokens.get(token).ok_or(TokenRefusal::Invalid)?;
        if *expiry <= Instant::now() {
            return Err(TokenRefusal::Invalid);
        }
        let allows = |scope: &Scope, action: &String| {
            granted
                .iter()
                .any(|granted| granted.repository == scope.repository && granted.actions.contains(action))
        };
        let enough = needed.iter().all(|scope| scope.actions.iter().all(|action| allows(scope, action)));
        if enough { Ok(()) } else { Err(TokenRefusal::InsufficientScope) }
    }
}

/// What of the scopes in a query may be had. Several stand in several parameters or in one.
fn granted(query: &str, allowed: &[String]) -> Vec<Scope> {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "scope")
        .flat_map(|(_, value)| value.split(' ').filter_map(Scope::parse).collect::<Vec<_>>())
        .map(|mut scope| {
            scope.actions.retain(|action| allowed.contains(action));
            scope
        })
        .collect()
}

/// The key of all token servers of this process: an RSA key takes a while to find.
static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    Signer::new().unwrap_or_else(|error| unreachable!("a key and a certificate of our own: {error}"))
});

struct Signer {
    key: rcgen::KeyPair,
    certificate_pem: String,
    certificate: String,
}

impl Signer {
    fn new() -> Result<Self, rcgen::Error> {
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
        let certificate = rcgen::CertificateParams::new(vec![ISSUER.to_owned()])?.self_signed(&key)?;
        Ok(Self {
            key,
            certificate_pem: certificate.pem(),
            certificate: BASE64_STANDARD.encode(certificate.der()),
        })
    }

    fn token(&self, number: usize, scopes: &[Scope], lifetime: Duration) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let access: Vec<_> = scopes
            .iter()
            .map(|scope| json!({ "type": "repository", "name": scope.repository, "actions": scope.actions }))
            .collect();
        let head = json!({ "typ": "JWT", "alg": "RS256", "x5c": [self.certificate] });
        let claims = json!({
            "iss": ISSUER,
            "sub": "",
            "aud": "registry",
            "iat": now,
            "nbf": now,
            "exp": now + lifetime.as_secs(),
            "jti": number.to_string(),
            "access": access,
        });
        let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let signature = rcgen::SigningKey::sign(&self.key, signed.as_bytes()).unwrap_or_default();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
