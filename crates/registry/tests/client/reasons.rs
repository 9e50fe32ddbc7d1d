//! What a registry says, and what is made of it: reasons, addresses that it hands out, tokens, obsolete manifests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use egress::Secret;
use http::Method;
use oci::{Digest, TagOrDigest};
use registry::client::{ClientOptions, Credentials, Error, ErrorKind, Refusal, Repository};
use registry_server::{Auth, Scope, TokenAuth, TokenRefusal, TokenVerifier, Treatment};

use crate::setup::{Fixture, answer, content, descriptor, index, options, tag};

/// An address at which nobody listens: the port of tcpmux. A free one could be given to another test meanwhile.
const CLOSED: &str = "127.0.0.1:1";

/// The error of an upload that fails.
async fn upload(repository: &Repository, bytes: &Bytes) -> Error {
    let source = Arc::new(bytes.clone());
    repository.upload_blob(&descriptor(bytes), source, None, &|_| ()).await.unwrap_err()
}

#[tokio::test]
async fn a_lost_upload_is_not_a_missing_repository() {
    let unknown = r#"{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"blob upload invalid"}]}"#;
    for (method, status) in [(Method::PATCH, 404), (Method::PUT, 400), (Method::PUT, 404)] {
        let fixture = Fixture::new(move |request| {
            if *request.method == method { answer(status, &[], unknown) } else { Treatment::default() }
        });
        let bytes = content(9 * 1024 * 1024);
        let repository = fixture.repository("a");
        let error = upload(&repository, &bytes).await;
        assert!(matches!(error.kind(), ErrorKind::UploadLost { .. }), "{error}");
        assert!(error.hints()[0].contains("http.secret"), "{:?}", error.hints());
    }
}

#[tokio::test]
async fn an_address_that_the_registry_gives_and_that_fails_is_named_with_the_registry() {
    let fixture = Fixture::new(move |request| match *request.method {
        Method::GET if request.path.contains("/blobs/") => {
            answer(307, &[("location", &format!("http://{CLOSED}{}", request.path))], "")
        }
        _ => Treatment { location_origin: Some(format!("http://{CLOSED}")), ..Treatment::default() },
    });
    let (host, bytes) = (fixture.host(), content(1000));
    let repository = fixture.repository("a");
    let mut reader = repository.read_blob(Digest::of(&bytes), 1000, 0);
    let error = reader.next().await.unwrap_err();
    let expected = format!("{host} redirects to {CLOSED}: cannot connect to {CLOSED}: connection refused");
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(error.hints()[0].contains("storage.redirect.disable"), "{:?}", error.hints());

    let error = upload(&repository, &bytes).await;
    let expected = format!("{host} sends the upload to http://{CLOSED} (Location header): cannot connect to");
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(error.hints()[0].contains("proxy_set_header Host"), "{:?}", error.hints());
}

/// A token is valid only some time after it was issued, as for a registry whose clock is behind.
#[derive(Debug)]
struct Behind {
    started: Instant,
    valid_after: Duration,
    issued: AtomicU32,
}

impl TokenVerifier for Behind {
    fn verify(&self, token: &str, _: &[Scope]) -> Result<(), TokenRefusal> {
        let issued = Duration::from_millis(token.parse().unwrap());
        let is_valid = self.started.elapsed() >= issued + self.valid_after;
        if is_valid { Ok(()) } else { Err(TokenRefusal::Invalid) }
    }
}

