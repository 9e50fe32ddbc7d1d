//! Registries that cannot be reached: one that answered before is waited for.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use egress::RetryPolicy;
use oci::Digest;
use registry::client::{BlobState, ClientOptions, Error, ErrorKind, Repository};
use registry_server::{MemoryStore, RunningServer, Server, ServerOptions, Treatment};
use testkit::ReservedPort;

use crate::setup::{Fixture, answer, client, content, descriptor, options};

/// All attempts of an operation together take less: four, with waits of 4 ms at most.
const DOWN: Duration = Duration::from_millis(200);

/// A registry that can be stopped, and started again at its address.
struct Restartable {
    port: ReservedPort,
    store: MemoryStore,
}

impl Restartable {
    fn new() -> Self {
        Self { port: ReservedPort::new().unwrap(), store: MemoryStore::new() }
    }

    fn start(&self) -> RunningServer {
        Server::start(self.port.addr(), Arc::new(self.store.clone()), ServerOptions::default()).unwrap()
    }

    fn repository(&self, give_up_after: Duration) -> Repository {
        let retry = RetryPolicy { give_up_after, ..options().retry };
        let client =
            client(self.port.addr().to_string().parse().unwrap(), ClientOptions { retry, ..options() });
        client.repository("a/b".parse().unwrap())
    }
}

async fn push(repository: &Repository, bytes: &Bytes) -> Result<(), Error> {
    repository.upload_blob(&descriptor(bytes), Arc::new(bytes.clone()), None, &|_| ()).await.map(drop)
}

fn assert_unreachable(error: &Error) {
    assert!(matches!(error.kind(), ErrorKind::Network(fault) if fault.is_unreachable()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_waited_for_while_it_is_restarted() {
    let registry = Restartable::new();
    let server = registry.start();
    let repository = registry.repository(Duration::from_mins(1));
    let (first, second) = (content(1000), content(2_000_000));
    push(&repository, &first).await.unwrap();
    server.shutdown().await;
    let (size, digest) = (first.len() as u64, Digest::of(&first));
    let restart = async {
        tokio::time::sleep(DOWN).await;
        registry.start()
    };
    let (pushed, read, _server) =
        tokio::join!(push(&repository, &second), repository.check_blob(&digest, size), restart);
    pushed.unwrap();
    assert_eq!(read.unwrap(), BlobState::Readable);
    let size = second.len() as u64;
    assert_eq!(repository.check_blob(&Digest::of(&second), size).await.unwrap(), BlobState::Readable);
}

#[tokio::test]
async fn a_registry_that_stays_away_is_given_up() {
    let registry = Restartable::new();
    let server = registry.start();
    let repository = registry.repository(DOWN);
    push(&repository, &content(10)).await.unwrap();
    server.shutdown().await;
    let begun = Instant::now();
    assert_unreachable(&push(&repository, &content(20)).await.unwrap_err());
    assert!(begun.elapsed() >= DOWN, "{:?}", begun.elapsed());
    // Nothing has succeeded since, so the next operation does not wait as long again.
    let begun = Instant::now();
    assert_unreachable(&push(&repository, &content(30)).await.unwrap_err());
    assert!(begun.elapsed() < DOWN, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_never_answered_is_given_up_soon() {
    let long = Duration::from_mins(1);
    let begun = Instant::now();
    let registry = Restartable::new();
    assert_unreachable(&push(&registry.repository(long), &content(10)).await.unwrap_err());

    // A registry that redirects to storage that nobody can reach.
    let storage = ReservedPort::new().unwrap();
    let blob = content(10);
    let digest = Digest::of(&blob);
    let location = format!("http://{}/{digest}", storage.addr());
    let fixture = Fixture::new(move |request| match request.path {
        path if path.contains("/blobs/sha256:") => answer(307, &[("location", &location)], ""),
        _ => Treatment::default(),
    });
    let retry = RetryPolicy { give_up_after: long, ..options().retry };
    let client = fixture.client_with(ClientOptions { retry, ..options() });
    let repository = client.repository("a/b".parse().unwrap());
    repository.tags().await.unwrap();
    let error = repository.check_blob(&digest, blob.len() as u64).await.unwrap_err();
    assert_unreachable(&error);
    assert!(begun.elapsed() < long, "{:?}", begun.elapsed());
}
