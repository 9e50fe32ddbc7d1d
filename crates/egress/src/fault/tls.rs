//! TLS faults in words, with the file to set.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::diagnosis::{Diagnosis, FaultKind};
use crate::trust::{RefusedCertificate, Remedy};

/// What a server says of this side's certificate, or of its lack.
const ABOUT_OUR_CERTIFICATE: [AlertDescription; 5] = [
    AlertDescription::CertificateRequired,
    AlertDescription::BadCertificate,
    AlertDescription::UnknownCA,
    AlertDescription::CertificateUnknown,
    AlertDescription::AccessDenied,
];

/// The same of an alert of which only the text is left: h2 keeps no more of what ended a connection.
pub(super) fn diagnose_text(text: &str, host: &str) -> Option<Diagnosis> {
    let mut alerts = ABOUT_OUR_CERTIFICATE.into_iter().map(Error::AlertReceived);
    alerts.find(|alert| alert.to_string() == text).map(|alert| diagnose(&alert, host))
}

pub(super) fn diagnose(error: &Error, host: &str) -> Diagnosis {
    if let Some(refused) = refused(error) {
        return by_certificate(refused, host);
    }
    let fault =
        |reason: String| Diagnosis::new(FaultKind::Tls, false, format!("TLS with {host} failed: {reason}"));
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::MessageTooLarge) => {
            fault("the other side does not speak TLS".to_owned())
                .hint("if the registry uses plain HTTP, set --insecure")
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            fault(format!("the server requires a client certificate, and none was sent ({error})"))
                .hint(client_hint(host))
        }
        // Up to TLS 1.2, servers send these for a missing certificate too.
        Error::AlertReceived(alert) if ABOUT_OUR_CERTIFICATE.contains(alert) => {
            fault(format!("the server did not accept the client certificate, or requires one ({error})"))
                .hint(client_hint(host))
        }
        Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity,
        )
        | Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            fault(format!("no protocol version or cipher in common ({error})"))
                .hint("TLS 1.2 or 1.3 is required")
                .hint(client_hint(host))
        }
        // What a broken line or a dying server can produce in the middle of a stream.
        Error::DecryptError | Error::AlertReceived(AlertDescription::InternalError) => {
            Diagnosis { transient: true, ..fault(error.to_string()) }
        }
        other => fault(other.to_string()),
    }
}

fn refused(error: &Error) -> Option<&RefusedCertificate> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref(),
        _ => None,
    }
}

fn by_certificate(refused: &RefusedCertificate, host: &str) -> Diagnosis {
    let offered = refused.offered.as_ref().map(|offered| format!(" ({offered})")).unwrap_or_default();
    let what = format!("the certificate of {host} was refused: {}{offered}", refused.reason);
    let mut diagnosis = Diagnosis::new(FaultKind::Tls, false, what);
    diagnosis.certificate.clone_from(&refused.offered);
    match &refused.remedy {
        Remedy::TrustIssuer => diagnosis
            .hint("add the certificate of the issuer, or of the server itself, as a PEM file: --ca-file FILE")
            .hint(format!(
                "or add it for all tools: /etc/docker/certs.d/{host}/ca.crt, the system's store, \
                 or the file that SSL_CERT_FILE names"
            )),
        Remedy::FixName(san) => diagnosis.hint(format!(
            "use a name that the certificate contains, or reissue it with subjectAltName = {san}"
        )),
        Remedy::FixDates => {
            diagnosis.hint("renew the certificate of the server, or correct the clock of this machine")
        }
        Remedy::Replace => diagnosis
            .hint("issue a certificate for TLS servers (extendedKeyUsage = serverAuth) for this host"),
        Remedy::OtherKey => {
            diagnosis.hint("reissue that certificate with an RSA key of 2048 bits or more, or an ECDSA key")
        }
        Remedy::OtherSignature => diagnosis.hint(
            "reissue that certificate with a signature by RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
        ),
    }
}

pub(super) fn client_hint(host: &str) -> String {
    format!(
        "if the server asks for a client certificate, name it with --client-cert and --client-key, or put it into \
         /etc/docker/certs.d/{host}/ as client.cert and client.key"
    )
}
