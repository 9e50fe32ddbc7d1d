//! The system's trusted roots, found by the rules of Go (`crypto/x509/root_unix.go`, `root_linux.go`).
//!
//! `SSL_CERT_FILE` replaces only the list of files, `SSL_CERT_DIR` only the list of directories; the
//! first readable file counts, and then every directory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;

use super::pem_files::{certificates, required_certificates};
use crate::error::EgressError;
use crate::settings::TrustSettings;

/// Bundle files of the Linux distributions, in Go's order.
const FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Directories of single certificates, in Go's order.
const DIRECTORIES: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// The certificates that every host is judged by. `--ca-file` adds to them and must be readable.
pub(super) fn load(settings: &TrustSettings) -> Result<Vec<CertificateDer<'static>>, EgressError> {
    let mut roots = from_files(settings.ssl_cert_file.as_deref());
    roots.extend(from_directories(settings.ssl_cert_dir.as_deref()));
    for path in &settings.ca_files {
        roots.extend(required_certificates(path)?);
    }
    Ok(roots)
}

fn from_files(named: Option<&Path>) -> Vec<CertificateDer<'static>> {
    let files = match named {
        Some(path) if !path.as_os_str().is_empty() => vec![path.to_owned()],
        _ => FILES.iter().map(PathBuf::from).collect(),
    };
    for path in &files {
        match std::fs::read(path) {
            Ok(text) => {
                let found = certificates(&text);
                tracing::debug!(file = %path.display(), certificates = found.len(), "trusted roots");
                return found;
            }
            // Go goes on without a word; a file named by the user deserves one.
            Err(error) if named.is_some() => {
                tracing::warn!(file = %path.display(), %error, "SSL_CERT_FILE cannot be read");
            }
            Err(_) => {}
        }
    }
    Vec::new()
}

fn from_directories(named: Option<&OsStr>) -> Vec<CertificateDer<'static>> {
    let directories: Vec<PathBuf> = match named {
        Some(list) if !list.is_empty() => list
            .as_bytes()
            .split(|byte| *byte == b':')
            .map(|path| OsStr::from_bytes(path).into())
            .collect(),
        _ => DIRECTORIES.iter().map(PathBuf::from).collect(),
    };
    let mut roots = Vec::new();
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(&directory) else {
            continue;
        };
        let before = roots.len();
        for path in entries.flatten().map(|entry| entry.path()) {
            // `c_rehash` links every certificate of the directory once more under its hash.
            if is_link_within_directory(&path) {
                continue;
            }
            if let Ok(text) = std::fs::read(&path) {
                roots.extend(certificates(&text));
            }
        }
        tracing::debug!(directory = %directory.display(), certificates = roots.len() - before, "trusted roots");
    }
    roots
}

fn is_link_within_directory(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| !target.as_os_str().as_bytes().contains(&b'/'))
}
