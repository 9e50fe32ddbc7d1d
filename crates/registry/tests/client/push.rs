//! Writing: uploads in every way that registries want them, mounts, manifests.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{HeaderValue, Method};
use oci::{BlobSource, Digest, TagOrDigest};
use parking_lot::Mutex;
use registry::client::{Error, ErrorKind, Mount, Repository};
use registry_server::{Store, Treatment};

use crate::setup::{Fixture, answer, content, descriptor, index, tag};

const MIB: usize = 1024 * 1024;
/// Larger than what is sent with the commit.
const LARGE: usize = 9 * MIB;

async fn push(repository: &Repository, bytes: &Bytes) -> Result<(), Error> {
    repository.upload_blob(&descriptor(bytes), Arc::new(bytes.clone()), None, &|_| ()).await.map(drop)
}

fn is_stored(fixture: &Fixture, repository: &str, bytes: &Bytes) -> bool {
    let blob = Store::blob(&fixture.store, repository, &Digest::of(bytes));
    blob.is_some_and(|blob| blob.size() == bytes.len() as u64)
}

#[tokio::test]
async fn small_blobs_take_two_requests_and_large_ones_three() {
    for (origin, sizes) in [(None, [0, 1, 5000, LARGE]), (Some(String::new()), [0, 1, 5000, LARGE])] {
        let fixture =
            Fixture::new(move |_| Treatment { location_origin: origin.clone(), ..Treatment::default() });
        let client = fixture.client();
        let repository = client.repository("a/b".parse().unwrap());
        for size in sizes {
            let bytes = content(size);
            fixture.log.clear();
            push(&repository, &bytes).await.unwrap();
            assert!(is_stored(&fixture, "a/b", &bytes), "{size}");
            let expected: &[&str] = if size < LARGE { &["POST", "PUT"] } else { &["POST", "PATCH", "PUT"] };
            assert_eq!(fixture.log.methods(), expected, "{size}");
            assert!(fixture.log.values("content-range").is_empty());
        }
        assert_eq!(client.sent_bytes(), sizes.iter().sum::<usize>() as u64);
    }
}

#[tokio::test]
async fn progress_grows_to_the_size() {
    let cuts = AtomicU32::new(0);
    let fixture = Fixture::new(move |request| Treatment {
        cut_request_after: (request.method == Method::PATCH && cuts.fetch_add(1, Ordering::SeqCst) == 0)
            .then_some(2 * MIB as u64),
        ..Treatment::default()
    });
    let bytes = content(LARGE);
    let told = Mutex::new(vec![0]);
    let note = |sent| told.lock().push(sent);
    let repository = fixture.repository("a");
    let descriptor = descriptor(&bytes);
    let upload = repository.upload_blob(&descriptor, Arc::new(bytes.clone()), None, &note);
    upload.await.unwrap();
    let told = told.into_inner();
    assert!(told.is_sorted() && told.len() > 3, "{told:?}");
    assert_eq!(*told.last().unwrap(), LARGE as u64);
}

