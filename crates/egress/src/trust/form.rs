//! What a file holds in which a certificate or a key as PEM was looked for and not found, and the command that converts
//! it. Windows and appliances export DER, PKCS #7 and PKCS #12, and some editors write UTF-16.

use std::fmt;
use std::path::Path;

use commands::{Command, Conversion, Tool};
use foreign_text::ForeignText;
use rustls::pki_types::PrivateKeyDer;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

/// The form of a file that was to be read as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileForm {
    /// A certificate as DER (binary).
    CertificateDer,
    /// Certificates as PKCS #7 (`.p7b`), as PEM.
    Pkcs7Pem,
    /// Certificates as PKCS #7 (`.p7b`), as DER.
    Pkcs7Der,
    /// Certificates with a key as PKCS #12 (`.p12`, `.pfx`).
    Pkcs12,
    /// A certificate with openssl's own notes on what it is trusted for.
    TrustedCertificate,
    /// A private key as PEM.
    KeyPem,
    /// A private key as DER.
    KeyDer,
    /// A private key that a passphrase protects.
    EncryptedKey,
    /// A certificate request as PEM or DER.
    Request,
    /// A certificate as PEM.
    CertificatePem,
    /// PEM with this label.
    OtherPem(String),
    /// Text in UTF-16.
    Utf16,
}

/// What was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A certificate.
    Certificate,
    /// A private key.
    Key,
}

/// `OID 1.2.840.113549.1.7.2` (`signedData`), with which PKCS #7 begins (RFC 2315 §14).
const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `INTEGER 3`, the version with which PKCS #12 begins (RFC 7292 §4).
const PKCS12_VERSION: &[u8] = &[0x02, 0x01, 0x03];
/// The most characters of a label that are shown.
const MAX_LABEL: usize = 40;

impl FileForm {
    /// The form of `bytes`, if it is one that people have.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Some(Self::Utf16);
        }
        Self::of_der(bytes).or_else(|| Self::of_pem(&String::from_utf8_lossy(bytes)))
    }

    fn of_der(bytes: &[u8]) -> Option<Self> {
        let inside = inside_sequence(bytes)?;
        if inside.starts_with(SIGNED_DATA) {
            Some(Self::Pkcs7Der)
        } else if inside.starts_with(PKCS12_VERSION) {
            Some(Self::Pkcs12)
        } else if x509_parser::parse_x509_certificate(bytes).is_ok() {
            Some(Self::CertificateDer)
        } else if X509CertificationRequest::from_der(bytes).is_ok() {
            Some(Self::Request)
        } else if PrivateKeyDer::try_from(bytes).is_ok() {
            Some(Self::KeyDer)
        } else {
            None
        }
    }

    /// By the labels of the blocks (RFC 7468), the most helpful one first.
    fn of_pem(text: &str) -> Option<Self> {
        let labels: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----"))
            .collect();
        let has = |wanted: &[&str]| labels.iter().any(|label| wanted.contains(label));
        if has(&["PKCS7", "CMS", "PKCS #7 SIGNED DATA"]) {
            Some(Self::Pkcs7Pem)
        } else if has(&["TRUSTED CERTIFICATE"]) {
            Some(Self::TrustedCertificate)
        } else if has(&["CERTIFICATE", "X509 CERTIFICATE"]) {
            Some(Self::CertificatePem)
        } else if has(&["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]) {
            Some(Self::Request)
        } else if has(&["ENCRYPTED PRIVATE KEY"]) || text.contains("\nProc-Type: 4,ENCRYPTED") {
            Some(Self::EncryptedKey)
        } else if labels.iter().any(|label| label.ends_with("PRIVATE KEY")) {
            Some(Self::KeyPem)
        } else {
            let label = ForeignText::limited(labels.first()?, MAX_LABEL);
            Some(Self::OtherPem(label.into()))
        }
    }

    /// Whether a file of this form can be what was looked for, so that it is damaged and not of another form.
    pub(super) fn is(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Certificate => *self == Self::CertificatePem,
            Wanted::Key => *self == Self::KeyPem,
        }
    }

    /// What to do with `file` so that it can be used.
    pub fn remedy(&self, file: &Path, wanted: Wanted) -> String {
        let file = || file.display().to_string();
        let converted = |conversion| {
            let command = Command::tool(Tool::Convert(conversion, file()));
            format!("convert it and use the result instead: {command}")
        };
        match (self, wanted) {
            (Self::Utf16, Wanted::Certificate) => converted(Conversion::Utf16Certificate),
            (Self::Utf16, Wanted::Key) => converted(Conversion::Utf16Key),
            (Self::Pkcs12, Wanted::Certificate) => converted(Conversion::Pkcs12Certificates),
            (Self::Pkcs12, Wanted::Key) => converted(Conversion::Pkcs12Key),
            (Self::CertificateDer, Wanted::Certificate) => converted(Conversion::DerCertificate),
            (Self::Pkcs7Pem, Wanted::Certificate) => converted(Conversion::Pkcs7Pem),
            (Self::Pkcs7Der, Wanted::Certificate) => converted(Conversion::Pkcs7Der),
            (Self::TrustedCertificate, Wanted::Certificate) => converted(Conversion::TrustedCertificate),
            (Self::KeyDer, Wanted::Key) => converted(Conversion::DerKey),
            (Self::EncryptedKey, Wanted::Key) => converted(Conversion::EncryptedKey),
            (Self::Request, Wanted::Certificate) => {
                "name the certificate that was issued for the request, or that of the CA which issued it"
                    .to_owned()
            }
            (Self::KeyPem | Self::KeyDer | Self::EncryptedKey, Wanted::Certificate) => {
                "name a file with a certificate, as PEM; for a client certificate, --client-cert names the certificate and \
                 --client-key the key"
                    .to_owned()
            }
            (_, Wanted::Certificate) => "name a file with the certificate of the CA, as PEM".to_owned(),
            (_, Wanted::Key) => "put the private key there, as PEM and without a passphrase".to_owned(),
        }
    }
}