#[tokio::test]
async fn a_refused_new_token_is_retried() {
    for (valid_after, passes) in [(500, true), (20_000, false)] {
        let verifier = Arc::new(Behind {
            started: Instant::now(),
            valid_after: Duration::from_millis(valid_after),
            issued: AtomicU32::new(0),
        });
        let issuer = verifier.clone();
        let auth = Auth::Token(TokenAuth {
            realm: "/token".to_owned(),
            service: "s".to_owned(),
            verifier: verifier.clone(),
        });
        let fixture = Fixture::with_auth(auth, move |request| {
            if request.path != "/token" {
                return Treatment::default();
            }
            issuer.issued.fetch_add(1, Ordering::SeqCst);
            let now = issuer.started.elapsed().as_millis();
            answer(200, &[], &format!(r#"{{"token":"{now}","expires_in":300}}"#))
        });
        fixture.store.insert_manifest("a", &tag("v1"), index("x"));
        let credentials = Some(Credentials::new("u", Secret::new("p")));
        let client = fixture.client_with(ClientOptions { credentials, ..options() });
        let read = client.repository("a".parse().unwrap()).manifest(&tag("v1")).await;
        assert_eq!(read.is_ok(), passes, "{read:?}");
        if let Err(error) = read {
            assert!(matches!(error.kind(), ErrorKind::FreshTokenRefused { .. }), "{error}");
            assert!(error.hints()[0].contains("clocks"), "{:?}", error.hints());
        }
        assert!(verifier.issued.load(Ordering::SeqCst) <= 3);
    }
}

#[tokio::test]
async fn a_manifest_of_schema_1_is_named_as_such() {
    let signed = r#"{"schemaVersion":1,"name":"a","tag":"v1","fsLayers":[],"history":[],"signatures":[]}"#;
    for kind in ["application/vnd.docker.distribution.manifest.v1+prettyjws", "application/json"] {
        let stated = Digest::of(b"the payload without its signatures").to_string();
        let headers: [(&'static str, String); 2] =
            [("content-type", kind.to_owned()), ("docker-content-digest", stated)];
        let fixture = Fixture::new(move |_| {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            answer(200, &headers, signed)
        });
        let by_digest = TagOrDigest::Digest(Digest::of(b"the payload without its signatures"));
        for reference in [tag("v1"), by_digest] {
            let error = fixture.repository("a").manifest(&reference).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::BadManifest { .. }), "{error}");
            assert!(error.to_string().contains("schema 1"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_push_asks_for_the_permission_to_push_from_the_start() {
    #[derive(Debug)]
    struct Any;
    impl TokenVerifier for Any {
        fn verify(&self, token: &str, needed: &[Scope]) -> Result<(), TokenRefusal> {
            // Like Quay: an account that may only pull may not even list a repository that does not exist yet.
            let allowed = needed.is_empty() || token.contains("push");
            if allowed { Ok(()) } else { Err(TokenRefusal::InsufficientScope) }
        }
    }
    for pushes in [true, false] {
        let auth = Auth::Token(TokenAuth {
            realm: "/token".to_owned(),
            service: "s".to_owned(),
            verifier: Arc::new(Any),
        });
        let fixture = Fixture::with_auth(auth, |request| match request.path {
            "/token" => {
                let token = if request.query.contains("push") { "push" } else { "pull" };
                answer(200, &[], &format!(r#"{{"token":"{token}"}}"#))
            }
            _ => Treatment::default(),
        });
        let repository =
            fixture.client_with(ClientOptions { pushes, ..options() }).repository("a".parse().unwrap());
        let listed = repository.tags().await;
        assert_eq!(listed.is_ok(), pushes, "{listed:?}");
    }
}

#[tokio::test]
async fn a_quota_is_distinguished_from_a_missing_permission() {
    let quota = r#"{"errors":[{"code":"DENIED","message":"adding 1.9 MiB of storage resource, which when updated to current usage of 0 B will exceed the configured upper limit of 1.0 MiB."}]}"#;
    let fixture = Fixture::new(move |request| match *request.method {
        Method::PUT => answer(403, &[], quota),
        _ => Treatment::default(),
    });
    let bytes = content(1000);
    let repository = fixture.repository("a");
    let error = upload(&repository, &bytes).await;
    assert!(matches!(error.kind(), ErrorKind::Refused { reason: Refusal::Quota, .. }), "{error}");
    assert!(error.to_string().contains("upper limit of 1.0 MiB"), "{error}");
}
