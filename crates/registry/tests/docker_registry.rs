//! The client against Debian's docker-registry, which the scripted servers imitate.
//!
//! The programs `docker-registry` and `htpasswd` must be installed (Debian: docker-registry, apache2-utils).

#![expect(clippy::unwrap_used, reason = "what is set up for a test must not fail")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use egress::{Http, RetryPolicy, Secret, Settings};
use oci::{Descriptor, Digest, Host, RawManifest, Tag, TagOrDigest};
use registry::client::{
    BlobState, Client, ClientOptions, Credentials, ErrorKind, Existence, Mount, Repository,
};
use testkit::{DockerAuth, DockerRegistry, DockerRegistryOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
};

const MIB: usize = 1024 * 1024;

/// A running registry with one account, `u` and `p`. Ends with its directory when it is dropped.
struct Docker {
    host: Host,
    _registry: DockerRegistry,
}

impl Docker {
    fn start() -> Self {
        let auth = DockerAuth::Htpasswd { login: "u".to_owned(), password: "p".to_owned() };
        let options = DockerRegistryOptions { auth, ..DockerRegistryOptions::default() };
        let registry = DockerRegistry::start(options).unwrap();
        Self { host: registry.addr().to_string().parse().unwrap(), _registry: registry }
    }

    fn client(&self) -> Client {
        client(&self.host, "p", quick())
    }
}

fn quick() -> RetryPolicy {
    RetryPolicy {
        attempts: 4,
        base: Duration::from_millis(5),
        max: Duration::from_millis(20),
        ..RetryPolicy::default()
    }
}

fn client(host: &Host, password: &str, retry: RetryPolicy) -> Client {
    let http = Http::new(&Settings::default(), host.as_str()).unwrap();
    let options = ClientOptions {
        plain_http: true,
        credentials: Some(Credentials::new("u", Secret::new(password))),
        retry,
        ..ClientOptions::default()
    };
    Client::new(http, host.clone(), options)
}

/// Passes connections on, and ends each of the first few after so many bytes in one direction.
async fn cutting_proxy(to: Host, cuts: u64, up: u64, down: u64) -> Host {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string().parse().unwrap();
    let made = Arc::new(AtomicU64::new(0));
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let far = TcpStream::connect(to.as_str()).await.unwrap();
            let made = Arc::clone(&made);
            tokio::spawn(async move {
                let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
                tokio::select! {
                    () = pass(near_read, far_write, up, &made, cuts) => {}
                    () = pass(far_read, near_write, down, &made, cuts) => {}
                }
            });
        }
    });
    host
}

/// Copies until the end, or until the limit as long as there are cuts to be made.
async fn pass(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    limit: u64,
    made: &AtomicU64,
    cuts: u64,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    while let Ok(count) = from.read(&mut buffer).await {
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        passed += count as u64;
        if passed >= limit && made.fetch_add(1, Ordering::SeqCst) < cuts {
            return;
        }
    }
}

fn content(size: usize, seed: u64) -> Bytes {
    let mut bytes = vec![0; size];
    for (number, piece) in (seed << 32..).zip(bytes.chunks_mut(8)) {
        let word = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
        piece.copy_from_slice(&word[..piece.len()]);
    }
    bytes.into()
}

fn descriptor(bytes: &[u8], media_type: &str) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
        platform: None,
        annotations: std::collections::BTreeMap::new(),
    }
}

async fn push(repository: &Repository, bytes: &Bytes) {
    let upload = descriptor(bytes, "x");
    repository.upload_blob(&upload, Arc::new(bytes.clone()), None, &|_| ()).await.unwrap();
}

async fn pull(repository: &Repository, bytes: &Bytes) -> Bytes {
    let mut reader = repository.read_blob(Digest::of(bytes), bytes.len() as u64, 0);
    let mut all = BytesMut::new();
    while let Some(piece) = reader.next().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    assert_eq!(reader.restarted(), 0);
    all.freeze()
}

async fn state(repository: &Repository, bytes: &Bytes) -> BlobState {
    repository.check_blob(&Digest::of(bytes), bytes.len() as u64).await.unwrap()
}

fn tag(name: &str) -> TagOrDigest {
    name.parse::<Tag>().unwrap().into()
}

