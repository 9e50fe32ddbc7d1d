//! Proxies: the login is sent, Go's rules choose, and the proxy's faults are not the registry's.

use std::time::Duration;

use crate::connect_proxy::{Behaviour, Proxy};
use crate::support::*;
use egress::{FaultKind, Http, ProxyVariables, Settings, TrafficClass};

/// `us@er:p:ss`, as it must be written in a URL and as it must be sent.
const LOGIN: &str = "us%40er:p%3Ass";
const LOGIN_SENT: &str = "Basic dXNAZXI6cDpzcw==";

fn through(settings: &Settings, url: String) -> Settings {
    let proxy = ProxyVariables { http_proxy: Some(url.clone()), https_proxy: Some(url), no_proxy: None };
    Settings { proxy, ..settings.clone() }
}

#[tokio::test]
async fn a_tunnel_carries_the_login_to_the_proxy_only() {
    let server = self_signed(&params("registry.test"));
    let port = https_server(server_config(&server, &[])).await;
    let (settings, _files) = trusting(&[server.pem()]);
    let proxy = Proxy::start(Behaviour::Tunnel(port)).await;
    let settings = through(&settings, format!("http://{LOGIN}@127.0.0.1:{}", proxy.port));
    let http = Http::new(&settings, "registry.test").unwrap();
    for class in [TrafficClass::Metadata, TrafficClass::Bulk, TrafficClass::Upload] {
        let answer = http.client(class).get("https://registry.test/v2/").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{class:?}");
        assert!(http.proxy_fault(&answer).is_none());
    }
    let heads = proxy.heads();
    assert_eq!(heads.len(), 3);
    for head in heads {
        assert!(head.starts_with("CONNECT registry.test:443 HTTP/1.1\r\n"), "{head}");
        assert!(
            head.to_lowercase().contains(&format!("proxy-authorization: {LOGIN_SENT}\r\n").to_lowercase()),
            "{head}"
        );
    }
    assert!(!format!("{http:?} {settings:?}").contains("p%3Ass"));
}

#[tokio::test]
async fn refusals_of_a_proxy_are_distinguished() {
    let forbidden =
        "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\ncontent-length: 0\r\n\r\n";
    let unavailable = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    let login = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
    for (name, answer, with_login, transient, text, hint) in [
        (
            "no login",
            login,
            false,
            false,
            "requires a login before it connects to registry.test:443 (407)",
            "USER:PASSWORD",
        ),
        (
            "bad login",
            login,
            true,
            false,
            "did not accept the login for registry.test:443 (407)",
            "percent-encoded",
        ),
        (
            "403",
            forbidden,
            true,
            false,
            "refused to connect to registry.test:443: 403 Forbidden",
            "allow CONNECT",
        ),
        (
            "503",
            unavailable,
            true,
            true,
            "refused to connect to registry.test:443: 503 Service Unavailable",
            "whether the proxy can reach",
        ),
        ("no HTTP", "garbage\r\n\r\n", true, true, "refused to connect to registry.test:443", "NO_PROXY"),
        ("closes", "", true, true, "refused to connect to registry.test:443", "NO_PROXY"),
    ] {
        let proxy = Proxy::start(Behaviour::Answer(answer)).await;
        let (settings, _files) = trusting(&[]);
        let url = if with_login {
            format!("http://{LOGIN}@127.0.0.1:{}", proxy.port)
        } else {
            format!("127.0.0.1:{}", proxy.port)
        };
        let http = Http::new(&through(&settings, url), "registry.test").unwrap();
        let fault =
            fault_of(http.client(TrafficClass::Bulk).get("https://registry.test/v2/?t=hunter2")).await;
        assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Proxy, transient), "{name}: {fault}");
        let expected = format!("the proxy http://127.0.0.1:{} {text}", proxy.port);
        assert_eq!(fault.to_string(), expected, "{name}");
        assert!(fault.hints().join(" ").contains(hint), "{name}: {:?}", fault.hints());
        let shown = format!("{fault:?}");
        assert!(
            !shown.contains("p%3Ass") && !shown.contains("p:ss") && !shown.contains("hunter2"),
            "{name}: {shown}"
        );
        for (number, head) in proxy.heads().iter().enumerate() {
            // A login that was refused is not sent again to learn more: that could lock the account.
            let sent = with_login && !(answer == login && number > 0);
            assert_eq!(head.contains(LOGIN_SENT), sent, "{name}: {head}");
        }
    }
}

