//! A push that a later run takes up: its session is kept, asked for, and good for nothing but time.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use egress::Secret;
use http::{HeaderValue, Method, header};
use oci::Digest;
use registry::client::{ClientOptions, Credentials, Error, ErrorKind, RESUME_THRESHOLD};
use registry_server::{Auth, BasicAuth, RequestInfo, Store, Treatment};
use tempfile::TempDir;

use crate::setup::{Fixture, answer, content, descriptor, options};

const MIB: u64 = 1024 * 1024;
const LARGE: usize = 12 * 1024 * 1024;
/// What the registry gets of the first run.
const BEFORE: u64 = 5 * MIB;

/// A registry that breaks the first run off in the middle of the blob, and a place for sessions.
struct Broken {
    fixture: Fixture,
    folder: TempDir,
    bytes: Bytes,
}

/// Breaks the first PATCH off, and the line until a request of the second run, which is challenged by a
/// GET of `/v2/x`; treats that run by `later`.
fn breaking(
    later: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static,
) -> impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static {
    let stage = AtomicU32::new(0);
    move |request| {
        if request.path == "/v2/x/tags/list" {
            stage.store(2, Ordering::SeqCst);
        }
        match stage.load(Ordering::SeqCst) {
            0 if request.method == Method::PATCH => {
                stage.store(1, Ordering::SeqCst);
                Treatment { cut_request_after: Some(BEFORE), ..Treatment::default() }
            }
            0 => Treatment::default(),
            1 => Treatment { disconnect: true, ..Treatment::default() },
            _ if request.path.contains("/uploads/") => later(request),
            _ => Treatment::default(),
        }
    }
}

impl Broken {
    /// After the first run.
    async fn new(later: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static) -> Self {
        Self::of(Fixture::new(breaking(later))).await
    }

    async fn of(fixture: Fixture) -> Self {
        let broken = Self { fixture, folder: tempfile::tempdir().unwrap(), bytes: content(LARGE) };
        broken.fixture.client_with(broken.options()).prepare_sessions().unwrap();
        let error = broken.push(&broken.bytes).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Network(_)), "{error}");
        assert_eq!(broken.files().len(), 1);
        assert_eq!(broken.fixture.log.count("DELETE"), 0);
        let client = broken.fixture.client_with(broken.options());
        client.repository("x".parse().unwrap()).tags().await.unwrap();
        broken.fixture.log.clear();
        broken
    }

    fn options(&self) -> ClientOptions {
        ClientOptions {
            sessions: Some(self.folder.path().join("uploads")),
            credentials: Some(Credentials::new("u", Secret::new("p"))),
            ..options()
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("uploads")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// A run of its own.
    async fn push(&self, source: &Bytes) -> Result<u64, Error> {
        let repository = self.fixture.client_with(self.options()).repository("a".parse().unwrap());
        repository.upload_blob(&descriptor(&self.bytes), Arc::new(source.clone()), None, &|_| ()).await
    }

    /// The second run, which must succeed; gives what it did not send again.
    async fn succeed(&self) -> u64 {
        let resumed = self.push(&self.bytes).await.unwrap();
        let blob = Store::blob(&self.fixture.store, "a", &Digest::of(&self.bytes));
        assert_eq!(blob.unwrap().size(), LARGE as u64);
        assert_eq!(self.files(), [] as [PathBuf; 0], "nothing is left");
        resumed
    }
}

#[tokio::test]
async fn an_upload_is_resumed_and_sends_only_the_rest() {
    let broken = Broken::new(|_| Treatment::default()).await;
    assert_eq!(broken.succeed().await, BEFORE);
    assert_eq!(broken.fixture.log.methods(), ["GET", "GET", "PATCH", "PUT"]);
    assert_eq!(broken.fixture.log.values("content-range"), [format!("{BEFORE}-{}", LARGE - 1)]);
}

#[tokio::test]
async fn bytes_of_the_first_run_that_still_arrive_are_waited_for() {
    let looks = AtomicU32::new(0);
    let growing = move |request: &RequestInfo<'_>| match *request.method {
        Method::GET => {
            let end = [MIB, 3 * MIB].get(looks.fetch_add(1, Ordering::SeqCst) as usize);
            let range = end.map(|end| HeaderValue::try_from(format!("0-{end}")).unwrap());
            let headers = range.map(|range| (header::RANGE, Some(range))).into_iter().collect();
            Treatment { headers, ..Treatment::default() }
        }
        _ => Treatment::default(),
    };
    let broken = Broken::new(growing).await;
    assert_eq!(broken.succeed().await, BEFORE);
    assert_eq!(broken.fixture.log.methods(), ["GET", "GET", "GET", "GET", "PATCH", "PUT"]);
}

