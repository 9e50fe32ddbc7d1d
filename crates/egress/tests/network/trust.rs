//! Certificates are judged as Go judges them, through the real client against real TLS servers.

use crate::support::*;
use egress::{EgressError, FaultKind, Http, NetworkFault, Settings, TrafficClass};
use rcgen::{BasicConstraints, CertificateParams, IsCa};
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Case {
    name: &'static str,
    server: Identity,
    chain: Vec<rcgen::Certificate>,
    store: Vec<String>,
    /// `None`: trusted. Otherwise texts of the message and of a hint.
    refused: Option<(&'static str, &'static str)>,
}

fn leaf_in_store(
    name: &'static str,
    server: Identity,
    refused: Option<(&'static str, &'static str)>,
) -> Case {
    let store = vec![server.pem()];
    Case { name, server, chain: vec![], store, refused }
}

fn marked(is_ca: IsCa) -> Identity {
    let mut params = params("localhost");
    params.is_ca = is_ca;
    self_signed(&params)
}

fn nameless() -> CertificateParams {
    let mut params = params("localhost");
    params.subject_alt_names.clear();
    params
}

/// Valid from and to so many days from now.
fn dated(from: i64, to: i64) -> CertificateParams {
    let mut params = params("localhost");
    params.not_before = OffsetDateTime::now_utc() + Duration::days(from);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(to);
    params
}

const NAME: &str = "name that the certificate contains";
const USAGE: &str = "certificate for TLS servers";

fn accepted(ca: &Authority) -> Vec<Case> {
    let middle = ca.subordinate("Corp Issuing CA");
    let case = |name, server, chain, store| Case { name, server, chain, store, refused: None };
    let localhost = params("localhost");
    vec![
        leaf_in_store("self-signed, no basic constraints", marked(IsCa::NoCa), None),
        leaf_in_store("self-signed, CA:FALSE", marked(IsCa::ExplicitNoCa), None),
        leaf_in_store("self-signed, CA:TRUE", marked(IsCa::Ca(BasicConstraints::Unconstrained)), None),
        leaf_in_store("issued, only the leaf in the store", ca.issue(&localhost), None),
        case("issued, CA in the store", ca.issue(&localhost), vec![], vec![ca.pem()]),
        case(
            "issued by an intermediate that the server sends",
            middle.issue(&localhost),
            vec![middle.certificate.clone()],
            vec![ca.pem()],
        ),
        case("only the intermediate in the store", middle.issue(&localhost), vec![], vec![middle.pem()]),
    ]
}

fn refused_though_in_store(ca: &Authority) -> Vec<Case> {
    [
        ("wrong name", ca.issue(&params("other.host")), "it is not for localhost (", NAME),
        ("no names", self_signed(&nameless()), "no subject alternative names", NAME),
        ("expired", self_signed(&dated(-20, -1)), "it has expired", "renew"),
        ("not yet valid", self_signed(&dated(1, 20)), "it is not valid yet", "clock"),
        (
            "for clients only",
            self_signed(&client_only(params("localhost"))),
            "does not allow it for servers",
            USAGE,
        ),
    ]
    .into_iter()
    .map(|(name, server, why, hint)| leaf_in_store(name, server, Some((why, hint))))
    .collect()
}

fn refused_by_issuer(ca: &Authority) -> Vec<Case> {
    let (localhost, known) = (params("localhost"), vec![ca.pem()]);
    let ca_true = IsCa::Ca(BasicConstraints::Unconstrained);
    [
        ("issued, wrong name", ca.issue(&params("other.host")), &known, "it is not for localhost (", NAME),
        ("issued, no names", ca.issue(&nameless()), &known, "no subject alternative names", NAME),
        ("issued, expired", ca.issue(&dated(-20, -1)), &known, "it has expired", "renew"),
        (
            "issued for clients",
            ca.issue(&client_only(localhost.clone())),
            &known,
            "allow it for servers",
            USAGE,
        ),
        ("issued, empty store", ca.issue(&localhost), &vec![], "its issuer is not among", "--ca-file"),
        (
            "self-signed, unknown",
            marked(IsCa::NoCa),
            &known,
            "it is self-signed and not among",
            "SSL_CERT_FILE",
        ),
        ("self-signed CA:TRUE, unknown", marked(ca_true), &known, "not", "--ca-file"),
    ]
    .into_iter()
    .map(|(name, server, store, why, hint)| Case {
        name,
        server,
        chain: vec![],
        store: store.clone(),
        refused: Some((why, hint)),
    })
    .collect()
}

