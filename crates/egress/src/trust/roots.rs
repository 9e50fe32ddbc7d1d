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
    for text in &settings.ca_texts {
        roots.extend(certificates(text.as_bytes()));
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
            // Go continues silently; a file named by the user deserves an error.
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
        Some(list) if !list.is_empty() => {
            list.as_bytes().split(|byte| *byte == b':').map(|path| OsStr::from_bytes(path).into()).collect()
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(name: &str) -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap().pem()
    }

    #[test]
    fn each_variable_replaces_its_own_list_only() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let junk = "text before\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(at("bundle.pem"), format!("{junk}{}{}", pem("a"), pem("b"))).unwrap();
        for directory in ["one", "two", "empty"] {
            std::fs::create_dir(at(directory)).unwrap();
        }
        std::fs::write(at("one").join("c.pem"), pem("c")).unwrap();
        std::fs::write(at("one").join("README"), "no certificate").unwrap();
        std::os::unix::fs::symlink("c.pem", at("one").join("5ed36f99.0")).unwrap();
        std::fs::write(at("two").join("any.name"), pem("d")).unwrap();
        std::os::unix::fs::symlink(at("bundle.pem"), at("two").join("linked.crt")).unwrap();

        let missing = at("missing").display().to_string();
        let [bundle, one, two, empty] =
            ["bundle.pem", "one", "two", "empty"].map(|name| at(name).display().to_string());
        for (file, directories, expected) in [
            (&bundle, empty.clone(), 2),
            (&missing, one.clone(), 1),
            (&missing, two.clone(), 3),
            (&missing, format!("{one}:{missing}::{two}"), 4),
            (&bundle, format!("{one}:{two}"), 6),
            (&missing, missing.clone(), 0),
        ] {
            let settings = TrustSettings {
                ssl_cert_file: Some(file.into()),
                ssl_cert_dir: Some(directories.clone().into()),
                ..TrustSettings::default()
            };
            assert_eq!(load(&settings).unwrap().len(), expected, "{file} {directories}");
        }
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let unset = load(&TrustSettings::default()).unwrap();
        let empty = TrustSettings {
            ssl_cert_file: Some(PathBuf::new()),
            ssl_cert_dir: Some(std::ffi::OsString::new()),
            ..TrustSettings::default()
        };
        assert_eq!(load(&empty).unwrap(), unset);
    }
}
