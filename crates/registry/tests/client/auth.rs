//! Who we are: Basic, tokens that expire, token servers of every make.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use egress::Secret;
use http::Method;
use oci::Digest;
use parking_lot::Mutex;
use registry::client::{ClientOptions, Credentials, ErrorKind, Mount};
use registry_server::{
    Auth, BasicAuth, RequestInfo, Scope, TokenAuth, TokenRefusal, TokenVerifier, Treatment,
};

use crate::setup::{Fixture, answer, content, descriptor, index, options, tag};

fn login(login: &str, password: &str) -> ClientOptions {
    ClientOptions { credentials: Some(Credentials::new(login, Secret::new(password))), ..options() }
}

#[tokio::test]
async fn basic() {
    let fixture = Fixture::with_auth(Auth::Basic(BasicAuth::new("u", "p")), |_| Treatment::default());
    fixture.store.insert_manifest("a", &tag("v1"), index("a"));
    let repository = |options| fixture.client_with(options).repository("a".parse().unwrap());
    let right = repository(login("u", "p"));
    for _ in 0..3 {
        right.manifest(&tag("v1")).await.unwrap();
    }
    assert_eq!(fixture.log.all().len(), 4, "one introduction, then no further round trips");
    let error = repository(login("u", "wrong")).manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized { with_credentials: true, .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("wrong"));
    let error = repository(options()).manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized { with_credentials: false, .. }), "{error}");
}

/// A token server at `/token` of the registry itself: a token is its scopes and a number.
#[derive(Debug, Clone, Default)]
struct Tokens(Arc<State>);

#[derive(Debug, Default)]
struct State {
    issued: AtomicU32,
    revoked: Mutex<HashSet<String>>,
    asked: Mutex<Vec<String>>,
}

impl TokenVerifier for Tokens {
    fn verify(&self, token: &str, needed: &[Scope]) -> Result<(), TokenRefusal> {
        if self.0.revoked.lock().contains(token) {
            return Err(TokenRefusal::Invalid);
        }
        let granted: Vec<_> = token.split('|').filter_map(Scope::parse).collect();
        let allows = |need: &Scope| {
            granted.iter().any(|have| {
                let has = |action| have.actions.contains(action) || have.actions.iter().any(|any| any == "*");
                have.repository == need.repository && need.actions.iter().all(has)
            })
        };
        if needed.iter().all(allows) { Ok(()) } else { Err(TokenRefusal::InsufficientScope) }
    }
}

impl Tokens {
    fn issue(&self, request: &RequestInfo<'_>, form: &str) -> Treatment {
        let number = self.0.issued.fetch_add(1, Ordering::SeqCst);
        self.0.asked.lock().push(request.query.to_owned());
        let scopes: Vec<_> = url::form_urlencoded::parse(request.query.as_bytes())
            .filter(|(name, _)| name == "scope")
            .map(|(_, scope)| scope.into_owned())
            .collect();
        answer(200, &[], &form.replace("TOKEN", &format!("{number}|{}", scopes.join("|"))))
    }

    fn revoke_all(&self) {
        let issued = self.0.issued.load(Ordering::SeqCst);
        let asked = self.0.asked.lock();
        let mut revoked = self.0.revoked.lock();
        for number in 0..issued {
            let scopes: Vec<_> = url::form_urlencoded::parse(asked[number as usize].as_bytes())
                .filter(|(name, _)| name == "scope")
                .map(|(_, scope)| scope.into_owned())
                .collect();
            revoked.insert(format!("{number}|{}", scopes.join("|")));
        }
    }

    fn issued(&self) -> u32 {
        self.0.issued.load(Ordering::SeqCst)
    }

    fn auth(&self, realm: &str) -> Auth {
        Auth::Token(TokenAuth {
            realm: realm.to_owned(),
            service: "test".to_owned(),
            verifier: Arc::new(self.clone()),
        })
    }
}

fn with_tokens(realm: &str, form: &'static str) -> (Fixture, Tokens) {
    let tokens = Tokens::default();
    let issuer = tokens.clone();
    let fixture = Fixture::with_auth(tokens.auth(realm), move |request| match request.path {
        "/token" => issuer.issue(request, form),
        _ => Treatment::default(),
    });
    (fixture, tokens)
}

const FORM: &str = r#"{"token":"TOKEN","expires_in":300}"#;