#[tokio::test]
async fn certificates_are_judged_as_in_go() {
    let ca = Authority::new("Corp CA");
    let cases = accepted(&ca).into_iter().chain(refused_though_in_store(&ca)).chain(refused_by_issuer(&ca));
    for Case { name, server, chain, store, refused } in cases {
        let port = https_server(server_config(&server, &chain.iter().collect::<Vec<_>>())).await;
        let (mut settings, _files) = trusting(&store);
        let host = format!("localhost:{port}");
        let http = Http::new(&settings, &host).unwrap();
        let request = || http.client(TrafficClass::Bulk).get(format!("https://{host}/v2/?secret=hunter2"));
        let Some((why, hint)) = refused else {
            assert_eq!(request().send().await.expect(name).status(), 200, "{name}");
            continue;
        };
        let fault = fault_of(request()).await;
        assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Tls, false), "{name}: {fault}");
        let (text, hints) = (fault.to_string(), fault.hints().join("\n"));
        assert!(text.starts_with(&format!("the certificate of {host} was refused: ")), "{name}: {text}");
        assert!(text.contains(why), "{name}: {text}");
        assert!(hints.contains(hint), "{name}: {hints}");
        assert!(!format!("{text}{hints}{fault:?}").contains("hunter2"), "{name}: {text} {fault:?}");
        let offered = fault.certificate().expect(name);
        assert!(text.contains(&offered.to_string()), "{name}: {text}");

        settings.trust.skip_verify = true;
        let careless = Http::new(&settings, &host).unwrap();
        let answer = careless.client(TrafficClass::Bulk).get(format!("https://{host}/")).send().await;
        assert_eq!(answer.expect(name).status(), 200, "{name}");
    }
}

#[tokio::test]
async fn a_refused_certificate_is_described() {
    let mut params = params("registry.corp");
    params.not_before = OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
    params.not_after = OffsetDateTime::from_unix_timestamp(4_102_444_740).unwrap();
    params.subject_alt_names.push(rcgen::SanType::IpAddress([10, 0, 0, 1].into()));
    let server = Authority::new("Corp CA").issue(&params);
    let port = https_server(server_config(&server, &[])).await;
    let (settings, _files) = trusting(&[]);
    let http = Http::new(&settings, "localhost").unwrap();
    let fault = fault_of(http.client(TrafficClass::Metadata).get(format!("https://localhost:{port}/"))).await;
    assert_eq!(
        fault.to_string(),
        format!(
            "the certificate of localhost:{port} was refused: its issuer is not among the trusted certificates \
             (certificate of CN=registry.corp, issued by CN=Corp CA, for registry.corp 10.0.0.1, \
             valid from 2026-01-01 00:00 UTC to 2099-12-31 23:59 UTC)"
        )
    );
}

#[tokio::test]
async fn the_other_sources_of_trust_count_too() {
    let ca = Authority::new("Corp CA");
    let port = https_server(server_config(&ca.issue(&params("localhost")), &[])).await;
    let host = format!("localhost:{port}");
    let (untrusting, files) = trusting(&[]);
    let file = files.path().join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let certs_d = files.path().join("certs.d");
    std::fs::create_dir_all(certs_d.join(&host)).unwrap();
    std::fs::write(certs_d.join(&host).join("ca.crt"), ca.pem()).unwrap();

    let mut by_file = untrusting.clone();
    by_file.trust.ssl_cert_file = Some(file.clone());
    let mut by_flag = untrusting.clone();
    by_flag.trust.ca_files = vec![file];
    let mut by_host = untrusting.clone();
    by_host.trust.certs_d = vec![files.path().join("absent"), certs_d];
    for (name, settings) in [("SSL_CERT_FILE", &by_file), ("--ca-file", &by_flag), ("certs.d", &by_host)] {
        let http = Http::new(settings, &host).unwrap();
        let answer = http.client(TrafficClass::Metadata).get(format!("https://{host}/")).send().await;
        assert_eq!(answer.expect(name).status(), 200, "{name}");
    }
    let http = Http::new(&by_host, "localhost:1").unwrap();
    let fault = fault_of(http.client(TrafficClass::Metadata).get(format!("https://{host}/"))).await;
    assert_eq!(fault.kind(), FaultKind::Tls, "certs.d of another host was used");
}

