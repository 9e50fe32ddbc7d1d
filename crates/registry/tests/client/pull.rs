//! Reading: manifests, tags, blobs; what is certain, and what is tried again.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use egress::{Http, RetryPolicy, Settings};
use http::Method;
use oci::{Digest, TagOrDigest};
use registry::client::{Client, ClientOptions, ErrorKind, Existence, Missing, Repository};
use registry_server::{ServerOptions, Treatment};

use crate::cutter::{Cut, Cutter, WHOLE};
use crate::setup::{Fixture, answer, content, descriptor, index, options, tag};

const SIZE: usize = 3 * 1024 * 1024;

async fn read(repository: &Repository, bytes: &Bytes, offset: u64) -> (Bytes, u32) {
    let mut reader = repository.read_blob(Digest::of(bytes), bytes.len() as u64, offset);
    let mut all = BytesMut::new();
    while let Some(piece) = reader.next().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    assert_eq!(reader.position(), bytes.len() as u64);
    assert!(reader.next().await.unwrap().is_none());
    (all.freeze(), reader.restarted())
}

#[tokio::test]
async fn manifests_come_as_they_are() {
    let fixture = Fixture::plain();
    let manifest = index("a");
    fixture.store.insert_manifest("a/b", &tag("v1"), manifest.clone());
    let repository = fixture.repository("a/b");
    let by_digest = TagOrDigest::Digest(manifest.digest());
    assert_eq!(repository.manifest(&tag("v1")).await.unwrap(), manifest);
    assert_eq!(repository.manifest(&by_digest).await.unwrap(), manifest);
    assert_eq!(repository.manifest_exists(&by_digest).await.unwrap(), Existence::Present);
    assert_eq!(repository.manifest_exists(&tag("v2")).await.unwrap(), Existence::Absent);
    assert!(repository.manifest_if_present(&tag("v2")).await.unwrap().is_none());
    let error = repository.manifest(&tag("v2")).await.unwrap_err();
    assert!(error.is_not_found());
    let name = format!("{}/a/b:v2", fixture.host());
    assert!(error.to_string().contains(&name), "{error}");
    let error = fixture.repository("nothing").manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound { what: Missing::Manifest, .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_certain_is_not_absent() {
    for (status, body, expected) in [
        (404, "<html><title>Not here</title></html>", "not from a container registry"),
        (403, "{}", "access is denied"),
        (401, "", "authentication is required"),
        (302, "", "redirect"),
        (200, "<html>login</html>", "digest"),
    ] {
        let fixture = Fixture::new(move |_| answer(status, &[], body));
        let digest = TagOrDigest::Digest(Digest::of(b"x"));
        let error = fixture.repository("a").manifest_if_present(&digest).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{status}: {error}");
    }
    let portal = Fixture::new(|_| answer(200, &[("content-type", "text/html")], "<title>Log in</title>"));
    let error = portal.repository("a").manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotARegistry { .. }), "{error}");
    let error = portal.repository("a").tags().await.unwrap_err();
    assert!(error.to_string().contains("Log in"), "{error}");
}

#[tokio::test]
async fn wrong_and_endless_manifests_are_refused() {
    let fixture = Fixture::new(|_| Treatment { corrupt_at: Some(40), ..Treatment::default() });
    fixture.store.insert_manifest("a", &tag("v1"), index("some text"));
    let error = fixture.repository("a").manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DigestMismatch { .. }), "{error}");
    let long = " ".repeat(5 * 1024 * 1024);
    let fixture = Fixture::new(move |_| answer(200, &[], &long));
    let error = fixture.repository("a").manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverLimit { .. }), "{error}");
}

#[tokio::test]
async fn a_403_to_head_decides_nothing() {
    let fixture = Fixture::new(|request| match *request.method {
        Method::HEAD => answer(403, &[], ""),
        _ => Treatment::default(),
    });
    let repository = fixture.repository("a");
    assert_eq!(repository.manifest_exists(&tag("v1")).await.unwrap(), Existence::Unknown);
}

