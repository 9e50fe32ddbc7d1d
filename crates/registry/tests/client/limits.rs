//! Registries that reject requests for a while, and objects that fail while others do not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use egress::RetryPolicy;
use futures_util::future::join_all;
use http::Method;
use oci::Digest;
use parking_lot::Mutex;
use registry::client::{ClientOptions, ErrorKind, MAX_TAG_PAGES, MAX_TAGS, Notice, Refusal};
use registry_server::Treatment;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::setup::{Fixture, answer, client, content, descriptor, index, options, tag};

/// Takes `rate` requests a second and `burst` more, and rejects the rest, as nginx's `limit_req` with `nodelay`.
struct Limiter {
    rate: f64,
    burst: f64,
    state: Mutex<(f64, Instant)>,
    rejected: AtomicU32,
}

impl Limiter {
    fn new(rate: f64, burst: f64) -> Arc<Self> {
        Arc::new(Self { rate, burst, state: Mutex::new((0.0, Instant::now())), rejected: AtomicU32::new(0) })
    }

    fn takes(&self) -> bool {
        let mut state = self.state.lock();
        let now = Instant::now();
        let excess = (state.0 - self.rate * now.duration_since(state.1).as_secs_f64() + 1.0).max(0.0);
        if excess > self.burst {
            self.rejected.fetch_add(1, Ordering::SeqCst);
            return false;
        }
        *state = (excess, now);
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_slows_requests_down_and_lets_all_of_them_through() {
    for status in [429, 503] {
        let limiter = Limiter::new(200.0, 20.0);
        let limits = limiter.clone();
        let fixture = Fixture::new(move |request| match request.path {
            "/v2/" => Treatment::default(),
            _ if limits.takes() => Treatment::default(),
            _ => answer(status, &[], "<html><title>rejected</title></html>"),
        });
        for number in 0..300 {
            fixture.store.insert_manifest("a", &tag(&format!("v{number}")), index(&number.to_string()));
        }
        // Many more failures in a row than there are attempts, and more time than a host is given without success.
        let client = fixture.client();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let given = notices.clone();
        client.on_notice(move |notice| given.lock().push(notice));
        let repository = client.repository("a".parse().unwrap());
        let begun = Instant::now();
        let reads = (0..300).map(|number| {
            let repository = &repository;
            async move { repository.manifest(&tag(&format!("v{number}"))).await.map(drop) }
        });
        for read in join_all(reads).await {
            read.unwrap();
        }
        let (elapsed, rejected) = (begun.elapsed(), limiter.rejected.load(Ordering::SeqCst));
        assert!(elapsed < Duration::from_secs(4), "{status}: {elapsed:?}, {rejected} rejected");
        assert!(rejected > 0 && rejected < 250, "{status}: {rejected} rejected");
        let notices = notices.lock();
        assert!(matches!(notices[..], [Notice::RateLimited { .. }]), "{status}: {notices:?}");
    }
}

#[tokio::test]
async fn a_host_that_rejects_everything_is_given_up_after_the_limit() {
    for retry_after in [None, Some("3600")] {
        let fixture = Fixture::new(move |_| {
            let headers: Vec<_> = retry_after.into_iter().map(|value| ("retry-after", value)).collect();
            answer(429, &headers, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#)
        });
        let begun = Instant::now();
        let error = fixture.repository("a").manifest(&tag("v1")).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RateLimited { .. }), "{error}");
        let elapsed = begun.elapsed();
        assert!((Duration::from_millis(350)..Duration::from_secs(3)).contains(&elapsed), "{elapsed:?}");
    }
}

#[tokio::test]
async fn one_object_that_fails_while_others_succeed_is_isolated() {
    let fixture = Fixture::new(|request| match request.path {
        "/v2/a/manifests/bad" => answer(500, &[], r#"{"errors":[{"code":"UNKNOWN","detail":"empty link"}]}"#),
        _ => Treatment { delay: Duration::from_millis(1), ..Treatment::default() },
    });
    fixture.store.insert_manifest("a", &tag("good"), index("good"));
    let repository = fixture.repository("a");
    let others = async {
        for _ in 0..20 {
            repository.manifest(&tag("good")).await.unwrap();
        }
    };
    let bad = tag("bad");
    let (error, ()) = tokio::join!(repository.manifest(&bad), others);
    let error = error.unwrap_err();
    assert!(error.is_isolated(), "{error}");
    assert!(error.to_string().contains("500 (UNKNOWN: empty link) (after 4 attempts"), "{error}");
    assert_eq!(fixture.log.count("/manifests/bad"), 4);

    let error = repository.manifest(&bad).await.unwrap_err();
    assert!(!error.is_isolated(), "nothing else succeeded meanwhile");
}

#[tokio::test]
async fn a_registry_that_is_read_only_for_a_while_is_waited_for() {
    let writable = Arc::new(AtomicBool::new(false));
    let (now, tries) = (writable.clone(), AtomicU32::new(0));
    let fixture = Fixture::new(move |request| {
        let reads = matches!(*request.method, Method::GET | Method::HEAD);
        if reads || now.load(Ordering::SeqCst) {
            return Treatment::default();
        }
        // Longer than the number of attempts.
        if tries.fetch_add(1, Ordering::SeqCst) == 6 {
            now.store(true, Ordering::SeqCst);
        }
        answer(405, &[("allow", "GET, HEAD")], "Method not allowed")
    });
    let client = fixture.client();
    let notices = Arc::new(Mutex::new(0));
    let given = notices.clone();
    client.on_notice(move |notice| {
        assert!(matches!(notice, Notice::ReadOnly { .. }), "{notice:?}");
        *given.lock() += 1;
    });
    let repository = client.repository("a".parse().unwrap());
    let bytes = content(1000);
    repository.upload_blob(&descriptor(&bytes), Arc::new(bytes.clone()), None, &|_| ()).await.unwrap();
    assert_eq!(*notices.lock(), 1);

    writable.store(false, Ordering::SeqCst);
    let always = Fixture::new(|_| answer(405, &[], "Method not allowed"));
    let error = always.repository("a").put_manifest(&tag("v1"), &index("x")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refused { reason: Refusal::ReadOnly, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn few_metadata_requests_run_at_the_same_time_where_that_is_wanted() {
    let running = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let seen = running.clone();
    let fixture = Fixture::new(move |_| {
        let now = seen.0.fetch_add(1, Ordering::SeqCst) + 1;
        seen.1.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        seen.0.fetch_sub(1, Ordering::SeqCst);
        Treatment::default()
    });
    let repository =
        fixture.client_with(ClientOptions { metadata: 1, ..options() }).repository("a".parse().unwrap());
    let (digest, name) = (Digest::of(b"x"), tag("v1"));
    let checks = (0..10).map(|_| repository.check_blob(&digest, 1));
    let reads = (0..10).map(|_| repository.manifest_exists(&name));
    tokio::join!(join_all(checks), join_all(reads));
    assert_eq!(running.1.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_operations_on_a_host_that_rejects_everything_end_together() {
    let fixture = Fixture::new(|_| answer(503, &[], "busy"));
    let repository = fixture.repository("a");
    let names: Vec<_> = (0..50).map(|number| tag(&format!("v{number}"))).collect();
    let begun = Instant::now();
    for read in join_all(names.iter().map(|name| repository.manifest(name))).await {
        let error = read.unwrap_err();
        assert!(error.to_string().contains("503"), "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_tag_list_without_end_is_refused() {
    let endless = Fixture::new(|request| {
        let last = request.query.rsplit_once("last=").map_or(0, |(_, last)| last.parse::<u32>().unwrap());
        let link = format!("</v2/a/tags/list?n=1&last={}>; rel=\"next\"", last + 1);
        answer(200, &[("link", &link)], &format!(r#"{{"name":"a","tags":["t{last}"]}}"#))
    });
    let error = endless.repository("a").tags().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverLimit { .. }), "{error}");
    assert!(error.to_string().contains(&format!("{MAX_TAG_PAGES} pages")), "{error}");
    assert!(endless.log.count("tags/list") <= MAX_TAG_PAGES + 2);

    let names: Vec<String> = (0..=MAX_TAGS).map(|number| format!("\"{number}\"")).collect();
    let body = format!(r#"{{"name":"a","tags":[{}]}}"#, names.join(","));
    let many = Fixture::new(move |_| answer(200, &[], &body));
    let error = many.repository("a").tags().await.unwrap_err();
    assert!(error.to_string().contains(&format!("{MAX_TAGS} tags")), "{error}");
}

#[tokio::test]
async fn a_manifest_that_comes_byte_by_byte_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string().parse().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let head =
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(connection.read_u8().await.unwrap());
                }
                let mut sent = connection.write_all(head.as_bytes()).await;
                while sent.is_ok() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    sent = connection.write_all(b" ").await;
                }
            });
        }
    });
    let retry = RetryPolicy { answer_timeout: Duration::from_millis(300), ..options().retry };
    let client = client(host, ClientOptions { retry, ..options() });
    let begun = Instant::now();
    let error = client.repository("a".parse().unwrap()).manifest(&tag("v1")).await.unwrap_err();
    assert!(error.to_string().contains("not complete after 0.3 s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    server.abort();
}
