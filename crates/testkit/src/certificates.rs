//! Certificates of every kind that a closed network has: its own authority, self-signed, expired,
//! for another name, for clients.

use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

/// A certification authority.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// What is unusual about a certificate. The default is a good one for a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// For a server.
    #[default]
    Server,
    /// For a server, until the year 2020.
    Expired,
    /// For a server, from the year 4000 on.
    NotYetValid,
    /// For a server, but marked as an authority (`CA:TRUE`), as many tools make self-signed ones.
    ServerThatIsAuthority,
    /// For a client.
    Client,
}

/// A certificate with its key.
#[derive(Debug)]
pub struct Identity {
    certificate: Certificate,
    key: KeyPair,
}

impl Authority {
    /// An authority of this name.
    ///
    /// # Errors
    /// If no key can be made.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// Its certificate, as PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate signed by it, for these host names and addresses.
    ///
    /// # Errors
    /// If a name is none.
    pub fn issue(&self, names: &[&str], kind: Kind) -> anyhow::Result<Identity> {
        let key = KeyPair::generate()?;
        let certificate = params(names, kind)?.signed_by(&key, &self.issuer)?;
        Ok(Identity { certificate, key })
    }
}

impl Identity {
    /// A self-signed certificate for these host names and addresses.
    ///
    /// # Errors
    /// If a name is none.
    pub fn self_signed(names: &[&str], kind: Kind) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = params(names, kind)?.self_signed(&key)?;
        Ok(Self { certificate, key })
    }

    /// The certificate, as PEM.
    pub fn certificate_pem(&self) -> String {
        self.certificate.pem()
    }

    /// The key, as PEM (PKCS #8).
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// A server's TLS settings with this certificate: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1. With
    /// `clients`, only those get in who have a certificate of that authority.
    ///
    /// # Errors
    /// If the certificate is refused.
    pub fn server_config(&self, clients: Option<&Authority>) -> anyhow::Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.der().clone())?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .context("client certificates")?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(vec![self.der()], self.key_der())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

fn params(names: &[&str], kind: Kind) -> anyhow::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let common = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match kind {
        Kind::Client => ExtendedKeyUsagePurpose::ClientAuth,
        _ => ExtendedKeyUsagePurpose::ServerAuth,
    }];
    match kind {
        Kind::Server | Kind::Client => {}
        Kind::Expired => {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        Kind::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
        Kind::ServerThatIsAuthority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{ClientConfig, ClientConnection, ServerConnection};

    use super::*;

    /// Whether a handshake through memory comes about.
    fn shake(client: ClientConfig, server: Arc<ServerConfig>) -> Result<(), rustls::Error> {
        let mut client = ClientConnection::new(Arc::new(client), "localhost".try_into().unwrap())?;
        let mut server = ServerConnection::new(server)?;
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).unwrap();
            server.read_tls(&mut wire.as_slice()).unwrap();
            server.process_new_packets()?;
            let mut wire = Vec::new();
            server.write_tls(&mut wire).unwrap();
            client.read_tls(&mut wire.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }

    fn client(authority: &Authority, identity: Option<&Identity>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                builder.with_client_auth_cert(vec![identity.der()], identity.key_der()).unwrap()
            }
        }
    }

    #[test]
    fn each_kind_is_what_it_says() {
        let authority = Authority::new("Test CA").unwrap();
        for (kind, names, good) in [
            (Kind::Server, ["localhost"], true),
            (Kind::Server, ["elsewhere"], false),
            (Kind::Expired, ["localhost"], false),
            (Kind::NotYetValid, ["localhost"], false),
            (Kind::ServerThatIsAuthority, ["localhost"], false),
            (Kind::Client, ["localhost"], false),
        ] {
            let server = authority.issue(&names, kind).unwrap();
            let result = shake(client(&authority, None), server.server_config(None).unwrap());
            assert_eq!(result.is_ok(), good, "{kind:?} {names:?}: {result:?}");
        }
        let alone = Identity::self_signed(&["localhost"], Kind::Server).unwrap();
        assert!(shake(client(&authority, None), alone.server_config(None).unwrap()).is_err());
    }

    #[test]
    fn clients_may_be_asked_for_a_certificate() {
        let authority = Authority::new("Test CA").unwrap();
        let server = authority.issue(&["localhost"], Kind::Server).unwrap();
        let config = server.server_config(Some(&authority)).unwrap();
        let identity = authority.issue(&["me"], Kind::Client).unwrap();
        assert!(shake(client(&authority, Some(&identity)), Arc::clone(&config)).is_ok());
        assert!(shake(client(&authority, None), config).is_err());
    }
}