#[tokio::test]
async fn a_refused_whole_is_sent_in_steps_from_then_on() {
    let fixture = Fixture::new(|request| {
        let has_body = request.headers.get("content-length").is_some_and(|length| length != "0");
        if request.method == Method::PUT && has_body {
            answer(404, &[], r#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#)
        } else {
            Treatment::default()
        }
    });
    let repository = fixture.repository("a");
    let first = content(5000);
    push(&repository, &first).await.unwrap();
    assert!(is_stored(&fixture, "a", &first));
    assert_eq!(fixture.log.methods(), ["POST", "PUT", "DELETE", "POST", "PATCH", "PUT"]);
    fixture.log.clear();
    let second = content(6000);
    push(&repository, &second).await.unwrap();
    assert!(is_stored(&fixture, "a", &second));
    assert_eq!(fixture.log.methods(), ["POST", "PATCH", "PUT"]);
}

#[tokio::test]
async fn a_413_leads_to_chunks_and_is_remembered() {
    let fixture = Fixture::new(|_| Treatment { request_limit: Some(3 * MIB as u64), ..Treatment::default() });
    let repository = fixture.repository("a");
    let bytes = content(LARGE);
    push(&repository, &bytes).await.unwrap();
    assert!(is_stored(&fixture, "a", &bytes));
    let tried = fixture.log.values("content-range");
    // 9 MiB, which need no range, and 4.5 MiB were refused; then 2.25 MiB were taken.
    let expected = ["0-4718591", "0-2359295", "2359296-4718591", "4718592-7077887", "7077888-9437183"];
    assert_eq!(tried, expected);
    fixture.log.clear();
    let second = content(LARGE - 1);
    push(&repository, &second).await.unwrap();
    assert!(is_stored(&fixture, "a", &second));
    assert_eq!(fixture.log.methods(), ["POST", "PATCH", "PATCH", "PATCH", "PATCH", "PUT"]);
}

#[tokio::test]
async fn a_limit_below_all_chunks_is_an_error() {
    let fixture = Fixture::new(|_| Treatment { request_limit: Some(100_000), ..Treatment::default() });
    let error = push(&fixture.repository("a"), &content(LARGE)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
    assert!(fixture.store.blobs("a").is_empty());
}

#[tokio::test]
async fn chunks_have_the_length_that_the_registry_requests() {
    let fixture = Fixture::new(|request| Treatment {
        request_limit: Some(5 * MIB as u64),
        headers: if request.method == Method::POST {
            vec![("oci-chunk-min-length".parse().unwrap(), Some(HeaderValue::from_static("5000000")))]
        } else {
            Vec::new()
        },
        ..Treatment::default()
    });
    let bytes = content(LARGE);
    push(&fixture.repository("a"), &bytes).await.unwrap();
    assert!(is_stored(&fixture, "a", &bytes));
    assert_eq!(fixture.log.values("content-range"), ["0-4999999", "5000000-9437183"]);
}

#[tokio::test]
async fn an_interrupted_upload_is_resumed() {
    let patches = AtomicU32::new(0);
    let fixture = Fixture::new(move |request| Treatment {
        // More often than the retries allow, but every time with progress.
        cut_request_after: (request.method == Method::PATCH && patches.fetch_add(1, Ordering::SeqCst) < 6)
            .then_some(MIB as u64),
        ..Treatment::default()
    });
    let client = fixture.client();
    let bytes = content(LARGE);
    push(&client.repository("a".parse().unwrap()), &bytes).await.unwrap();
    assert!(is_stored(&fixture, "a", &bytes));
    assert_eq!(fixture.log.count("POST"), 1);
    let ranges = fixture.log.values("content-range");
    let starts: Vec<_> = ranges.iter().map(|range| range.split('-').next().unwrap()).collect();
    assert_eq!(starts.len(), 6);
    assert_eq!(starts[5], (6 * MIB).to_string());
}

#[tokio::test]
async fn a_lost_session_begins_again() {
    let patches = AtomicU32::new(0);
    let fixture = Fixture::new(move |request| match *request.method {
        Method::PATCH if patches.fetch_add(1, Ordering::SeqCst) == 0 => {
            Treatment { cut_request_after: Some(MIB as u64), ..Treatment::default() }
        }
        Method::GET if request.path.contains("/uploads/") => {
            answer(404, &[], r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#)
        }
        _ => Treatment::default(),
    });
    let bytes = content(LARGE);
    push(&fixture.repository("a"), &bytes).await.unwrap();
    assert!(is_stored(&fixture, "a", &bytes));
    assert_eq!(fixture.log.count("POST"), 2);
}

#[tokio::test]
async fn bodies_that_are_always_reset_are_sent_in_chunks() {
    let fixture = Fixture::new(|request| {
        let length = request.headers.get("content-length").and_then(|value| value.to_str().ok());
        let length: u64 = length.and_then(|value| value.parse().ok()).unwrap_or(0);
        Treatment {
            disconnect: request.method == Method::PATCH && length > 5 * MIB as u64,
            ..Treatment::default()
        }
    });
    let bytes = content(LARGE);
    push(&fixture.repository("a"), &bytes).await.unwrap();
    assert!(is_stored(&fixture, "a", &bytes));
}

#[derive(Debug)]
struct Damaged(Bytes, AtomicU64);

impl BlobSource for Damaged {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read_at(offset, buf)
    }
}

#[tokio::test]
async fn a_damaged_source_is_never_committed() {
    for size in [5000, MIB, LARGE] {
        let fixture = Fixture::plain();
        let bytes = content(size);
        let mut damaged = bytes.to_vec();
        damaged[size / 2] ^= 1;
        let source = Damaged(damaged.into(), AtomicU64::new(0));
        let repository = fixture.repository("a");
        let descriptor = descriptor(&bytes);
        let upload = repository.upload_blob(&descriptor, Arc::new(source), None, &|_| ());
        let error = upload.await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SourceMismatch { .. }), "{size}: {error}");
        assert!(fixture.store.blobs("a").is_empty());
        assert_eq!(fixture.log.methods().last().unwrap(), "DELETE", "{size}");
        assert!(!fixture.log.methods().contains(&"PUT".to_owned()) || size <= MIB);
    }
}