/// As the end of a sentence that begins with the file.
impl fmt::Display for FileForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateDer => f.write_str("contains a certificate in DER format"),
            Self::Pkcs7Pem | Self::Pkcs7Der => f.write_str("contains certificates in PKCS#7 format"),
            Self::Pkcs12 => f.write_str("is a PKCS#12 key store"),
            Self::TrustedCertificate => {
                f.write_str("contains a certificate in openssl's TRUSTED CERTIFICATE format")
            }
            Self::KeyPem | Self::KeyDer => f.write_str("contains a private key"),
            Self::EncryptedKey => f.write_str("contains a private key that is protected by a passphrase"),
            Self::Request => f.write_str("contains a certificate request"),
            Self::CertificatePem => f.write_str("contains a certificate"),
            Self::OtherPem(label) => write!(f, "contains '{label}'"),
            Self::Utf16 => f.write_str("is text in UTF-16"),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate in PEM format",
            Self::Key => "a private key in PEM format",
        })
    }
}

/// What follows the header of a DER sequence; of BER, which PKCS #7 may be, too.
fn inside_sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let more = if *length < 0x80 { 0 } else { usize::from(length - 0x80) };
    (*tag == 0x30).then(|| rest.get(more..))?
}

#[cfg(test)]
mod tests {
    use fuzzing::fuzz;
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// The beginning of a sequence of 512 bytes.
    fn sequence(inside: &[u8]) -> Vec<u8> {
        [&[0x30, 0x82, 0x02, 0x00], inside].concat()
    }