/// A token server, or the storage that a registry redirects to.
#[tokio::test]
async fn settings_of_the_registry_do_not_apply_to_another_host() {
    let ca = Authority::new("Corp CA");
    let server = || server_config(&ca.issue(&params("localhost")), &[]);
    let hosts =
        [https_server(server()).await, https_server(server()).await].map(|port| format!("localhost:{port}"));
    let [home, other] = hosts.each_ref();
    let (untrusting, files) = trusting(&[]);
    let certs_d = files.path().join("certs.d");
    let trust_in_certs_d = |host: &str| {
        std::fs::create_dir_all(certs_d.join(host)).unwrap();
        std::fs::write(certs_d.join(host).join("ca.crt"), ca.pem()).unwrap();
    };
    trust_in_certs_d(home);
    let mut careless = untrusting.clone();
    careless.trust.skip_verify = true;
    let mut by_host = untrusting.clone();
    by_host.trust.certs_d = vec![certs_d.clone()];
    let get = async |settings: &Settings, host: &str| {
        let http = Http::new(settings, home).unwrap();
        let url = format!("https://{host}/").parse().unwrap();
        http.client_for(TrafficClass::Metadata, &url).unwrap().get(url).send().await
    };
    for (name, settings) in [("skip_verify", &careless), ("certs.d", &by_host)] {
        assert_eq!(get(settings, home).await.expect(name).status(), 200, "{name}");
        let fault = NetworkFault::from_reqwest(get(settings, other).await.expect_err(name));
        assert_eq!(fault.kind(), FaultKind::Tls, "{name}");
    }
    trust_in_certs_d(other);
    assert_eq!(get(&by_host, other).await.unwrap().status(), 200);
}

#[tokio::test]
async fn client_certificates_of_certs_d_are_offered() {
    let ca = Authority::new("Corp CA");
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.certificate.der().clone()).unwrap();
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let identity = ca.issue(&params("localhost"));
    let config = server_builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![identity.der()], identity.key_der())
        .unwrap();
    let port = https_server(config).await;
    let host = format!("localhost:{port}");
    let (mut settings, files) = trusting(&[ca.pem()]);
    let directory = files.path().join("certs.d").join(&host);
    std::fs::create_dir_all(&directory).unwrap();
    settings.trust.certs_d = vec![files.path().join("certs.d")];

    let http = Http::new(&settings, &host).unwrap();
    let fault = fault_of(http.client(TrafficClass::Metadata).get(format!("https://{host}/"))).await;
    assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Tls, false), "{fault}");
    assert!(fault.hints().join(" ").contains(&format!("certs.d/{host}/")), "{:?}", fault.hints());

    // A pair of another CA comes first by name; the server's list of issuers decides.
    let stranger = Authority::new("Other CA").issue(&client_only(params("stranger")));
    let client = ca.issue(&client_only(params("robot")));
    for (name, pair) in [("a-stranger", &stranger), ("client", &client)] {
        std::fs::write(directory.join(format!("{name}.cert")), pair.pem()).unwrap();
        std::fs::write(directory.join(format!("{name}.key")), pair.key.serialize_pem()).unwrap();
    }
    let http = Http::new(&settings, &host).unwrap();
    assert_eq!(
        http.client(TrafficClass::Metadata).get(format!("https://{host}/")).send().await.unwrap().status(),
        200
    );

    std::fs::copy(directory.join("client.key"), directory.join("a-stranger.key")).unwrap();
    let error = Http::new(&settings, &host).unwrap_err();
    assert!(
        matches!(&error, EgressError::ClientPair { key, .. } if key.ends_with("a-stranger.key")),
        "{error}"
    );
    std::fs::remove_file(directory.join("a-stranger.key")).unwrap();
    let error = Http::new(&settings, &host).unwrap_err();
    assert!(
        matches!(&error, EgressError::LonelyClientFile { present, .. } if present.ends_with("a-stranger.cert")),
        "{error}"
    );
}