#[tokio::test]
async fn an_image_goes_there_and_back() {
    let docker = Docker::start();
    let client = docker.client();
    let repository = client.repository("deckhouse/ee".parse().unwrap());
    assert_eq!(repository.tags().await.unwrap(), None);
    let config = Bytes::from_static(b"{}");
    let layers = [content(0, 1), content(5000, 2), content(20 * MIB, 3)];
    for blob in layers.iter().chain([&config]) {
        assert_eq!(state(&repository, blob).await, BlobState::Absent);
        push(&repository, blob).await;
        assert_eq!(state(&repository, blob).await, BlobState::Readable);
        assert!(pull(&repository, blob).await == *blob);
    }
    let layers: Vec<_> =
        layers.iter().map(|layer| descriptor(layer, "application/vnd.oci.image.layer.v1.tar")).collect();
    let text = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor(&config, "application/vnd.oci.image.config.v1+json"),
        "layers": layers,
    });
    let manifest = RawManifest::new(None, text.to_string().into()).unwrap();
    for name in ["v1.0.0", "stable"] {
        assert_eq!(repository.manifest_exists(&tag(name)).await.unwrap(), Existence::Absent);
        repository.put_manifest(&tag(name), &manifest).await.unwrap();
        assert_eq!(repository.manifest(&tag(name)).await.unwrap(), manifest);
    }
    let by_digest = TagOrDigest::Digest(manifest.digest());
    assert_eq!(repository.manifest(&by_digest).await.unwrap(), manifest);
    assert_eq!(repository.manifest_exists(&by_digest).await.unwrap(), Existence::Present);
    assert_eq!(repository.tags().await.unwrap().unwrap(), ["stable", "v1.0.0"]);
    assert!(repository.manifest_if_present(&tag("v9")).await.unwrap().is_none());

    let sibling = client.repository("deckhouse/ee/install".parse().unwrap());
    let large = &layers[2];
    let mount = sibling.mount_blob(&large.digest, repository.name()).await.unwrap();
    assert!(matches!(mount, Mount::Mounted), "{mount:?}");
    assert_eq!(sibling.check_blob(&large.digest, large.size).await.unwrap(), BlobState::Readable);
    let other = content(3 * MIB, 4);
    let mount = sibling.mount_blob(&Digest::of(&other), repository.name()).await.unwrap();
    let Mount::Upload(session) = mount else { panic!("{mount:?}") };
    let upload = descriptor(&other, "x");
    let source = Arc::new(other.clone());
    sibling.upload_blob(&upload, source, Some(session), &|_| ()).await.unwrap();
    assert!(pull(&sibling, &other).await == other);
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let docker = Docker::start();
    let stranger = client(&docker.host, "wrong", quick());
    let error = stranger.repository("a".parse().unwrap()).tags().await.unwrap_err();
    let refused = matches!(error.kind(), ErrorKind::Unauthorized { with_credentials: true, .. });
    assert!(refused, "{error}");
}

#[tokio::test]
async fn uploads_and_downloads_survive_a_bad_connection() {
    let docker = Docker::start();
    let (size, cuts) = (24 * MIB, 3);
    let bytes = content(size, 5);

    let host = cutting_proxy(docker.host.clone(), cuts, 5 * MIB as u64, u64::MAX).await;
    let up = client(&host, "p", quick());
    push(&up.repository("a".parse().unwrap()), &bytes).await;
    // Version 2.8 gives no status of a session whose request broke off, so the blob begins again.
    assert_eq!(state(&up.repository("a".parse().unwrap()), &bytes).await, BlobState::Readable);
    assert!(up.sent_bytes() > size as u64, "nothing was cut");

    let host = cutting_proxy(docker.host.clone(), cuts, u64::MAX, 5 * MIB as u64).await;
    let down = client(&host, "p", quick());
    assert!(pull(&down.repository("a".parse().unwrap()), &bytes).await == bytes);
    assert_eq!(down.received_bytes(), size as u64);
}

#[tokio::test]
async fn a_damaged_source_leaves_nothing_behind() {
    let docker = Docker::start();
    let repository = docker.client().repository("a".parse().unwrap());
    for size in [5000, 12 * MIB] {
        let bytes = content(size, 6);
        let upload = descriptor(&bytes, "x");
        let mut damaged = bytes.to_vec();
        damaged[size - 1] ^= 1;
        let source = Arc::new(Bytes::from(damaged));
        let error = repository.upload_blob(&upload, source, None, &|_| ()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SourceMismatch { .. }), "{error}");
        assert_eq!(state(&repository, &bytes).await, BlobState::Absent);
    }
}
