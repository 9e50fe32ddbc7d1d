//! How a registry is reached, and with which login.

use std::sync::Arc;

use egress::{Http, ProxyVariables, RetryPolicy, Settings, TrustSettings};
use oci::RepositoryUrl;
use registry::client::{Client, ClientOptions, Credentials};

use super::{Connection, Output};
use crate::{Environment, failure::Failure, progress::Progress};

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

/// How a registry is reached, and with which login.
pub(crate) struct RegistryAccess<'a> {
    pub(crate) url: &'a RepositoryUrl,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) connection: &'a Connection,
    /// Certificates (PEM) that are trusted in addition to all others.
    pub(crate) ca: Option<&'a str>,
    /// Whether the registry is pushed to.
    pub(crate) pushes: bool,
}

impl RegistryAccess<'_> {
    /// A client for the registry that the URL is in, and the progress that reports its waits.
    pub(crate) fn connect(
        self,
        output: Output,
        environment: &Environment,
    ) -> Result<(Client, Arc<Progress>), Failure> {
        let client = self.client(environment)?;
        let progress = Arc::new(Progress::new(output, environment.stderr_is_terminal));
        progress.report_notices_of(&client);
        Ok((client, progress))
    }

    /// A client for the registry that the URL is in.
    pub(crate) fn client(self, environment: &Environment) -> Result<Client, Failure> {
        let Self { url, credentials, connection, ca, pushes } = self;
        let mut settings = network(environment);
        settings.trust.ca_files.clone_from(&connection.ca_files);
        settings.trust.ca_texts = ca.map(str::to_owned).into_iter().collect();
        settings.trust.certs_d = vec!["/etc/docker/certs.d".into(), "/etc/containers/certs.d".into()];
        settings.trust.skip_verify = connection.skip_verify;
        settings.trust.client.clone_from(&connection.client);
        let http = Http::new(&settings, url.host.as_str())?;
        let defaults = ClientOptions::default();
        let options = ClientOptions {
            plain_http: connection.plain_http,
            credentials,
            parallel: connection.parallel,
            metadata: connection.metadata.unwrap_or(defaults.metadata),
            pushes,
            retry: RetryPolicy { give_up_after: connection.retry_timeout, ..defaults.retry },
            sessions: environment.state_directory.as_ref().map(|state| state.join("uploads")),
        };
        Ok(Client::new(http, url.host.clone(), options))
    }
}
