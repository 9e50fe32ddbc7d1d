//! Certificates out of PEM files, read the way Go's `AppendCertsFromPEM` reads them.

use std::path::Path;

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
}
