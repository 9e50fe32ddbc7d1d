//! `certs.d`: trust and client certificates of one registry host, as Docker and Podman keep them.
//!
//! `DIR/HOST[:PORT]/*.crt` are trusted for this host besides the system's roots; `NAME.cert` and
//! `NAME.key` are a client certificate (docs.docker.com/engine/security/certificates).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use super::pem_files::{required_certificates, required_key};
use crate::error::EgressError;

/// What the directories say about one host.
#[derive(Debug, Default)]
pub(super) struct HostCertificates {
    /// Trusted besides the system's roots.
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// Client certificates, in the order of their file names.
    pub(super) clients: Vec<Arc<CertifiedKey>>,
}

impl HostCertificates {
    /// Reads what the directories hold for `host` (`HOST` or `HOST:PORT`).
    pub(super) fn load(
        certs_d: &[PathBuf],
        host: &str,
        provider: &CryptoProvider,
    ) -> Result<Self, EgressError> {
        let mut loaded = Self::default();
        for parent in certs_d {
            for name in names(host) {
                let directory = parent.join(name);
                if directory.is_dir() {
                    loaded.add(&directory, provider)?;
                    break;
                }
            }
        }
        Ok(loaded)
    }

    fn add(&mut self, directory: &Path, provider: &CryptoProvider) -> Result<(), EgressError> {
        let unreadable = |source| EgressError::Read { path: directory.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.sort();
        for path in paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("crt") => self.roots.extend(required_certificates(&path)?),
                Some("cert") => {
                    let key = partner(&path, "key")?;
                    self.clients.push(Arc::new(client_pair(&path, &key, provider)?));
                }
                Some("key") => {
                    partner(&path, "cert")?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The directory names that mean `host`; port 443 may be written or not.
fn names(host: &str) -> Vec<String> {
    let mut names = vec![host.to_owned()];
    match host.strip_suffix(":443") {
        Some(bare) => names.push(bare.to_owned()),
        None if !has_port(host) => names.push(format!("{host}:443")),
        None => {}
    }
    names
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn partner(path: &Path, extension: &str) -> Result<PathBuf, EgressError> {
    let partner = path.with_extension(extension);
    if partner.exists() {
        return Ok(partner);
    }
    Err(EgressError::LonelyClientFile { present: path.to_owned(), missing: partner })
}

/// Reads a client certificate and its key.
pub(super) fn client_pair(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, EgressError> {
    let chain = required_certificates(certificate)?;
    let bad_key = |reason: String| EgressError::BadKey { path: key.to_owned(), reason };
    let signer = provider
        .key_provider
        .load_private_key(required_key(key)?)
        .map_err(|error| bad_key(error.to_string()))?;
    let pair = CertifiedKey::new(chain, signer);
    match pair.keys_match() {
        // A key that cannot tell its public half is taken as it is.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(pair),
        Err(error) => Err(EgressError::ClientPair {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            reason: match error {
                rustls::Error::InconsistentKeys(_) => "the certificate was issued for another key".to_owned(),
                error => error.to_string(),
            },
        }),
    }
}

/// Chooses among several client certificates by the issuers that the server names.
#[derive(Debug)]
pub(super) struct ClientChoice(pub(super) Vec<Arc<CertifiedKey>>);

impl ResolvesClientCert for ClientChoice {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut usable = self.0.iter().filter(|pair| pair.key.choose_scheme(schemes).is_some());
        let first = usable.clone().next();
        // Servers behind a corporate CA often name only the root, so no match still offers the first.
        usable.find(|pair| is_issued_by(pair, issuers)).or(first).cloned()
    }

    fn has_certs(&self) -> bool {
        !self.0.is_empty()
    }
}

fn is_issued_by(pair: &CertifiedKey, issuers: &[&[u8]]) -> bool {
    pair.cert.iter().any(|der| {
        x509_parser::parse_x509_certificate(der)
            .is_ok_and(|(_, certificate)| issuers.contains(&certificate.issuer().as_raw()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_443_may_be_written_or_not() {
        for (host, expected) in [
            ("reg.corp", vec!["reg.corp", "reg.corp:443"]),
            ("reg.corp:443", vec!["reg.corp:443", "reg.corp"]),
            ("reg.corp:5000", vec!["reg.corp:5000"]),
            ("[fd00::1]", vec!["[fd00::1]", "[fd00::1]:443"]),
            ("[fd00::1]:5000", vec!["[fd00::1]:5000"]),
        ] {
            assert_eq!(names(host), expected, "{host}");
        }
    }
}