#[tokio::test]
async fn a_source_that_ends_early_is_an_error_of_ours() {
    let fixture = Fixture::plain();
    let bytes = content(MIB);
    let short = bytes.slice(..MIB / 2);
    let repository = fixture.repository("a");
    let descriptor = descriptor(&bytes);
    let upload = repository.upload_blob(&descriptor, Arc::new(short), None, &|_| ());
    let error = upload.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Source(_)), "{error}");
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_counts() {
    let bytes = content(LARGE);
    let fixture = {
        let stored = Arc::new(Mutex::new(None::<registry_server::MemoryStore>));
        let (store, blob) = (Arc::clone(&stored), bytes.clone());
        let fixture = Fixture::new(move |request| {
            if request.method != Method::PUT {
                return Treatment::default();
            }
            let store = store.lock();
            store.as_ref().unwrap().insert_blob("a", Digest::of(&blob), blob.clone());
            answer(500, &[], "")
        });
        *stored.lock() = Some(fixture.store.clone());
        fixture
    };
    push(&fixture.repository("a"), &bytes).await.unwrap();
    assert_eq!(fixture.log.methods(), ["POST", "PATCH", "PUT", "GET"]);
}

#[tokio::test]
async fn a_failing_commit_is_tried_again_without_sending_the_blob_again() {
    let puts = AtomicU32::new(0);
    let fixture = Fixture::new(move |request| match *request.method {
        Method::PUT if puts.fetch_add(1, Ordering::SeqCst) < 2 => answer(503, &[], ""),
        _ => Treatment::default(),
    });
    let client = fixture.client();
    let bytes = content(LARGE);
    push(&client.repository("a".parse().unwrap()), &bytes).await.unwrap();
    assert!(is_stored(&fixture, "a", &bytes));
    assert_eq!(client.sent_bytes(), LARGE as u64);
}

