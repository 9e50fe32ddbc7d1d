//! From what was typed to what it means.

use std::path::{Path, PathBuf};

use egress::{Http, ProxyVariables, RetryPolicy, Settings, TrustSettings};
use oci::RepositoryUrl;
use registry::client::{Client, ClientOptions, Credentials};

use crate::{Environment, args::ConnectionArgs, failure::Failure};

/// Checks the name of a bundle to be read: one archive, or a directory of them.
pub(crate) fn bundle_to_read(path: &Path) -> Result<(), Failure> {
    if path.is_dir() || path.file_name().is_some_and(bundle::is_archive_name) {
        return Ok(());
    }
    bundle_path(path).map(drop)
}

/// Checks the name of an archive by the documented rules: it ends in `.tar`, and what has that name is a file.
pub(crate) fn bundle_path(path: &Path) -> Result<PathBuf, Failure> {
    if path.is_dir() {
        let message = format!("{}: is a directory; a pull writes one file", path.display());
        return Err(Failure::usage(message)
            .hint("name the file in it, as d8.tar; --bundle-format d8 writes archives into a directory"));
    }
    if path.extension().is_none_or(|extension| extension != "tar") {
        return Err(Failure::usage(format!("{}: the name of a bundle must end in .tar", path.display())));
    }
    bundle::refuse_special(path)?;
    Ok(path.to_owned())
}

/// `path` with `suffix` put to its end.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The directory that a file lies in.
pub(crate) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the environment alone says about the network.
pub(crate) fn network(environment: &Environment) -> Settings {
    Settings {
        trust: TrustSettings {
            ssl_cert_file: environment.ssl_cert_file.clone(),
            ssl_cert_dir: environment.ssl_cert_dir.clone(),
            ..TrustSettings::default()
        },
        proxy: ProxyVariables {
            http_proxy: environment.http_proxy.clone(),
            https_proxy: environment.https_proxy.clone(),
            no_proxy: environment.no_proxy.clone(),
        },
        user_agent: concat!("dhctl/", env!("CARGO_PKG_VERSION")).to_owned(),
        ..Settings::default()
    }
}

/// How a registry is reached, and as whom.
pub(crate) struct RegistryAccess<'a> {
    pub(crate) url: &'a RepositoryUrl,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) connection: &'a ConnectionArgs,
    /// Certificates that are trusted besides all others, as PEM.
    pub(crate) ca: Option<&'a str>,
    /// Whether the registry is pushed to.
    pub(crate) pushes: bool,
}

impl RegistryAccess<'_> {
    /// A client for the registry that the URL is in.
    pub(crate) fn client(self, environment: &Environment) -> Result<Client, Failure> {
        let Self { url, credentials, connection, ca, pushes } = self;
        let mut settings = network(environment);
        settings.trust.ca_files.clone_from(&connection.ca_file);
        settings.trust.ca_texts = ca.map(str::to_owned).into_iter().collect();
        settings.trust.certs_d = vec!["/etc/docker/certs.d".into(), "/etc/containers/certs.d".into()];
        settings.trust.skip_verify = connection.tls_skip_verify;
        let http = Http::new(&settings, url.host.as_str())?;
        let defaults = ClientOptions::default();
        let options = ClientOptions {
            plain_http: connection.insecure,
            credentials,
            parallel: connection.parallel(),
            // A limit that was given may be there for a registry that limits the rate of requests.
            metadata: connection.parallel.map_or(defaults.metadata, usize::from),
            pushes,
            retry: RetryPolicy { give_up_after: connection.retry_timeout, ..defaults.retry },
            sessions: environment.state_directory.as_ref().map(|state| state.join("uploads")),
        };
        Ok(Client::new(http, url.host.clone(), options))
    }
}
