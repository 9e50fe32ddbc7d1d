//! Certificates out of PEM files, read the way Go's `AppendCertsFromPEM` reads them.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::form::{FileForm, Wanted};
use crate::error::EgressError;

/// All certificates in the text. Blocks of another kind and blocks that cannot be read are skipped:
/// one bad block in a system's bundle must not take away all trust.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(without_mark(text))
        .filter_map(Result::ok)
        .filter(|certificate| webpki::anchor_from_trusted_cert(certificate).is_ok())
        .collect()
}

/// Certificates of a file that the user named: it must be there and hold at least one.
pub(super) fn required_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, EgressError> {
    let bytes = read(path)?;
    let found = certificates(&bytes);
    if !found.is_empty() {
        return Ok(found);
    }
    Err(wrong_form(path, &bytes, Wanted::Certificate)
        .unwrap_or_else(|| EgressError::NoCertificate { path: path.to_owned() }))
}

/// The private key of a file that the user named.
pub(super) fn required_key(path: &Path) -> Result<PrivateKeyDer<'static>, EgressError> {
    let bytes = read(path)?;
    PrivateKeyDer::from_pem_slice(without_mark(&bytes)).map_err(|error| {
        wrong_form(path, &bytes, Wanted::Key)
            .unwrap_or_else(|| EgressError::BadKey { path: path.to_owned(), reason: error.to_string() })
    })
}

/// Says what a file holds instead, if that is known.
fn wrong_form(path: &Path, bytes: &[u8], wanted: Wanted) -> Option<EgressError> {
    let form = FileForm::of(bytes).filter(|form| !form.is(wanted))?;
    Some(EgressError::WrongForm { path: path.to_owned(), form, wanted })
}

/// Editors on Windows put a mark before a text in UTF-8, which would hide its first line.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// The certificates of a file as PEM, to be passed on: whatever else the file holds, keys above all, is left out.
///
/// # Errors
/// [`EgressError::Read`], or [`EgressError::WrongForm`] or [`EgressError::NoCertificate`] if it holds none.
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
fn read(path: &Path) -> Result<Vec<u8>, EgressError> {
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
        let error = certificates_as_pem(&path).unwrap_err();
        assert!(matches!(error, EgressError::WrongForm { form: FileForm::KeyPem, .. }), "{error}");
        for text in ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(certificates_as_pem(&path), Err(EgressError::NoCertificate { .. })), "{text}");
        }
    }

    #[test]
    fn a_mark_before_the_text_hides_nothing() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["one.example".to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, format!("\u{feff}{pem}{pem}")).unwrap();
        assert_eq!(required_certificates(&path).unwrap().len(), 2);
        std::fs::write(&path, format!("\u{feff}{}", key.serialize_pem())).unwrap();
        assert_eq!(required_key(&path).unwrap().secret_der(), key.serialize_der());
    }

    #[test]
    fn the_actual_content_of_a_file_is_reported() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["one.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.crt");
        let shown = path.display();
        std::fs::write(&path, certificate.der()).unwrap();
        let error = required_certificates(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{shown} contains a certificate in DER format, not a certificate in PEM format")
        );
        let command = format!("openssl x509 -inform der -in {shown} -out ca.pem");
        assert_eq!(error.hints(), [format!("convert it and use the result instead: {command}")]);
        std::fs::write(&path, key.serialize_pem()).unwrap();
        let error = required_certificates(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{shown} contains a private key, not a certificate in PEM format")
        );
        std::fs::write(&path, certificate.pem()).unwrap();
        let error = required_key(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{shown} contains a certificate, not a private key in PEM format")
        );
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA").unwrap();
        assert!(matches!(required_key(&path), Err(EgressError::BadKey { .. })));
    }
}
