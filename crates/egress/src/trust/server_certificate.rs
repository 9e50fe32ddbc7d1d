//! What a server's certificate says, for the message about a refusal.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use foreign_text::ForeignText;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{ASN1Time, GeneralName, X509Certificate};

/// Stands before an address that is written as a DNS name.
const AS_NAME: &str = "DNS:";

/// What a server's certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// Distinguished name of its owner, such as `CN=registry.corp`.
    pub subject: String,
    /// Distinguished name of the CA that issued it.
    pub issuer: String,
    /// Host names and addresses that it is for (SAN). The common name does not count. An address that is written as a
    /// DNS name stands there as `DNS:10.0.0.1`.
    pub names: Vec<String>,
    /// Start of validity, such as `2026-01-31 12:00 UTC`.
    pub not_before: String,
    /// End of validity.
    pub not_after: String,
    /// End of validity, in seconds since 1970.
    pub valid_until: i64,
}

impl ServerCertificate {
    /// Reads a certificate in DER form; `None` if it is not an X.509 certificate.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        Self::read(&CertificateDer::from(der))
    }

    /// Reads a certificate; `None` if it is no X.509 at all.
    pub(crate) fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        Some(Self {
            subject: name_or_dash(&certificate.subject().to_string()),
            issuer: name_or_dash(&certificate.issuer().to_string()),
            names: names(&certificate),
            not_before: moment(&certificate.validity().not_before),
            not_after: moment(&certificate.validity().not_after),
            valid_until: certificate.validity().not_after.timestamp(),
        })
    }

    /// Whether it has this address as a DNS name: then it is not for the address.
    pub(crate) fn has_as_name(&self, address: IpAddr) -> bool {
        let mut as_names = self.names.iter().filter_map(|name| name.strip_prefix(AS_NAME)?.parse().ok());
        as_names.any(|name: IpAddr| name == address)
    }

    /// Whether issuer and subject have the same name.
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }
}

impl fmt::Display for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate of {}, ", self.subject)?;
        if self.is_self_signed() {
            f.write_str("self-signed, ")?;
        } else {
            write!(f, "issued by {}, ", self.issuer)?;
        }
        if self.names.is_empty() {
            f.write_str("for no names, ")?;
        } else {
            write!(f, "for {}, ", self.names.join(" "))?;
        }
        write!(f, "valid from {} to {}", self.not_before, self.not_after)
    }
}

pub(super) fn name_or_dash(name: &str) -> String {
    if name.is_empty() { "-".to_owned() } else { ForeignText::from(name).into() }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let shown = extension.value.general_names.iter().filter_map(|name| match name {
        // An address that is written as a name counts for nothing: it must not look as if it did.
        GeneralName::DNSName(host) if host.parse::<IpAddr>().is_ok() => Some(format!("{AS_NAME}{host}")),
        GeneralName::DNSName(host) => Some(ForeignText::from(*host).into()),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
            .ok()
            .map(|address| address.to_string()),
        _ => None,
    });
    shown.collect()
}

fn moment(time: &ASN1Time) -> String {
    let time = time.to_datetime();
    let (date, month) = (time.date(), u8::from(time.month()));
    format!("{}-{month:02}-{:02} {:02}:{:02} UTC", date.year(), date.day(), time.hour(), time.minute())
}

/// The verifier's refusal; it travels inside the TLS library's error up to the user's message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct RefusedCertificate {
    /// What was offered, if it could be read at all.
    pub(crate) offered: Option<ServerCertificate>,
    /// Why it was refused.
    pub(crate) reason: String,
    /// Which remedy fits.
    pub(crate) remedy: Remedy,
}

impl RefusedCertificate {
    /// In the form that passes through the TLS library.
    pub(crate) fn into_error(self) -> rustls::Error {
        rustls::CertificateError::Other(rustls::OtherError(Arc::new(self))).into()
    }
}

/// What the user can do about a refused certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Trust its issuer, or the certificate itself.
    TrustIssuer,
    /// Use a name that it is for, or have it issued for this one, which is this subject alternative name.
    FixName(String),
    /// Renew it, or set the clock.
    FixDates,
    /// Replace it by one that is made for servers.
    Replace,
    /// Have it issued with another key.
    OtherKey,
    /// Have it signed in another way.
    OtherSignature,
}