/// With TLS 1.3 the server's refusal comes after the client's handshake, when several requests wait for the
/// one HTTP/2 connection. A request that gets no reason must be retried, not end the run.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_requests_retry_or_report_a_refused_connection() {
    let ca = Authority::new("Corp CA");
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.certificate.der().clone()).unwrap();
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let identity = ca.issue(&params("localhost"));
    let mut config = server_builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![identity.der()], identity.key_der())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let port = https_server(config).await;
    let (settings, _files) = trusting(&[ca.pem()]);
    let http = Http::new(&settings, &format!("localhost:{port}")).unwrap();
    let url = format!("https://localhost:{port}/");
    for _ in 0..20 {
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..16 {
            requests.spawn(fault_of(http.client(TrafficClass::Metadata).get(&url)));
        }
        for fault in requests.join_all().await {
            assert!(fault.kind() == FaultKind::Tls || fault.is_transient(), "{fault}");
            let told = fault.hints().join(" ").contains(&format!("certs.d/localhost:{port}/"));
            // A reset that came before the alert was read tells nothing.
            assert!(told || !fault.to_string().contains("alert"), "{fault}: {:?}", fault.hints());
        }
    }
}

/// The forms that Windows and appliances export, and the command for each.
#[test]
fn a_ca_file_in_another_form_is_named_with_the_command_that_converts_it() {
    let server = self_signed(&params("localhost"));
    let (mut settings, files) = trusting(&[]);
    let file = files.path().join("ca.crt");
    let certs_d = files.path().join("certs.d");
    let of_host = certs_d.join("localhost");
    std::fs::create_dir_all(&of_host).unwrap();
    let by_flag = |settings: &mut egress::Settings, content: &[u8]| {
        std::fs::write(&file, content).unwrap();
        settings.trust.ca_files = vec![file.clone()];
        settings.trust.certs_d.clear();
        Http::new(settings, "localhost").map(drop)
    };
    let by_host = |settings: &mut egress::Settings, content: &[u8]| {
        std::fs::write(of_host.join("ca.crt"), content).unwrap();
        settings.trust.ca_files.clear();
        settings.trust.certs_d = vec![certs_d.clone()];
        Http::new(settings, "localhost").map(drop)
    };
    for (content, text, hint) in [
        (server.der().to_vec(), "contains a certificate in DER format", "openssl x509 -inform der -in "),
        (
            server.key.serialize_pem().into_bytes(),
            "contains a private key",
            "name a file with a certificate, as PEM",
        ),
        (
            b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n".to_vec(),
            "contains certificates in PKCS#7 format",
            "openssl pkcs7 -print_certs -in ",
        ),
    ] {
        for outcome in [by_flag(&mut settings, &content), by_host(&mut settings, &content)] {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains(&format!("ca.crt {text}, not ")), "{error}");
            assert!(error.hints()[0].contains(hint), "{:?}", error.hints());
        }
    }
    let marked = format!("\u{feff}{}", server.pem()).into_bytes();
    by_flag(&mut settings, &marked).unwrap();
    by_host(&mut settings, &marked).unwrap();
    // The same of a client's key.
    std::fs::write(of_host.join("client.cert"), server.pem()).unwrap();
    std::fs::write(of_host.join("client.key"), server.key.serialize_der()).unwrap();
    let error = by_host(&mut settings, &marked).unwrap_err();
    assert!(error.hints()[0].contains("openssl pkey -inform der -in "), "{error}: {:?}", error.hints());
}

#[test]
fn a_named_ca_file_must_exist_and_contain_a_certificate() {
    let (mut settings, files) = trusting(&[]);
    let missing = files.path().join("missing.pem");
    settings.trust.ca_files = vec![missing.clone()];
    let error = Http::new(&settings, "localhost").unwrap_err();
    assert!(matches!(&error, EgressError::Read { path, .. } if *path == missing), "{error}");
    std::fs::write(&missing, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let error = Http::new(&settings, "localhost").unwrap_err();
    assert!(matches!(&error, EgressError::NoCertificate { path } if *path == missing), "{error}");
}

#[tokio::test]
async fn plain_http_behind_an_https_url_is_recognized() {
    let port = serve(|mut stream| async move {
        stream.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        // Open until the client has read it: closing at once could reset the connection.
        stream.read_to_end(&mut Vec::new()).await.unwrap_or_default();
    })
    .await;
    let (settings, _files) = trusting(&[]);
    let http = Http::new(&settings, "localhost").unwrap();
    let fault =
        fault_of(http.client(TrafficClass::Metadata).get(format!("https://localhost:{port}/v2/"))).await;
    assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Tls, false), "{fault}");
    assert_eq!(
        fault.to_string(),
        format!("TLS with localhost:{port} failed: the other side does not speak TLS")
    );
    assert!(fault.hints().join(" ").contains("--insecure"), "{:?}", fault.hints());
}
