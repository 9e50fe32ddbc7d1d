//! Servers and certificates for the tests: everything on 127.0.0.1, everything scripted.

use std::path::PathBuf;
use std::sync::Arc;

use egress::{NetworkFault, Settings, TrustSettings};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate with its key, and the chain to send along.
pub(crate) struct Identity {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

impl Identity {
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    pub(crate) fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).unwrap()
    }
}

/// Parameters of a server certificate for `host`, which is also its common name.
pub(crate) fn params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, host);
    params
}

pub(crate) fn self_signed(params: &CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    Identity { certificate: params.self_signed(&key).unwrap(), key }
}

/// A CA, and certificates issued by it.
pub(crate) struct Authority {
    pub(crate) issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: Certificate,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let (params, key) = (Self::params(name), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    pub(crate) fn subordinate(&self, name: &str) -> Self {
        let (params, key) = (Self::params(name), KeyPair::generate().unwrap());
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = params(name);
        params.subject_alt_names.clear();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    pub(crate) fn issue(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }
}

pub(crate) fn client_only(mut params: CertificateParams) -> CertificateParams {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Settings that trust `pems` and nothing of this machine. The directory must outlive the client.
pub(crate) fn trusting(pems: &[String]) -> (Settings, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store");
    std::fs::create_dir(&store).unwrap();
    for (number, pem) in pems.iter().enumerate() {
        std::fs::write(store.join(format!("{number}.pem")), pem).unwrap();
    }
    let trust = TrustSettings {
        ssl_cert_file: Some(PathBuf::from("/nonexistent/bundle.pem")),
        ssl_cert_dir: Some(store.into_os_string()),
        ..TrustSettings::default()
    };
    (Settings { trust, ..Settings::default() }, directory)
}

pub(crate) fn server_config(identity: &Identity, intermediates: &[&Certificate]) -> ServerConfig {
    let mut chain = vec![identity.der()];
    chain.extend(intermediates.iter().map(|certificate| certificate.der().clone()));
    server_builder().with_no_client_auth().with_single_cert(chain, identity.key_der()).unwrap()
}

pub(crate) fn server_builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// An HTTPS server that answers every connection's first request with 200; gives its port.
pub(crate) async fn https_server(config: ServerConfig) -> u16 {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            read_head(&mut stream).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            // A client that refuses the certificate is gone by now.
            if stream.write_all(answer).await.is_ok() {
                stream.shutdown().await.unwrap_or_default();
            }
        }
    })
    .await
}

/// Runs `handle` for each connection to a new port.
pub(crate) async fn serve<F, R>(handle: F) -> u16
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    port
}

/// A server that answers each request with these bytes and closes.
pub(crate) async fn answering(bytes: &'static [u8]) -> u16 {
    serve(move |mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
    })
    .await
}

/// A port on which nobody listens: tcpmux. A free one could be given to another test meanwhile.
pub(crate) const CLOSED_PORT: u16 = 1;

/// Reads up to the end of a request's head.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
            break;
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// The fault of a request, whether it shows before the answer or within its body.
pub(crate) async fn fault_of(request: reqwest::RequestBuilder) -> NetworkFault {
    let error = match request.send().await {
        Ok(response) => response.bytes().await.expect_err("the request succeeded"),
        Err(error) => error,
    };
    NetworkFault::from_reqwest(error)
}
