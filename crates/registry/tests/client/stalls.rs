//! Transfers that stop on an open connection: tried again where that helps, and never waited for without end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use egress::Settings;
use http::Method;
use oci::Digest;
use registry::client::{Error, ErrorKind, Repository};
use registry_server::{RequestInfo, Store, Treatment};

use crate::setup::{Fixture, client_of, content, descriptor, index, options, tag};

const STALL: Duration = Duration::from_millis(200);
/// Longer than any of these tests.
const FOR_EVER: Duration = Duration::from_hours(1);
const SIZE: usize = 9 << 20;

/// What stalls: which requests, and how.
type Stall = fn(&RequestInfo<'_>) -> Treatment;

fn silence() -> Treatment {
    Treatment { delay: FOR_EVER, ..Treatment::default() }
}

/// A registry whose first `times` requests of some kind stall, and a client that gives up soon.
fn stalling(times: u32, stall: Stall) -> (Fixture, Repository) {
    let met = AtomicU32::new(0);
    let fixture = Fixture::new(move |request| {
        let treatment = stall(request);
        let stalls = treatment.delay > Duration::ZERO || treatment.stall_after.is_some();
        if stalls && met.fetch_add(1, Ordering::SeqCst) < times { treatment } else { Treatment::default() }
    });
    let settings = Settings { stall_timeout: STALL, ..Settings::default() };
    let client = client_of(&settings, fixture.host(), options());
    let repository = client.repository("a/b".parse().unwrap());
    (fixture, repository)
}

async fn push(repository: &Repository, bytes: &Bytes) -> Result<(), Error> {
    repository.upload_blob(&descriptor(bytes), Arc::new(bytes.clone()), None, &|_| ()).await.map(drop)
}

async fn pull(repository: &Repository, bytes: &Bytes) -> Result<Vec<u8>, Error> {
    let mut reader = repository.read_blob(Digest::of(bytes), bytes.len() as u64, 0);
    let mut read = Vec::new();
    while let Some(piece) = reader.next().await? {
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

fn assert_stalled(error: &Error, begun: Instant, name: &str) {
    assert!(matches!(error.kind(), ErrorKind::Network(fault) if fault.is_transient()), "{name}: {error}");
    assert!(error.to_string().contains("stall"), "{name}: {error}");
    assert!(error.to_string().contains("after 4 attempts"), "{name}: {error}");
    assert!(begun.elapsed() < 20 * STALL, "{name}: {:?}", begun.elapsed());
}

#[tokio::test]
async fn downloads() {
    let cases: [(&str, Stall); 2] = [
        ("before the answer", |request| {
            if request.path.contains("/blobs/") { silence() } else { Treatment::default() }
        }),
        ("in the body", |request| Treatment {
            stall_after: (request.path.contains("/blobs/")).then_some(0),
            ..Treatment::default()
        }),
    ];
    for (name, stall) in cases {
        for times in [2, u32::MAX] {
            let (fixture, repository) = stalling(times, stall);
            let bytes = content(SIZE);
            fixture.store.insert_blob("a/b", Digest::of(&bytes), bytes.clone());
            let begun = Instant::now();
            match pull(&repository, &bytes).await {
                Ok(read) => assert!(times == 2 && read == bytes, "{name}"),
                Err(error) => {
                    assert_eq!(times, u32::MAX, "{name}: {error}");
                    assert_stalled(&error, begun, name);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_download_that_stalls_is_resumed() {
    let (fixture, repository) = stalling(1, |request| Treatment {
        stall_after: request.path.contains("/blobs/").then_some(1 << 20),
        ..Treatment::default()
    });
    let bytes = content(SIZE);
    fixture.store.insert_blob("a/b", Digest::of(&bytes), bytes.clone());
    assert!(pull(&repository, &bytes).await.unwrap() == bytes);
    assert_eq!(fixture.log.values("range"), [format!("bytes={}-", 1 << 20)]);
}

#[tokio::test]
async fn manifests() {
    for times in [2, u32::MAX] {
        let (fixture, repository) = stalling(times, |_| silence());
        let manifest = index("x");
        fixture.store.insert_manifest("a/b", &tag("v1"), manifest.clone());
        let begun = Instant::now();
        match repository.manifest(&tag("v1")).await {
            Ok(read) => assert!(times == 2 && read == manifest),
            Err(error) => assert_stalled(&error, begun, "manifest"),
        }
    }
}

#[tokio::test]
async fn uploads() {
    let cases: [(&str, Stall); 2] = [
        (
            "its start",
            |request| if request.method == Method::POST { silence() } else { Treatment::default() },
        ),
        (
            "its body",
            |request| if request.method == Method::PATCH { silence() } else { Treatment::default() },
        ),
    ];
    for (name, stall) in cases {
        for times in [2, u32::MAX] {
            let (fixture, repository) = stalling(times, stall);
            let bytes = content(SIZE);
            let begun = Instant::now();
            match push(&repository, &bytes).await {
                Ok(()) => {
                    assert_eq!(times, 2, "{name}");
                    assert!(Store::blob(&fixture.store, "a/b", &Digest::of(&bytes)).is_some(), "{name}");
                }
                Err(error) => {
                    assert_eq!(times, u32::MAX, "{name}: {error}");
                    assert!(begun.elapsed() < 60 * STALL, "{name}: {:?}", begun.elapsed());
                    assert!(error.to_string().contains("stall"), "{name}: {error}");
                }
            }
        }
    }
}