#[tokio::test]
async fn a_session_opened_in_the_meantime_is_cancelled() {
    let broken = Broken::new(|_| Treatment::default()).await;
    let repository = broken.fixture.client_with(broken.options()).repository("a".parse().unwrap());
    let digest = Digest::of(&broken.bytes);
    let registry::client::Mount::Upload(opened) =
        repository.mount_blob(&digest, &"from".parse().unwrap()).await.unwrap()
    else {
        panic!("a session was expected");
    };
    let source = Arc::new(broken.bytes.clone());
    let upload = repository.upload_blob(&descriptor(&broken.bytes), source, Some(opened), &|_| ()).await;
    assert_eq!(upload.unwrap(), BEFORE);
    assert_eq!(broken.fixture.log.methods(), ["POST", "GET", "GET", "DELETE", "PATCH", "PUT"]);
}

#[tokio::test]
async fn an_inconsistent_session_is_started_over() {
    let status = |range: &'static str| {
        move |request: &RequestInfo<'_>| match *request.method {
            Method::GET => Treatment {
                headers: vec![(header::RANGE, Some(HeaderValue::from_static(range)))],
                ..Treatment::default()
            },
            _ => Treatment::default(),
        }
    };
    let gone = |request: &RequestInfo<'_>| match *request.method {
        Method::GET => answer(404, &[], r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#),
        _ => Treatment::default(),
    };
    let failing = |request: &RequestInfo<'_>| match *request.method {
        Method::GET => answer(500, &[], ""),
        _ => Treatment::default(),
    };
    let silent = |request: &RequestInfo<'_>| match *request.method {
        Method::GET => Treatment { disconnect: true, ..Treatment::default() },
        _ => Treatment::default(),
    };
    let forbidden = |request: &RequestInfo<'_>| match *request.method {
        Method::GET => answer(403, &[], ""),
        _ => Treatment::default(),
    };
    let cases = [
        ("gone", Broken::new(gone).await),
        ("failing", Broken::new(failing).await),
        ("silent", Broken::new(silent).await),
        ("forbidden", Broken::new(forbidden).await),
        ("empty", Broken::new(status("0-0")).await),
        ("too long", Broken::new(status("0-99999999")).await),
        ("no range", Broken::new(status("x")).await),
    ];
    for (name, broken) in cases {
        assert_eq!(broken.succeed().await, 0, "{name}");
        let log = &broken.fixture.log;
        assert!(log.methods().ends_with(&["POST".into(), "PATCH".into(), "PUT".into()]), "{name}");
        assert!(log.values("content-range").is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_session_that_accepts_no_more_data_is_started_over() {
    let resumes = |request: &RequestInfo<'_>| request.headers.contains_key("content-range");
    let is_refused = move |request: &RequestInfo<'_>| {
        if resumes(request) { answer(500, &[], "") } else { Treatment::default() }
    };
    let is_reset =
        move |request: &RequestInfo<'_>| Treatment { disconnect: resumes(request), ..Treatment::default() };
    let is_denied = move |request: &RequestInfo<'_>| {
        if resumes(request) { answer(403, &[], "") } else { Treatment::default() }
    };
    // As ECR is said to do: what comes later is taken and lost, and the commit fails.
    let is_lost = move |request: &RequestInfo<'_>| {
        let end = (LARGE - 1).to_string();
        if resumes(request) {
            answer(202, &[("range", &format!("0-{end}"))], "")
        } else {
            Treatment::default()
        }
    };
    // More than there is: bytes at the registry that are not those of the blob.
    let is_wrong = |request: &RequestInfo<'_>| match *request.method {
        Method::GET => Treatment {
            headers: vec![(header::RANGE, Some(HeaderValue::from_static("0-12582911")))],
            ..Treatment::default()
        },
        _ => Treatment::default(),
    };
    let cases = [
        ("refused", Broken::new(is_refused).await),
        ("reset", Broken::new(is_reset).await),
        ("denied", Broken::new(is_denied).await),
        ("lost", Broken::new(is_lost).await),
        ("wrong", Broken::new(is_wrong).await),
    ];
    for (name, broken) in cases {
        assert_eq!(broken.succeed().await, 0, "{name}");
    }
}