#[tokio::test]
async fn one_token_serves_many() {
    let (fixture, tokens) = with_tokens("/token", FORM);
    fixture.store.insert_manifest("a", &tag("v1"), index("a"));
    let repository = fixture.client_with(login("u", "p")).repository("a".parse().unwrap());
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let repository = repository.clone();
            tokio::spawn(async move { repository.manifest(&tag("v1")).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(tokens.issued(), 1);
    assert_eq!(fixture.log.count("manifests"), 20, "no request was made in vain");
    let asked = tokens.0.asked.lock().clone();
    assert_eq!(asked, ["service=test&scope=repository%3Aa%3Apull"]);
    let basic = fixture.log.values("authorization").into_iter().filter(|value| value.starts_with("Basic "));
    assert_eq!(basic.count(), 1, "the password goes to the token server only");
}

#[tokio::test]
async fn anonymous_tokens_and_other_names() {
    let (fixture, tokens) = with_tokens("/token", r#"{"access_token":"TOKEN"}"#);
    fixture.store.insert_manifest("a", &tag("v1"), index("a"));
    fixture.repository("a").manifest(&tag("v1")).await.unwrap();
    assert_eq!(tokens.issued(), 1);
    assert!(fixture.log.values("authorization").iter().all(|value| value.starts_with("Bearer ")));
}

#[tokio::test]
async fn a_token_that_expires_during_a_transfer_is_replaced() {
    let tokens = Tokens::default();
    let (issuer, breaks) = (tokens.clone(), AtomicU32::new(0));
    let fixture = Fixture::with_auth(tokens.auth("/token"), move |request| {
        if request.path == "/token" {
            return issuer.issue(request, FORM);
        }
        let is_bulk =
            matches!(*request.method, Method::GET | Method::PATCH) && request.path.contains("/blobs/");
        if is_bulk
            && request.headers.contains_key("authorization")
            && breaks.fetch_add(1, Ordering::SeqCst) == 0
        {
            return Treatment {
                cut_after: Some(600_000),
                cut_request_after: Some(600_000),
                ..Treatment::default()
            };
        }
        Treatment::default()
    });
    let bytes = content(2_000_000);
    fixture.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let repository = fixture.client_with(login("u", "p")).repository("a".parse().unwrap());
    let mut reader = repository.read_blob(Digest::of(&bytes), bytes.len() as u64, 0);
    let mut got = reader.next().await.unwrap().unwrap().to_vec();
    tokens.revoke_all();
    while let Some(piece) = reader.next().await.unwrap() {
        got.extend_from_slice(&piece);
    }
    assert!(got == bytes && reader.restarted() == 0);
    assert_eq!(tokens.issued(), 2);
    tokens.revoke_all();
    let pushed = content(9 * 1024 * 1024);
    let source = Arc::new(pushed.clone());
    let revoked = AtomicBool::new(false);
    let revoke_once = |_| {
        if !revoked.swap(true, Ordering::SeqCst) {
            tokens.revoke_all();
        }
    };
    repository.upload_blob(&descriptor(&pushed), source, None, &revoke_once).await.unwrap();
    assert!(fixture.store.blobs("a").contains(&Digest::of(&pushed)));
}

#[tokio::test]
async fn mounting_asks_for_both_repositories() {
    let (fixture, tokens) = with_tokens("/token", FORM);
    let bytes = content(100);
    fixture.store.insert_blob("from", Digest::of(&bytes), bytes.clone());
    let repository = fixture.client_with(login("u", "p")).repository("to".parse().unwrap());
    let mount = repository.mount_blob(&Digest::of(&bytes), &"from".parse().unwrap()).await.unwrap();
    assert!(matches!(mount, Mount::Mounted));
    let asked = tokens.0.asked.lock().clone();
    let both = "service=test&scope=repository%3Ato%3Apull%2Cpush&scope=repository%3Afrom%3Apull";
    assert_eq!(asked, [both]);
    repository.manifest_exists(&tag("v1")).await.unwrap();
}

#[tokio::test]
async fn identity_tokens_are_posted() {
    let (fixture, _) = with_tokens("/token", FORM);
    let options =
        ClientOptions { credentials: Some(Credentials::identity_token(Secret::new("refresh"))), ..options() };
    // The scripted server reads no forms and grants nothing, so only the request is of interest.
    let refused = fixture.client_with(options).repository("a".parse().unwrap()).manifest(&tag("v1")).await;
    assert!(refused.is_err());
    assert!(fixture.log.count("POST /token") > 0);
    assert!(fixture.log.values("authorization").iter().all(|value| value.starts_with("Bearer ")));
}

#[tokio::test]
async fn token_servers_that_fail_are_named() {
    for (status, body, expected) in [
        (
            401,
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"bad password"}]}"#,
            "the credentials were refused (UNAUTHORIZED: bad password)",
        ),
        (500, "", "the registry returned 500"),
        (200, "<html>", "the response contains no token"),
        (404, "<html>", "status 404"),
    ] {
        let tokens = Tokens::default();
        let fixture = Fixture::with_auth(tokens.auth("/token"), move |request| match request.path {
            "/token" => answer(status, &[], body),
            _ => Treatment::default(),
        });
        let repository = fixture.client_with(login("u", "hunter2")).repository("a".parse().unwrap());
        let error = repository.manifest(&tag("v1")).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("token server 127.0.0.1") && text.contains(expected), "{text}");
        assert!(!format!("{text} {error:?}").contains("hunter2"));
        assert_eq!(matches!(error.kind(), ErrorKind::Unauthorized { .. }), status == 401);
    }
}

#[tokio::test]
async fn a_realm_with_https_on_a_plain_http_port_is_corrected() {
    let tokens = Tokens::default();
    let (issuer, address) = (tokens.clone(), Arc::new(Mutex::new(String::new())));
    let known = Arc::clone(&address);
    let fixture = Fixture::new(move |request| {
        let challenge = format!(r#"Bearer realm="https://{}/token",service="test""#, known.lock());
        match request.path {
            "/token" => issuer.issue(request, FORM),
            _ if request.headers.contains_key("authorization") => Treatment::default(),
            _ => answer(401, &[("www-authenticate", &challenge)], ""),
        }
    });
    *address.lock() = fixture.host().to_string();
    fixture.store.insert_manifest("a", &tag("v1"), index("a"));
    let repository = fixture.client_with(login("u", "p")).repository("a".parse().unwrap());
    repository.manifest(&tag("v1")).await.unwrap();
    assert_eq!(tokens.issued(), 1);
}
