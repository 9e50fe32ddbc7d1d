//! What can be wrong with the user's settings before a single byte is sent.

use std::io;
use std::path::PathBuf;

use crate::trust::{FileForm, Wanted};

/// A setting that cannot be followed. It names the file or variable and never a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// A file or directory that the user named cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else than what was looked for, or holds it in another form.
    #[error("{path} {form}, not {wanted}", path = path.display())]
    WrongForm {
        /// The file.
        path: PathBuf,
        /// What it holds.
        form: FileForm,
        /// What was looked for.
        wanted: Wanted,
    },
    /// A file holds no certificate where one is needed.
    #[error("{path} contains no valid PEM certificate", path = path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no private key where one is needed.
    #[error("{path} contains no valid PEM private key: {reason}", path = path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Why the key cannot be used.
        reason: String,
    },
    /// A client certificate without its key, or a key without its certificate.
    #[error("{present} needs {missing} next to it", present = present.display(), missing = missing.display())]
    LonelyClientFile {
        /// The file that is there.
        present: PathBuf,
        /// The file that is not.
        missing: PathBuf,
    },
    /// A client certificate and its key do not belong together.
    #[error("the certificate {certificate} and the key {key} do not belong together: {reason}",
        certificate = certificate.display(), key = key.display())]
    ClientPair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the TLS library says.
        reason: String,
    },
    /// A proxy variable holds no proxy URL. The value is not shown, since it may hold a password.
    #[error("{variable} is not the URL of a proxy: {reason}")]
    Proxy {
        /// `HTTP_PROXY` or `HTTPS_PROXY`.
        variable: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client cannot be built, which is a fault of this program or of the user agent's text.
    #[error("cannot set up the HTTP client: {reason}")]
    Client {
        /// What the library says.
        reason: String,
    },
}

impl EgressError {
    /// What the user can do, one sentence each; often none.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::WrongForm { path, form, wanted } => vec![form.remedy(path, *wanted)],
            _ => Vec::new(),
        }
    }
}