#[tokio::test]
async fn a_damaged_source_leaves_no_session() {
    let broken = Broken::new(|_| Treatment::default()).await;
    for place in [0, LARGE - 1] {
        let mut damaged = broken.bytes.to_vec();
        damaged[place] ^= 1;
        let error = broken.push(&damaged.into()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SourceMismatch { .. }), "{error}");
        assert_eq!(broken.fixture.log.methods().last().unwrap(), "DELETE");
        assert_eq!(broken.files(), [] as [PathBuf; 0]);
    }
    assert!(broken.fixture.store.blobs("a").is_empty());
}

#[tokio::test]
async fn chunks_continue_after_the_last_one() {
    let (chunks, is_down) = (AtomicU32::new(0), Arc::new(AtomicBool::new(true)));
    let down = Arc::clone(&is_down);
    let fixture = Fixture::new(move |request| Treatment {
        request_limit: Some(3 * MIB),
        // Two are refused for their size before the first is taken.
        disconnect: request.method == Method::PATCH
            && chunks.fetch_add(1, Ordering::SeqCst) > 3
            && down.load(Ordering::SeqCst),
        ..Treatment::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let bytes = content(LARGE);
    let push = || {
        let options = ClientOptions { sessions: Some(folder.path().to_owned()), ..options() };
        let repository = fixture.client_with(options).repository("a".parse().unwrap());
        let (descriptor, source) = (descriptor(&bytes), Arc::new(bytes.clone()));
        async move { repository.upload_blob(&descriptor, source, None, &|_| ()).await }
    };
    push().await.unwrap_err();
    is_down.store(false, Ordering::SeqCst);
    fixture.log.clear();
    assert_eq!(push().await.unwrap(), 6 * MIB);
    // The limit has to be found out again: twice 6 MiB are refused, then two chunks are taken.
    let expected = ["GET", "GET", "PATCH", "GET", "PATCH", "GET", "PATCH", "PATCH", "PUT"];
    assert_eq!(fixture.log.methods(), expected);
}

#[tokio::test]
async fn a_session_elsewhere_gets_no_credentials() {
    let auth = || Auth::Basic(BasicAuth::new("u", "p"));
    let broken = Broken::of(Fixture::with_auth(auth(), breaking(|_| Treatment::default()))).await;
    let other_host = Fixture::with_auth(auth(), |_| Treatment::default());
    let file = broken.files().remove(0);
    let kept = fs::read_to_string(&file).unwrap();
    let (here, there) = (broken.fixture.host().to_string(), other_host.host().to_string());
    let location = format!("http://{here}/");
    assert!(kept.contains(&location), "{kept}");
    fs::write(&file, kept.replace(&location, &format!("http://{there}/"))).unwrap();
    assert_eq!(broken.succeed().await, 0);
    assert!(!other_host.log.all().is_empty(), "it was asked");
    assert_eq!(other_host.log.values("authorization"), [] as [String; 0]);
}

#[tokio::test]
async fn small_blobs_and_finished_ones_leave_no_file() {
    let fixture = Fixture::plain();
    let folder = tempfile::tempdir().unwrap();
    let sessions = folder.path().join("uploads");
    let client = fixture.client_with(ClientOptions { sessions: Some(sessions.clone()), ..options() });
    client.prepare_sessions().unwrap();
    let repository = client.repository("a".parse().unwrap());
    let threshold = usize::try_from(RESUME_THRESHOLD).unwrap();
    for size in [5000, threshold, threshold + 1] {
        let bytes = content(size);
        let most = AtomicU32::new(0);
        let look = |_| {
            let files = fs::read_dir(&sessions).unwrap().count();
            most.fetch_max(u32::try_from(files).unwrap(), Ordering::SeqCst);
        };
        let upload = descriptor(&bytes);
        repository.upload_blob(&upload, Arc::new(bytes.clone()), None, &look).await.unwrap();
        assert_eq!(most.load(Ordering::SeqCst), u32::from(size > threshold), "{size}");
        assert_eq!(fs::read_dir(&sessions).unwrap().count(), 0);
    }
}
