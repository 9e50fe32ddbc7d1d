//! The referrers API: pages, and what counts as a registry without it.

use std::collections::BTreeSet;

use bytes::Bytes;
use oci::{Digest, RawManifest};
use registry::client::ErrorKind;
use registry_server::{ServerOptions, Treatment};
use serde_json::json;

use crate::setup::{Fixture, answer};

fn attached(to: &Digest, number: usize) -> RawManifest {
    let config = json!({"mediaType": "x", "size": 1, "digest": Digest::of(&[u8::try_from(number).unwrap()])});
    let subject = json!({"mediaType": "x", "size": 1, "digest": to});
    let text = json!({"schemaVersion": 2, "config": config, "layers": [], "subject": subject});
    RawManifest::new(None, Bytes::from(text.to_string())).unwrap()
}

#[tokio::test]
async fn a_list_has_pages() {
    let options = ServerOptions { referrers: true, page_size: Some(2), ..ServerOptions::default() };
    let fixture = Fixture::with_options(options, |_| Treatment::default());
    let (subject, other) = (Digest::of(b"subject"), Digest::of(b"other"));
    let mut expected = BTreeSet::new();
    for number in 0..5 {
        let manifest = attached(&subject, number);
        fixture.store.insert_manifest("a", &manifest.digest().into(), manifest.clone());
        expected.insert(manifest.digest());
    }
    let repository = fixture.repository("a");
    assert_eq!(repository.referrers(&subject).await.unwrap(), Some(expected));
    assert_eq!(fixture.log.count("/referrers/"), 3);
    assert_eq!(repository.referrers(&other).await.unwrap(), Some(BTreeSet::new()));
}

#[tokio::test]
async fn a_registry_without_it_is_asked_once() {
    let page = "<html><title>Repository manager</title></html>";
    for (status, content_type, body) in [
        (404, "text/html", page),
        (404, "application/json", "{}"),
        (405, "text/plain", ""),
        (200, "text/html", page),
    ] {
        let headers = [("content-type", content_type)];
        let fixture = Fixture::new(move |_| answer(status, &headers, body));
        let client = fixture.client();
        let (a, b) = (client.repository("a".parse().unwrap()), client.repository("b".parse().unwrap()));
        let subject = Digest::of(b"subject");
        let (first, second) = tokio::join!(a.referrers(&subject), b.referrers(&subject));
        assert_eq!((first.unwrap(), second.unwrap()), (None, None), "{status}");
        assert_eq!(fixture.log.count("/referrers/"), 1, "{status}");
    }
}

#[tokio::test]
async fn nothing_else_means_that_there_is_none() {
    for (status, body) in [(400, "{}"), (403, "{}"), (200, "{}"), (200, "[]"), (200, r#"{"manifests":7}"#)] {
        let fixture = Fixture::new(move |_| answer(status, &[("content-type", "application/json")], body));
        let error = fixture.repository("a").referrers(&Digest::of(b"subject")).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot list the referrers of "), "{status}: {error}");
    }
    // A list of a registry written in Go, and then a 404, which the API never returns.
    let empty = r#"{"schemaVersion":2,"manifests":null}"#;
    let fixture = Fixture::new(move |request| {
        if request.path.starts_with("/v2/a/") { answer(200, &[], empty) } else { answer(404, &[], "") }
    });
    let client = fixture.client();
    let subject = Digest::of(b"subject");
    let listed = client.repository("a".parse().unwrap()).referrers(&subject).await.unwrap();
    assert_eq!(listed, Some(BTreeSet::new()));
    let error = client.repository("b".parse().unwrap()).referrers(&subject).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn lists_without_end_are_refused() {
    let next = r#"</v2/a/referrers/sha256:x?page=1>; rel="next""#;
    let fixture = Fixture::new(move |_| answer(200, &[("link", next)], r#"{"manifests":[]}"#));
    let error = fixture.repository("a").referrers(&Digest::of(b"subject")).await.unwrap_err();
    assert!(error.to_string().contains("form a loop"), "{error}");
}
