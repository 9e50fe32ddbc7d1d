//! The only place that reads the environment beyond what the flags declare.

use std::{ffi::OsString, io::IsTerminal, path::PathBuf};

/// What the process was started with, as values.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `SSL_CERT_FILE`, `SSL_CERT_DIR`, with Go's meaning.
    pub(crate) ssl_cert_file: Option<PathBuf>,
    pub(crate) ssl_cert_dir: Option<OsString>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`; the lower-case form where the other is unset or empty.
    pub(crate) http_proxy: Option<String>,
    pub(crate) https_proxy: Option<String>,
    pub(crate) no_proxy: Option<String>,
    /// Whether the log goes to a terminal that can redraw a line.
    pub(crate) stderr_is_terminal: bool,
    /// The running binary.
    pub(crate) executable: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let filled = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let either = |upper: &str, lower: &str| {
            filled(upper)
                .or_else(|| filled(lower))
                .map(|value| value.to_string_lossy().into_owned())
        };
        let dumb = filled("TERM").is_some_and(|term| term == "dumb");
        Self {
            ssl_cert_file: filled("SSL_CERT_FILE").map(PathBuf::from),
            ssl_cert_dir: filled("SSL_CERT_DIR"),
            http_proxy: either("HTTP_PROXY", "http_proxy"),
            https_proxy: either("HTTPS_PROXY", "https_proxy"),
            no_proxy: either("NO_PROXY", "no_proxy"),
            stderr_is_terminal: std::io::stderr().is_terminal() && !dumb,
            executable: std::env::current_exe().ok(),
        }
    }
}
