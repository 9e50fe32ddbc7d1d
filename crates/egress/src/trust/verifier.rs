//! Judges a server's certificate as Go does, and says in words why it is refused.
//!
//! Two things that Go accepts and webpki does not are common inside closed networks: the server's
//! own certificate put into the trust store, and a self-signed one marked `CA:TRUE` (what
//! `openssl req -x509` makes). Name, dates and usage are checked there as well.

use std::collections::HashSet;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::server_certificate::{RefusedCertificate, Remedy, ServerCertificate};
use super::weakness;

/// Trusts what a root vouches for, and what is itself in the store.
#[derive(Debug)]
pub(super) struct GoVerifier {
    roots: RootCertStore,
    trusted: HashSet<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl GoVerifier {
    /// A verifier with these certificates in its store; an empty store trusts nobody.
    pub(super) fn new(store: Vec<CertificateDer<'static>>, algorithms: WebPkiSupportedAlgorithms) -> Self {
        let trusted: HashSet<_> = store.into_iter().collect();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.iter().cloned());
        Self { roots, trusted, algorithms }
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        if self.trusted.contains(certificate) {
            check_dates_and_usage(certificate, now)?;
        } else {
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &self.roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
        }
        verify_server_name(&parsed, host)
    }
}

/// What webpki checks on the way to a root, for a certificate that is itself in the store.
fn check_dates_and_usage(der: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (_, certificate) =
        x509_parser::parse_x509_certificate(der).map_err(|_| CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < certificate.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > certificate.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    match certificate.extended_key_usage() {
        Ok(None) => Ok(()),
        Ok(Some(usage)) if usage.value.any || usage.value.server_auth => Ok(()),
        Ok(Some(_)) => Err(CertificateError::InvalidPurpose.into()),
        Err(_) => Err(CertificateError::BadEncoding.into()),
    }
}

impl ServerCertVerifier for GoVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.judge(end_entity, intermediates, server_name, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(error) => {
                let mut refused = refusal(&error, ServerCertificate::read(end_entity), server_name);
                if is_about_signatures(&error)
                    && let Some((reason, remedy)) =
                        weakness::of_chain(end_entity, intermediates, self.trusted.iter())
                {
                    refused = RefusedCertificate { reason, remedy, ..refused };
                }
                Err(refused.into_error())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms).map_err(|error| unsigned(error, cert))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms).map_err(|error| unsigned(error, cert))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether the error may come from a key or a signature that the library does not use.
fn is_about_signatures(error: &Error) -> bool {
    use CertificateError as Bad;
    matches!(
        error,
        Error::InvalidCertificate(
            Bad::BadSignature
                | Bad::UnsupportedSignatureAlgorithmContext { .. }
                | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
        )
    )
}

/// A handshake that is signed with a key that the library does not use looks as if it were forged.
fn unsigned(error: Error, cert: &CertificateDer<'_>) -> Error {
    match weakness::of_key(cert) {
        Some((reason, remedy)) => {
            RefusedCertificate { offered: ServerCertificate::read(cert), reason, remedy }.into_error()
        }
        None => error,
    }
}

fn refusal(error: &Error, offered: Option<ServerCertificate>, host: &ServerName<'_>) -> RefusedCertificate {
    use CertificateError as Bad;
    let Error::InvalidCertificate(bad) = error else {
        return RefusedCertificate { offered, reason: error.to_string(), remedy: Remedy::Replace };
    };
    let (reason, remedy) = match bad {
        Bad::UnknownIssuer => {
            let self_signed = offered.as_ref().is_some_and(ServerCertificate::is_self_signed);
            let what = if self_signed { "it is self-signed and not" } else { "its issuer is not" };
            (format!("{what} among the trusted certificates"), Remedy::TrustIssuer)
        }
        Bad::Expired | Bad::ExpiredContext { .. } => ("it has expired".to_owned(), Remedy::FixDates),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            ("it is not valid yet".to_owned(), Remedy::FixDates)
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            let unnamed = offered.as_ref().is_some_and(|offered| offered.names.is_empty());
            let address = match host {
                ServerName::IpAddress(address) => Some(std::net::IpAddr::from(*address)),
                _ => None,
            };
            let as_name =
                address.is_some_and(|it| offered.as_ref().is_some_and(|offered| offered.has_as_name(it)));
            let why = if unnamed {
                "; it has no subject alternative names, and the common name is ignored"
            } else if as_name {
                "; it contains this address as a DNS name instead of as an IP address"
            } else {
                ""
            };
            let kind = if address.is_some() { "IP" } else { "DNS" };
            let san = format!("{kind}:{}", host.to_str());
            (format!("it is not for {}{why}", host.to_str()), Remedy::FixName(san))
        }
        Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => {
            ("its extended key usage does not allow it for servers".to_owned(), Remedy::Replace)
        }
        Bad::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => (
            "it is marked as a CA (CA:TRUE) and is not itself among the trusted certificates".to_owned(),
            Remedy::TrustIssuer,
        ),
        other => (other.to_string(), Remedy::Replace),
    };
    RefusedCertificate { offered, reason, remedy }
}

/// Accepts any certificate; only the handshake's signatures are still checked.
#[derive(Debug)]
pub(super) struct AcceptAll(pub(super) WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AcceptAll {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0).map_err(|error| unsigned(error, cert))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0).map_err(|error| unsigned(error, cert))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
