//! Where a registry sends its clients, and what must not go along.

use std::sync::Arc;

use egress::Secret;
use http::{HeaderValue, Method, header};
use oci::Digest;
use registry::client::{BlobState, ClientOptions, Credentials, ErrorKind};
use registry_server::{Auth, BasicAuth, Treatment};

use crate::setup::{Fixture, answer, content, descriptor, index, options, tag};

fn with_login() -> ClientOptions {
    ClientOptions { credentials: Some(Credentials::new("u", Secret::new("p"))), ..options() }
}

fn basic() -> Auth {
    Auth::Basic(BasicAuth::new("u", "p"))
}

#[tokio::test]
async fn storage_gets_the_range_and_not_the_password() {
    let storage = Fixture::plain();
    let bytes = content(2_000_000);
    storage.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let origin = format!("http://{}", storage.host());
    let fixture = Fixture::with_auth(basic(), move |request| {
        if request.path.contains("/blobs/") && request.headers.contains_key("authorization") {
            answer(307, &[("location", &format!("{origin}{}", request.path))], "")
        } else {
            Treatment::default()
        }
    });
    let repository = fixture.client_with(with_login()).repository("a".parse().unwrap());
    let mut reader = repository.read_blob(Digest::of(&bytes), bytes.len() as u64, 1_900_000);
    let mut got = Vec::new();
    while let Some(piece) = reader.next().await.unwrap() {
        got.extend_from_slice(&piece);
    }
    assert_eq!(got, bytes[1_900_000..]);
    assert_eq!(storage.log.values("range"), ["bytes=1900000-"]);
    assert!(storage.log.values("authorization").is_empty());
    assert_eq!(repository.check_blob(&Digest::of(&bytes), 2_000_000).await.unwrap(), BlobState::Readable);
    assert_eq!(storage.log.values("range")[1], "bytes=1999999-1999999");
    assert!(storage.log.values("authorization").is_empty());
}

#[tokio::test]
async fn a_foreign_challenge_is_not_answered() {
    let thief = Fixture::with_auth(basic(), |_| Treatment::default());
    let origin = format!("http://{}", thief.host());
    let fixture =
        Fixture::new(move |request| answer(302, &[("location", &format!("{origin}{}", request.path))], ""));
    let repository = fixture.client_with(with_login()).repository("a".parse().unwrap());
    let error = repository.manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized { with_credentials: false, .. }), "{error}");
    assert!(thief.log.values("authorization").is_empty());
}

#[tokio::test]
async fn redirects_on_the_same_host_are_followed_up_to_a_limit() {
    let fixture = Fixture::with_auth(basic(), |request| match request.path {
        "/v2/a/manifests/v1" => answer(301, &[("location", "/v2/b/manifests/v1")], ""),
        "/v2/a/manifests/v2" => answer(302, &[("location", "/v2/a/manifests/v2")], ""),
        _ => Treatment::default(),
    });
    fixture.store.insert_manifest("b", &tag("v1"), index("a"));
    let repository = fixture.client_with(with_login()).repository("a".parse().unwrap());
    repository.manifest(&tag("v1")).await.unwrap();
    let error = repository.manifest(&tag("v2")).await.unwrap_err();
    assert!(error.to_string().contains("redirects"), "{error}");
    assert_eq!(fixture.log.count("/v2/a/manifests/v2"), 11);
}

#[tokio::test]
async fn uploads_to_another_host_are_sent_without_the_password() {
    let other_host = Fixture::plain();
    let bytes = content(5000);
    let session = {
        let opened = format!("http://{}/v2/a/blobs/uploads/", other_host.host());
        let http = egress::Http::new(&egress::Settings::default(), other_host.host().as_str()).unwrap();
        let request =
            http.client(egress::TrafficClass::Metadata).post(opened).header(header::CONTENT_LENGTH, "0");
        let response = request.send().await.unwrap();
        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    };
    let location = format!("http://{}{session}", other_host.host());
    let fixture = Fixture::with_auth(basic(), move |request| Treatment {
        headers: if request.method == Method::POST {
            vec![(header::LOCATION, Some(HeaderValue::from_str(&location).unwrap()))]
        } else {
            Vec::new()
        },
        ..Treatment::default()
    });
    let repository = fixture.client_with(with_login()).repository("a".parse().unwrap());
    let descriptor = descriptor(&bytes);
    let upload = repository.upload_blob(&descriptor, Arc::new(bytes.clone()), None, &|_| ());
    upload.await.unwrap();
    assert!(other_host.store.blobs("a").contains(&Digest::of(&bytes)));
    assert!(other_host.log.values("authorization").is_empty());
}