#[tokio::test]
async fn tag_pages_with_nulls_and_unknown_fields() {
    let options = ServerOptions { page_size: Some(2), ..ServerOptions::default() };
    let fixture = Fixture::with_options(options, |_| Treatment::default());
    for name in ["v1", "v2", "v3", "alpha", "stable"] {
        fixture.store.insert_manifest("a", &tag(name), index("a"));
    }
    let tags = fixture.repository("a").tags().await.unwrap().unwrap();
    assert_eq!(tags, ["alpha", "stable", "v1", "v2", "v3"]);
    assert_eq!(fixture.log.count("GET"), 3);
    assert_eq!(fixture.repository("b").tags().await.unwrap(), None);

    let digest = Digest::of(b"");
    let list = format!(r#"{{"name":"a","tags":["b",null,"","{digest}","a","a"]}}"#);
    let fixture = Fixture::new(move |_| answer(200, &[], &list));
    assert_eq!(fixture.repository("a").tags().await.unwrap().unwrap(), ["a", "b"]);
    let fixture = Fixture::new(|_| answer(200, &[], r#"{"name":"a","tags":null}"#));
    assert_eq!(fixture.repository("a").tags().await.unwrap().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn misleading_tag_pages_are_errors() {
    let circle = [("link", r#"</v2/a/tags/list?n=1000>; rel="next""#)];
    let fixture = Fixture::new(move |_| answer(200, &circle, r#"{"tags":["a"]}"#));
    let error = fixture.repository("a").tags().await.unwrap_err();
    assert!(error.to_string().contains("loop"), "{error}");
    let next = [("link", r#"</v2/a/tags/list?last=a>; rel="next""#)];
    let fixture = Fixture::new(move |request| match request.query {
        "last=a" => answer(404, &[], r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#),
        _ => answer(200, &next, r#"{"tags":["a"]}"#),
    });
    assert!(fixture.repository("a").tags().await.is_err(), "half a list is no list");
}

#[tokio::test]
async fn interrupted_bodies_are_resumed() {
    let bytes = content(SIZE);
    // More often than the retries allow, but every time with progress.
    let cutter = Cutter::start(bytes.clone(), |number| Cut {
        after: if number < 8 { 300_000 } else { usize::MAX },
        ..WHOLE
    });
    let cutter = cutter.await;
    let (got, restarted) = read(&cutter.repository, &bytes, 0).await;
    assert_eq!((got == bytes, restarted), (true, 0));
    assert_eq!(cutter.asked(), (0..9).map(|number| number * 300_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stalled_body_is_requested_again() {
    let stalls = AtomicU32::new(0);
    let fixture = Fixture::new(move |_| Treatment {
        stall_after: (stalls.fetch_add(1, Ordering::SeqCst) == 0).then_some(300_000),
        ..Treatment::default()
    });
    let bytes = content(SIZE);
    fixture.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let settings = Settings { stall_timeout: Duration::from_millis(300), ..Settings::default() };
    let http = Http::new(&settings, fixture.host().as_str()).unwrap();
    let client = Client::new(http, fixture.host(), options());
    let (got, _) = read(&client.repository("a".parse().unwrap()), &bytes, 0).await;
    assert!(got == bytes);
    assert_eq!(fixture.log.values("range"), ["bytes=300000-"]);
}

#[tokio::test]
async fn a_body_that_ends_early_is_resumed_too() {
    let bytes = content(SIZE);
    let cutter = Cutter::start(bytes.clone(), |number| Cut {
        after: if number < 1 { 300_000 } else { usize::MAX },
        has_length: false,
        ..WHOLE
    });
    let cutter = cutter.await;
    let (got, _) = read(&cutter.repository, &bytes, 0).await;
    assert!(got == bytes);
    assert_eq!(cutter.asked(), [0, 300_000]);
    let cutter = Cutter::start(bytes.slice(..1000), |_| Cut { has_length: false, ..WHOLE });
    let mut reader = cutter.await.repository.read_blob(Digest::of(&bytes), 1001, 0);
    assert_eq!(reader.next().await.unwrap().unwrap().len(), 1000);
    let error = reader.next().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SizeMismatch { .. }), "{error}");
}

#[tokio::test]
async fn one_byte_too_many_is_never_delivered() {
    let bytes = content(1000);
    let cutter = Cutter::start(bytes.clone(), |_| Cut { has_length: false, ..WHOLE });
    let mut reader = cutter.await.repository.read_blob(Digest::of(&bytes), 999, 0);
    let error = reader.next().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SizeMismatch { actual: 1000, .. }), "{error}");
    assert_eq!(reader.position(), 0);
}

#[tokio::test]
async fn reading_begins_in_the_middle() {
    let fixture = Fixture::plain();
    let bytes = content(1_500_000);
    fixture.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let (rest, restarted) = read(&fixture.repository("a"), &bytes, 1_000_000).await;
    assert_eq!((rest, restarted), (bytes.slice(1_000_000..), 0));
    let (rest, _) = read(&fixture.repository("a"), &bytes, 1_500_000).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn servers_without_ranges_begin_again() {
    let bytes = content(SIZE);
    let cutter = Cutter::start(bytes.clone(), |number| Cut {
        after: if number < 2 { 400_000 * (number + 1) } else { usize::MAX },
        honours_range: false,
        ..WHOLE
    });
    let cutter = cutter.await;
    let (got, restarted) = read(&cutter.repository, &bytes, 0).await;
    assert_eq!((got == bytes, restarted), (true, 2));
    assert_eq!(cutter.asked(), [0, 400_000, 800_000]);
}

#[tokio::test]
async fn a_wrong_content_range_is_not_trusted() {
    let bytes = content(SIZE);
    let cutter = Cutter::start(bytes.clone(), |number| Cut {
        after: if number < 1 { 500_000 } else { usize::MAX },
        claims: Some(400_000),
        ..WHOLE
    });
    let cutter = cutter.await;
    let (got, restarted) = read(&cutter.repository, &bytes, 0).await;
    assert_eq!((got == bytes, restarted), (true, 1));
    assert_eq!(cutter.asked(), [0, 500_000, 0]);
}

#[tokio::test]
async fn sizes_must_be_right() {
    let fixture = Fixture::plain();
    let bytes = content(2000);
    fixture.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let repository = fixture.repository("a");
    for claimed in [1999, 2001] {
        let mut reader = repository.read_blob(Digest::of(&bytes), claimed, 0);
        let error = reader.next().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SizeMismatch { actual: 2000, .. }), "{error}");
    }
    assert_eq!(repository.blob_bytes(&descriptor(&bytes), 2000).await.unwrap(), bytes);
    let error = repository.blob_bytes(&descriptor(&bytes), 1999).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverLimit { .. }), "{error}");
    let fixture = Fixture::new(|_| Treatment { corrupt_at: Some(7), ..Treatment::default() });
    fixture.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let error = fixture.repository("a").blob_bytes(&descriptor(&bytes), 9999).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DigestMismatch { .. }), "{error}");
}

#[tokio::test]
async fn retry_after_is_respected() {
    let requests = AtomicU32::new(0);
    let fixture = Fixture::new(move |_| match requests.fetch_add(1, Ordering::SeqCst) {
        0 => answer(429, &[("retry-after", "1")], "{}"),
        1 => answer(503, &[], "busy"),
        _ => Treatment::default(),
    });
    fixture.store.insert_manifest("a", &tag("v1"), index("a"));
    let started = Instant::now();
    let retry = RetryPolicy { give_up_after: Duration::from_secs(20), ..options().retry };
    let client = fixture.client_with(ClientOptions { retry, ..options() });
    client.repository("a".parse().unwrap()).manifest(&tag("v1")).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(fixture.log.count("GET"), 3);
}

#[tokio::test]
async fn retries_end_and_are_reported() {
    let fixture =
        Fixture::new(|_| answer(502, &[("content-type", "text/html")], "<title>Bad\u{1b} Gateway</title>"));
    let error = fixture.repository("a").manifest(&tag("v1")).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the registry returned 502 (Bad\u{fffd} Gateway) (after 4 attempts in "), "{text}");
    assert_eq!(fixture.log.count("GET"), 4);
    let fixture = Fixture::new(|_| answer(400, &[], ""));
    assert!(fixture.repository("a").manifest(&tag("v1")).await.is_err());
    assert_eq!(fixture.log.count("GET"), 1);
    let fixture = Fixture::new(|_| Treatment { cut_after: Some(0), ..Treatment::default() });
    let bytes = content(5000);
    fixture.store.insert_blob("a", Digest::of(&bytes), bytes.clone());
    let error = fixture.repository("a").blob_bytes(&descriptor(&bytes), 5000).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Network(_)), "{error}");
    assert!(error.to_string().contains("after 4 attempts"), "{error}");
}

#[tokio::test]
async fn pings() {
    let fixture = Fixture::plain();
    fixture.client().ping().await.unwrap();
    for (status, body) in [(200, "<html>hello</html>"), (404, "<html>"), (401, "")] {
        let fixture = Fixture::new(move |_| Treatment {
            headers: vec![("docker-distribution-api-version".parse().unwrap(), None)],
            ..answer(status, &[], body)
        });
        let error = fixture.client().ping().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NotARegistry { .. }), "{status}: {error}");
    }
}
