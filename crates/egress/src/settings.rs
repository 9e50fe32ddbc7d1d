//! What the user decides about the network, as plain values.
//!
//! The binary fills these from flags and environment; the library never looks there itself.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::safe_url::SafeUrl;

/// Everything that the clients of all hosts have in common.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whom to trust.
    pub trust: TrustSettings,
    /// Which proxies to use.
    pub proxy: ProxyVariables,
    /// Value of the `User-Agent` header; none is sent if this is empty.
    pub user_agent: String,
    /// Longest time for a connection to stand, TLS and proxy included. Default: 30 s.
    pub connect_timeout: Duration,
    /// Longest time without a byte, the wait for the answer's headers included. Default: 60 s.
    pub stall_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trust: TrustSettings::default(),
            proxy: ProxyVariables::default(),
            user_agent: String::new(),
            connect_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_mins(1),
        }
    }
}

/// Where certificates come from. Meanings are those of Go's `crypto/x509` and of Docker's `certs.d`.
#[derive(Debug, Clone, Default)]
pub struct TrustSettings {
    /// `SSL_CERT_FILE`: takes the place of the system's bundle file. Empty counts as unset.
    pub ssl_cert_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: takes the place of the system's directories; several, parted by colons.
    pub ssl_cert_dir: Option<OsString>,
    /// PEM files whose certificates are trusted besides all others.
    pub ca_files: Vec<PathBuf>,
    /// PEM texts whose certificates are trusted besides all others.
    pub ca_texts: Vec<String>,
    /// Directories that hold one directory for each `HOST[:PORT]`, as `/etc/docker/certs.d` does.
    pub certs_d: Vec<PathBuf>,
    /// Accept any certificate. The connection is then open to anyone in between.
    pub skip_verify: bool,
    /// The client certificate for the registry itself, in addition to those in `certs_d`. Hosts that the registry leads to
    /// do not get it.
    pub client: Option<ClientFiles>,
}

/// A client certificate with its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// File with the certificate, and those of its issuers.
    pub certificate: PathBuf,
    /// File with the private key.
    pub key: PathBuf,
}

/// The proxy variables, as found in the environment (`HTTP_PROXY` before `http_proxy`, and so on).
///
/// Their values may hold a login, so `Debug` shows them without it.
#[derive(Clone, Default)]
pub struct ProxyVariables {
    /// `HTTP_PROXY`: for `http://` URLs.
    pub http_proxy: Option<String>,
    /// `HTTPS_PROXY`: for `https://` URLs.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`: hosts, domains, addresses and networks to reach directly.
    pub no_proxy: Option<String>,
}

impl fmt::Debug for ProxyVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyVariables")
            .field("http_proxy", &self.http_proxy.as_deref().map(without_login))
            .field("https_proxy", &self.https_proxy.as_deref().map(without_login))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// What may be shown of a proxy variable. Text that is no URL may be a mistyped login: not shown.
fn without_login(value: &str) -> String {
    match Url::parse(value) {
        Ok(url) if url.has_host() => SafeUrl::new(&url).to_string(),
        _ => value.rsplit_once('@').map_or(value, |(_, place)| place).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_logins() {
        for value in ["http://u:hunter2@proxy:3128", "u:hunter2@proxy:3128", "http://u:hunter2@proxy:bad"] {
            let settings = Settings {
                proxy: ProxyVariables {
                    http_proxy: Some(value.into()),
                    https_proxy: Some(value.into()),
                    no_proxy: None,
                },
                ..Settings::default()
            };
            let shown = format!("{settings:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("proxy:"), "{shown}");
        }
    }
}
