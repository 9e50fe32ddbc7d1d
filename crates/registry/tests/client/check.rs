//! Whether a blob is readable, by its last byte.

use bytes::Bytes;
use http::Method;
use oci::Digest;
use registry::client::{BlobState, ErrorKind};
use registry_server::{RequestInfo, Treatment};

use crate::setup::{Fixture, answer, content};

const LARGE: usize = 300_000;

fn of_blobs(
    treat: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static,
) -> impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static {
    move |request| if request.path.contains("/blobs/") { treat(request) } else { Treatment::default() }
}

fn stored(fixture: &Fixture, bytes: &Bytes) -> Digest {
    let digest = Digest::of(bytes);
    fixture.store.insert_blob("a", digest, bytes.clone());
    digest
}

#[tokio::test]
async fn one_request_for_the_last_byte() {
    let fixture = Fixture::plain();
    let repository = fixture.repository("a");
    for size in [0, 1, 2, 1000, LARGE] {
        let bytes = content(size);
        let digest = stored(&fixture, &bytes);
        fixture.log.clear();
        let state = repository.check_blob(&digest, size as u64).await.unwrap();
        assert_eq!(state, BlobState::Readable, "{size}");
        let expected = size.checked_sub(1).map(|last| format!("bytes={last}-{last}"));
        assert_eq!(fixture.log.values("range"), Vec::from_iter(expected));
        assert_eq!(fixture.log.methods(), ["GET"]);
    }
    assert_eq!(repository.check_blob(&Digest::of(b"other"), 5).await.unwrap(), BlobState::Absent);
}

#[tokio::test]
async fn another_size_is_seen_both_ways() {
    let fixture = Fixture::plain();
    let (bytes, repository) = (content(LARGE), fixture.repository("a"));
    let digest = stored(&fixture, &bytes);
    for size in [1, 1000, LARGE as u64 - 1, LARGE as u64 + 1, u64::MAX] {
        let state = repository.check_blob(&digest, size).await.unwrap();
        assert_eq!(state, BlobState::OtherSize(LARGE as u64), "{size}");
    }
    let empty = stored(&fixture, &Bytes::new());
    assert_eq!(repository.check_blob(&empty, 7).await.unwrap(), BlobState::OtherSize(0));
}

/// As Docker distribution does for a blob that its cache knows and its disk lacks.
#[tokio::test]
async fn a_blob_without_readable_bytes_is_missing() {
    for size in [1, 1000, LARGE] {
        let fixture = Fixture::new(of_blobs(|_| Treatment { cut_after: Some(0), ..Treatment::default() }));
        let bytes = content(size);
        let digest = stored(&fixture, &bytes);
        let error = fixture.repository("a").check_blob(&digest, size as u64).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated), "{size}: {error}");
        assert!(error.to_string().contains("does not send all of its bytes (after 3 attempts"), "{error}");
    }
    let passes = Fixture::new(of_blobs(|request| {
        let cut_after = (request.count <= 2).then_some(0);
        Treatment { cut_after, ..Treatment::default() }
    }));
    let bytes = content(LARGE);
    let digest = stored(&passes, &bytes);
    let state = passes.repository("a").check_blob(&digest, LARGE as u64).await.unwrap();
    assert_eq!(state, BlobState::Readable, "a connection may break once");
}

#[tokio::test]
async fn where_ranges_are_ignored_small_blobs_are_read_and_large_ones_asked_for_their_size() {
    let fixture = Fixture::new(of_blobs(|_| Treatment { ignore_range: true, ..Treatment::default() }));
    let repository = fixture.repository("a");
    let (small, large) = (content(1000), content(LARGE));
    for (bytes, state, method) in [
        (&small, BlobState::Readable, "GET"),
        (&large, BlobState::SizeOnly, "HEAD"),
        (&small, BlobState::Readable, "GET"),
    ] {
        let digest = stored(&fixture, bytes);
        fixture.log.clear();
        assert_eq!(repository.check_blob(&digest, bytes.len() as u64).await.unwrap(), state);
        assert_eq!(fixture.log.methods(), [method]);
        let other = repository.check_blob(&digest, bytes.len() as u64 + 1).await.unwrap();
        assert_eq!(other, BlobState::OtherSize(bytes.len() as u64));
    }
    // A first look at a large one ends as well.
    let fresh = fixture.client().repository("a".parse().unwrap());
    assert_eq!(fresh.check_blob(&Digest::of(&large), LARGE as u64).await.unwrap(), BlobState::SizeOnly);

    let spoiled = Fixture::new(of_blobs(|_| Treatment {
        ignore_range: true,
        corrupt_at: Some(3),
        ..Treatment::default()
    }));
    let digest = stored(&spoiled, &small);
    let error = spoiled.repository("a").check_blob(&digest, 1000).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DigestMismatch { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_head_leads_to_the_headers_of_a_get() {
    // 404 is what a proxy cache of Harbor returns for what it has not cached.
    for status in [403, 404, 405] {
        let fixture = Fixture::new(of_blobs(move |request| match *request.method {
            Method::HEAD => answer(status, &[], ""),
            _ => Treatment { ignore_range: true, ..Treatment::default() },
        }));
        let (small, large) = (content(10), content(LARGE));
        let repository = fixture.repository("a");
        for (bytes, state) in [(&small, BlobState::Readable), (&large, BlobState::SizeOnly)] {
            let digest = stored(&fixture, bytes);
            assert_eq!(repository.check_blob(&digest, bytes.len() as u64).await.unwrap(), state, "{status}");
        }
        let absent = repository.check_blob(&Digest::of(b"absent"), LARGE as u64).await.unwrap();
        assert_eq!(absent, BlobState::Absent, "{status}");
    }
}

#[tokio::test]
async fn an_html_page_instead_of_a_blob_is_not_from_a_registry() {
    let page = "<html><title>Blocked by policy</title></html>";
    let fixture =
        Fixture::new(of_blobs(move |_| answer(200, &[("content-type", "text/html; charset=utf-8")], page)));
    let repository = fixture.repository("a");
    let bytes = content(LARGE);
    let error = repository.check_blob(&Digest::of(&bytes), LARGE as u64).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotARegistry { .. }), "{error}");
    assert!(error.to_string().contains("Blocked by policy"), "{error}");
    let error = repository.read_blob(Digest::of(&bytes), LARGE as u64, 0).next().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotARegistry { .. }), "{error}");
    assert!(error.to_string().contains("Blocked by policy"), "{error}");
}