/// As those of a Windows domain do. The tunnel's headers are asked for once more, without the login.
#[tokio::test]
async fn an_unsupported_proxy_login_is_reported_with_its_schemes() {
    let head = "HTTP/1.1 407 Proxy Authentication Required\r\n";
    for (schemes, named) in [
        ("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n", Some("Negotiate or NTLM")),
        ("proxy-authenticate: NTLM\r\n", Some("NTLM")),
        ("Proxy-Authenticate: Digest realm=\"a, Basic\", nonce=\"b\"\r\n", Some("Digest")),
        ("Proxy-Authenticate: Negotiate, NTLM, Basic realm=\"x\"\r\n", None),
        ("", None),
    ] {
        for with_login in [false, true] {
            let answer = format!("{head}{schemes}content-length: 0\r\n\r\n");
            let proxy = Proxy::start(Behaviour::Answer(answer.leak())).await;
            let (settings, _files) = trusting(&[]);
            let login = if with_login { format!("{LOGIN}@") } else { String::new() };
            let settings = through(&settings, format!("http://{login}127.0.0.1:{}", proxy.port));
            let http = Http::new(&settings, "registry.test").unwrap();
            let tunnel = fault_of(http.client(TrafficClass::Bulk).get("https://registry.test/v2/")).await;
            let heads = proxy.heads();
            assert_eq!(heads.len(), 2);
            assert!(!heads[1].to_lowercase().contains("proxy-authorization"), "{heads:?}");
            let plain =
                http.client(TrafficClass::Metadata).get("http://registry.test/v2/").send().await.unwrap();
            let plain = http.proxy_fault(&plain).unwrap();
            for (fault, does, variable) in [
                (tunnel, "connects to registry.test:443", "HTTPS_PROXY"),
                (plain, "fetches from registry.test", "HTTP_PROXY"),
            ] {
                assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Proxy, false), "{fault}");
                let Some(named) = named else {
                    assert!(!fault.to_string().contains("Basic"), "{fault}");
                    continue;
                };
                assert_eq!(
                    fault.to_string(),
                    format!(
                        "the proxy http://127.0.0.1:{} requires a login by {named} before it {does} (407); \
                         dhctl supports only Basic",
                        proxy.port
                    )
                );
                let hints = fault.hints().join("\n");
                assert!(hints.contains("such as cntlm or px"), "{hints}");
                assert!(hints.contains(&format!("{variable}=http://127.0.0.1:3128")), "{hints}");
                assert!(!format!("{fault:?}{hints}").contains("p%3Ass"), "{fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let (mut settings, _files) = trusting(&[]);
    settings.connect_timeout = Duration::from_millis(300);
    let closed = CLOSED_PORT;
    let silent = Proxy::start(Behaviour::Silence).await.port;
    for (place, url, text) in [
        (
            format!("127.0.0.1:{closed}"),
            "https://registry.test/",
            format!(
                "cannot reach registry.test:443 through the proxy: cannot connect to http://127.0.0.1:{closed}: connection refused"
            ),
        ),
        (
            format!("127.0.0.1:{closed}"),
            "http://registry.test/",
            format!(
                "cannot reach registry.test:80 through the proxy: cannot connect to http://127.0.0.1:{closed}: connection refused"
            ),
        ),
        (
            format!("127.0.0.1:{silent}"),
            "https://registry.test/",
            format!(
                "no connection to registry.test:443 through the proxy http://127.0.0.1:{silent} within 1 s"
            ),
        ),
    ] {
        let http =
            Http::new(&through(&settings, format!("http://{LOGIN}@{place}")), "registry.test").unwrap();
        let fault = fault_of(http.client(TrafficClass::Metadata).get(url)).await;
        assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Proxy, true), "{fault}");
        assert_eq!(fault.to_string(), text);
    }
}

#[tokio::test]
async fn a_bad_certificate_behind_a_tunnel_is_the_registrys() {
    let server = self_signed(&params("registry.test"));
    let port = https_server(server_config(&server, &[])).await;
    let (settings, _files) = trusting(&[]);
    let proxy = Proxy::start(Behaviour::Tunnel(port)).await;
    let http = Http::new(&through(&settings, format!("127.0.0.1:{}", proxy.port)), "registry.test").unwrap();
    let fault = fault_of(http.client(TrafficClass::Metadata).get("https://registry.test/")).await;
    assert_eq!(fault.kind(), FaultKind::Tls, "{fault}");
    assert!(fault.to_string().starts_with("the certificate of registry.test was refused: "), "{fault}");
}

#[tokio::test]
async fn plain_http_is_forwarded_with_the_login_and_refusals_are_recognized() {
    for (answer, refused) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", None),
        // The registry's own refusal, passed on.
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", None),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            Some("did not accept the login"),
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\ncontent-length: 0\r\n\r\n",
            Some("refused to fetch from registry.test:5000: 403"),
        ),
    ] {
        let proxy = Proxy::start(Behaviour::Answer(answer)).await;
        let (settings, _files) = trusting(&[]);
        let settings = through(&settings, format!("http://{LOGIN}@127.0.0.1:{}", proxy.port));
        let http = Http::new(&settings, "registry.test:5000").unwrap();
        let response =
            http.client(TrafficClass::Metadata).get("http://registry.test:5000/v2/").send().await.unwrap();
        let fault = http.proxy_fault(&response);
        assert_eq!(fault.is_some(), refused.is_some(), "{answer}");
        if let (Some(fault), Some(text)) = (fault, refused) {
            assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Proxy, false), "{fault}");
            assert!(fault.to_string().contains(text), "{fault}");
            let named = format!("the proxy http://127.0.0.1:{} ", proxy.port);
            assert!(fault.to_string().starts_with(&named), "{fault}");
            assert!(!format!("{fault:?}").contains("p%3Ass"), "{fault:?}");
        }
        let heads = proxy.heads();
        assert!(heads[0].starts_with("GET http://registry.test:5000/v2/ HTTP/1.1\r\n"), "{heads:?}");
        assert!(heads[0].contains(LOGIN_SENT), "{heads:?}");
    }
}

#[tokio::test]
async fn no_proxy_and_this_machine_are_reached_directly() {
    let server = self_signed(&params("localhost"));
    let port = https_server(server_config(&server, &[])).await;
    let (settings, _files) = trusting(&[server.pem()]);
    let proxy = Proxy::start(Behaviour::Answer("HTTP/1.1 500 No\r\n\r\n")).await;
    let settings = through(&settings, format!("127.0.0.1:{}", proxy.port));
    let http = Http::new(&settings, "localhost").unwrap();
    assert_eq!(
        http.client(TrafficClass::Bulk)
            .get(format!("https://localhost:{port}/"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(proxy.heads(), Vec::<String>::new());
}
