//! Each way in which a request can fail is told by its kind, and says whether to try again.

use std::{sync::Arc, time::Duration};

use crate::support::*;
use egress::{FaultKind, Http, Settings, TrafficClass};
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;

fn impatient() -> Http {
    let settings = Settings {
        connect_timeout: Duration::from_secs(5),
        stall_timeout: Duration::from_millis(300),
        ..Settings::default()
    };
    Http::new(&settings, "127.0.0.1").unwrap()
}

/// A fault is of this kind, begins with this text (`PORT` stands for the port), and shows no secret.
async fn expect_fault(port: u16, kind: FaultKind, transient: bool, text: &str) {
    let url = format!("http://user:hunter2@127.0.0.1:{port}/v2/?_state=hunter3");
    let fault = fault_of(impatient().client(TrafficClass::Bulk).get(url)).await;
    assert_eq!((fault.kind(), fault.is_transient()), (kind, transient), "{fault}");
    let expected = text.replace("PORT", &port.to_string());
    assert!(fault.to_string().starts_with(&expected), "{fault}");
    assert!(!format!("{fault} {fault:?}").contains("hunter"), "{fault:?}");
}

#[tokio::test]
async fn broken_responses_are_distinguished() {
    let cut = "the connection to 127.0.0.1:PORT broke off: the other side closed";
    for (answer, kind, transient, text) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"[..], FaultKind::Interrupted, true, cut),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", FaultKind::Interrupted, true, cut),
        (b"HTTP/1.1 200 OK\r\ncont", FaultKind::Interrupted, true, cut),
        (b"", FaultKind::Interrupted, true, cut),
        (b"SSH-2.0-OpenSSH_9.9\r\n", FaultKind::Other, false, "the response of 127.0.0.1:PORT is not HTTP: "),
    ] {
        expect_fault(answering(answer).await, kind, transient, text).await;
    }
}

#[tokio::test]
async fn a_closed_port_is_a_connect_fault() {
    let text = "cannot connect to 127.0.0.1:PORT: connection refused";
    expect_fault(CLOSED_PORT, FaultKind::Connect, true, text).await;
}

#[tokio::test]
async fn silence_before_and_within_a_response_is_a_timeout() {
    for sent in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"] {
        let port = serve(move |mut stream| async move {
            read_head(&mut stream).await;
            stream.write_all(sent).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        let text = "127.0.0.1:PORT sent no data within the stall timeout";
        expect_fault(port, FaultKind::Timeout, true, text).await;
    }
}

#[tokio::test]
async fn a_reset_within_the_answer_is_an_interruption() {
    let port = serve(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    expect_fault(port, FaultKind::Interrupted, true, "the connection to 127.0.0.1:PORT broke off: ").await;
}

#[tokio::test]
async fn a_long_upload_is_not_a_stall() {
    let slow = || {
        serve(|mut stream| async move {
            read_head(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(700)).await;
            // The impatient client is gone by then.
            let _ = stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await;
        })
    };
    let http = impatient();
    let port = slow().await;
    let upload =
        http.client(TrafficClass::Upload).put(format!("http://127.0.0.1:{port}/")).body("x").send().await;
    assert_eq!(upload.unwrap().status(), 201);
    let bulk =
        fault_of(http.client(TrafficClass::Bulk).put(format!("http://127.0.0.1:{port}/")).body("x")).await;
    assert_eq!(bulk.kind(), FaultKind::Timeout, "{bulk}");
}

#[tokio::test]
async fn redirects_are_left_to_the_caller() {
    let port = answering(
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://elsewhere.test/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let answer =
        impatient().client(TrafficClass::Bulk).get(format!("http://127.0.0.1:{port}/")).send().await.unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], "http://elsewhere.test/");
}

#[tokio::test]
async fn only_metadata_shares_connections_by_http2() {
    let identity = self_signed(&params("localhost"));
    let (settings, _files) = trusting(&[identity.pem()]);
    let mut config = server_config(&identity, &[]);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let chosen = Arc::new(Mutex::new(Vec::new()));
    let seen = chosen.clone();
    let port = serve(move |stream| {
        let (acceptor, seen) = (acceptor.clone(), seen.clone());
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
            seen.lock().push(String::from_utf8(protocol).unwrap());
        }
    })
    .await;
    let http = Http::new(&settings, "localhost").unwrap();
    for (class, protocol) in
        [(TrafficClass::Metadata, "h2"), (TrafficClass::Bulk, "http/1.1"), (TrafficClass::Upload, "http/1.1")]
    {
        chosen.lock().clear();
        let fault = fault_of(http.client(class).get(format!("https://localhost:{port}/"))).await;
        assert_eq!(fault.kind(), FaultKind::Interrupted, "{class:?}: {fault}");
        let chosen = chosen.lock();
        assert!(!chosen.is_empty() && chosen.iter().all(|name| name == protocol), "{class:?}: {chosen:?}");
    }
}
