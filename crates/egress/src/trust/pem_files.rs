//! Certificates out of PEM files, read the way Go's `AppendCertsFromPEM` reads them.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::EgressError;

/// All certificates in the text. Blocks of another kind and blocks that cannot be read are skipped:
/// one bad block in a system's bundle must not take away all trust.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text)
        .filter_map(Result::ok)
        .filter(|certificate| webpki::anchor_from_trusted_cert(certificate).is_ok())
        .collect()
}

/// Certificates of a file that the user named: it must be there and hold at least one.
pub(super) fn required_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, EgressError> {
    let found = certificates(&read(path)?);
    if found.is_empty() {
        return Err(EgressError::NoCertificate { path: path.to_owned() });
    }
    Ok(found)
}

/// The certificates of a file as PEM, to be passed on: whatever else the file holds, keys above all, is left out.
///
/// # Errors
/// [`EgressError::Read`], or [`EgressError::NoCertificate`] if it holds none.
pub fn certificates_as_pem(path: &Path) -> Result<String, EgressError> {
    let mut pem = String::new();
    for certificate in required_certificates(path)? {
        pem += "-----BEGIN CERTIFICATE-----\n";
        // RFC 7468 §2: lines of 64 characters.
        let mut rest = STANDARD.encode(&certificate);
        while rest.len() > 64 {
            let tail = rest.split_off(64);
            pem += &format!("{rest}\n");
            rest = tail;
        }
        pem += &format!("{rest}\n-----END CERTIFICATE-----\n");
    }
    Ok(pem)
}

/// The bytes of a file, with its path in the error.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, EgressError> {
    std::fs::read(path).map_err(|source| EgressError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use fuzzing::fuzz;

    use super::*;

    #[test]
    fn certificates_in_files() {
        let pem = "text\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        fuzz!([pem.repeat(2)], |bytes: &[u8]| drop(certificates(bytes)));
    }

    #[test]
    fn only_certificates_are_passed_on() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = |name: &str| {
            let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.self_signed(&key).unwrap().pem().replace("\r\n", "\n")
        };
        let (one, two) = (certificate("one.example"), certificate("two.example"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, format!("subject=one\n{one}{}two:\r\n{two}", key.serialize_pem())).unwrap();
        assert_eq!(certificates_as_pem(&path).unwrap(), format!("{one}{two}"));
        std::fs::write(&path, key.serialize_pem()).unwrap();
        assert!(matches!(certificates_as_pem(&path), Err(EgressError::NoCertificate { .. })));
    }
}