    #[test]
    fn formats_are_distinguished() {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["ca.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let request = params.serialize_request(&key).unwrap();
        let utf16 = |order: fn(u16) -> [u8; 2]| {
            let text = format!("\u{feff}{}", certificate.pem());
            text.encode_utf16().flat_map(order).collect::<Vec<u8>>()
        };
        let pem = |label: &str| format!("text\n-----BEGIN {label}-----\r\nMAA=\r\n-----END {label}-----\r\n");
        let label = |label: &str| pem(label).into_bytes();
        for (bytes, expected) in [
            (certificate.der().to_vec(), Some(FileForm::CertificateDer)),
            (certificate.pem().into_bytes(), Some(FileForm::CertificatePem)),
            (request.der().to_vec(), Some(FileForm::Request)),
            (request.pem().unwrap().into_bytes(), Some(FileForm::Request)),
            (key.serialize_der(), Some(FileForm::KeyDer)),
            (key.serialize_pem().into_bytes(), Some(FileForm::KeyPem)),
            (sequence(SIGNED_DATA), Some(FileForm::Pkcs7Der)),
            ([&[0x30, 0x80], SIGNED_DATA].concat(), Some(FileForm::Pkcs7Der)),
            (sequence(&[0x02, 0x01, 0x03, 0x30, 0x82]), Some(FileForm::Pkcs12)),
            (label("PKCS7"), Some(FileForm::Pkcs7Pem)),
            (label("CMS"), Some(FileForm::Pkcs7Pem)),
            (label("TRUSTED CERTIFICATE"), Some(FileForm::TrustedCertificate)),
            (label("NEW CERTIFICATE REQUEST"), Some(FileForm::Request)),
            (label("RSA PRIVATE KEY"), Some(FileForm::KeyPem)),
            (label("ENCRYPTED PRIVATE KEY"), Some(FileForm::EncryptedKey)),
            (
                pem("RSA PRIVATE KEY").replace("MAA=", "Proc-Type: 4,ENCRYPTED").into(),
                Some(FileForm::EncryptedKey),
            ),
            // A certificate with its key is a certificate.
            ([label("PRIVATE KEY"), label("CERTIFICATE")].concat(), Some(FileForm::CertificatePem)),
            (label("X509 CRL"), Some(FileForm::OtherPem("X509 CRL".to_owned()))),
            (label("\x1b[31mKEY"), Some(FileForm::OtherPem("\u{fffd}[31mKEY".to_owned()))),
            (utf16(u16::to_le_bytes), Some(FileForm::Utf16)),
            (utf16(u16::to_be_bytes), Some(FileForm::Utf16)),
            (b"hello".to_vec(), None),
            (Vec::new(), None),
            (vec![0x30, 0xff, 0x02], None),
        ] {
            assert_eq!(FileForm::of(&bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn commands_name_the_file_as_a_shell_reads_it() {
        for (form, wanted, file, expected) in [
            (
                FileForm::CertificateDer,
                Wanted::Certificate,
                "/etc/ssl/ca.crt",
                "openssl x509 -inform der -in /etc/ssl/ca.crt -out ca.pem",
            ),
            (
                FileForm::Pkcs7Der,
                Wanted::Certificate,
                "my ca.p7b",
                "openssl pkcs7 -inform der -print_certs -in 'my ca.p7b' -out ca.pem",
            ),
            (FileForm::Utf16, Wanted::Certificate, "it's", r"iconv -f UTF-16 -t UTF-8 'it'\''s' > ca.pem"),
            (FileForm::KeyDer, Wanted::Key, "a.key", "openssl pkey -inform der -in a.key -out client.key"),
        ] {
            let remedy = form.remedy(Path::new(file), wanted);
            assert_eq!(remedy, format!("convert it and use the result instead: {expected}"));
        }
        let remedy = FileForm::KeyPem.remedy(Path::new("a"), Wanted::Certificate);
        assert!(remedy.starts_with("name a file with a certificate, as PEM"), "{remedy}");
    }

    #[test]
    fn any_bytes_have_a_form_or_none() {
        let key = KeyPair::generate().unwrap();
        let valid = [sequence(SIGNED_DATA), key.serialize_der(), key.serialize_pem().into_bytes()];
        fuzz!(valid, |bytes: &[u8]| drop(FileForm::of(bytes)));
    }
}