#[tokio::test]
async fn mounts() {
    let fixture = Fixture::plain();
    let bytes = content(5000);
    let digest = Digest::of(&bytes);
    fixture.store.insert_blob("from", digest, bytes.clone());
    let repository = fixture.repository("a");
    let from = "from".parse().unwrap();
    assert!(matches!(repository.mount_blob(&digest, &from).await.unwrap(), Mount::Mounted));
    assert!(is_stored(&fixture, "a", &bytes));

    let other = content(6000);
    let Mount::Upload(session) = repository.mount_blob(&Digest::of(&other), &from).await.unwrap() else {
        panic!("a session was expected");
    };
    fixture.log.clear();
    let descriptor = descriptor(&other);
    let upload = repository.upload_blob(&descriptor, Arc::new(other.clone()), Some(session), &|_| ());
    upload.await.unwrap();
    assert!(is_stored(&fixture, "a", &other));
    assert_eq!(fixture.log.methods(), ["PUT"], "the session of the mount is used");

    let Mount::Upload(session) = repository.mount_blob(&Digest::of(b"x"), &from).await.unwrap() else {
        panic!("a session was expected");
    };
    repository.cancel_upload(session).await;
    assert_eq!(fixture.log.methods().last().unwrap(), "DELETE");
}

/// As after a restart of a registry without `http.secret`.
#[tokio::test]
async fn a_lost_upload_is_started_over() {
    const MESSAGE: &str = r#"{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"blob upload invalid"}]}"#;
    for (method, size) in [(Method::PATCH, LARGE), (Method::PUT, LARGE), (Method::PUT, 1000)] {
        for (lost, is_pushed) in [(1, true), (2, true), (99, false)] {
            let (seen, name) = (AtomicU32::new(0), method.clone());
            let fixture = Fixture::new(move |request| {
                let is_lost = *request.method == name && seen.fetch_add(1, Ordering::SeqCst) < lost;
                if is_lost { answer(404, &[], MESSAGE) } else { Treatment::default() }
            });
            let (repository, bytes) = (fixture.repository("a"), content(size));
            let pushed = push(&repository, &bytes).await;
            assert_eq!(pushed.is_ok(), is_pushed, "{method} {size} {lost}: {pushed:?}");
            assert_eq!(is_stored(&fixture, "a", &bytes), is_pushed);
            let sessions = fixture.log.methods().into_iter().filter(|method| method == "POST").count();
            assert!(sessions <= 4, "{method} {size} {lost}: {sessions}");
            let error = pushed.err();
            assert!(error.is_none_or(|error| matches!(error.kind(), ErrorKind::UploadLost { .. })));
        }
    }
}

#[tokio::test]
async fn a_registry_that_does_not_mount() {
    let fixture = Fixture::new(|_| answer(405, &[], ""));
    let repository = fixture.repository("a");
    let mount = repository.mount_blob(&Digest::of(b"x"), &"from".parse().unwrap()).await.unwrap();
    assert!(matches!(mount, Mount::Refused));
}

#[tokio::test]
async fn manifests_are_put_as_they_are_and_again_after_faults() {
    let puts = AtomicU32::new(0);
    let fixture = Fixture::new(move |_| match puts.fetch_add(1, Ordering::SeqCst) {
        0 => answer(500, &[], ""),
        1 => Treatment { disconnect: true, ..Treatment::default() },
        _ => Treatment::default(),
    });
    let manifest = index("a");
    let repository = fixture.repository("a");
    repository.put_manifest(&tag("v1"), &manifest).await.unwrap();
    repository.put_manifest(&TagOrDigest::Digest(manifest.digest()), &manifest).await.unwrap();
    let stored = Store::manifest(&fixture.store, "a", &tag("v1")).unwrap();
    assert_eq!(stored, manifest);
    assert!(fixture.log.values("content-type").iter().all(|value| value == manifest.media_type()));

    let wrong = Digest::of(b"x").to_string();
    let fixture = Fixture::new(move |_| answer(201, &[("docker-content-digest", &wrong)], ""));
    let error = fixture.repository("a").put_manifest(&tag("v1"), &manifest).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DigestMismatch { .. }), "{error}");
    let fixture = Fixture::new(|_| answer(403, &[], r#"{"errors":[{"code":"DENIED","message":"no"}]}"#));
    let error = fixture.repository("a").put_manifest(&tag("v1"), &manifest).await.unwrap_err();
    assert!(error.to_string().ends_with("access is denied (DENIED: no)"), "{error}");
}
