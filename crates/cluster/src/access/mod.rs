//! How a cluster is reached: which one, as whom, and over which connections.

mod kubeconfig;
mod login;
mod plugin;
mod token_file;
mod transport;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use egress::{ApiHttp, ProxyVariables, Settings};
use kube::{
    Client, Config,
    client::{Body, ConfigExt},
    config::{AuthInfo, KubeConfigOptions},
};
use tower_layer::Layer;
use url::Url;

pub use kubeconfig::{AccessError, InCluster, KubeconfigFiles};
pub(crate) use login::words as login_failure;
pub use plugin::PluginError;
use plugin::{Identity, Plugin, bearer};
use token_file::TokenFile;
use transport::{Login, Transport};

use crate::Error;

/// What the account of a pod is called.
const IN_CLUSTER: &str = "in-cluster";

/// Namespace of the platform itself, for requests that name none.
const NAMESPACE: &str = "d8-system";

/// A cluster that can be talked to.
#[derive(Clone)]
pub struct Cluster {
    /// The context of the kubeconfig; `in-cluster` for the account of a pod.
    pub name: String,
    /// Address of the API server, without any login.
    pub server: String,
    /// Sends the requests.
    pub client: Client,
}

/// Which cluster is meant.
#[derive(Debug, Clone)]
pub struct Access {
    /// The kubeconfig files, if there are any.
    pub kubeconfig: KubeconfigFiles,
    /// Where a pod finds its own API server; used if there is no kubeconfig.
    pub in_cluster: Option<InCluster>,
    /// Whether a credential plugin may ask its user: there is a terminal, and the plugin may write to standard error.
    pub interactive: bool,
}

impl Access {
    /// Prepares the connection to the cluster of `context`, or of the current one. Sends no request yet, but
    /// runs the credential plugins that the kubeconfig names.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn cluster(&self, context: Option<&str>, settings: &Settings) -> Result<Cluster, AccessError> {
        let (kubeconfig, name) = if let Some(kubeconfig) = self.kubeconfig.read()? {
            let name = kubeconfig::context(&kubeconfig, context)?;
            (kubeconfig, name)
        } else {
            let in_cluster = self.in_cluster.as_ref().ok_or(AccessError::Nowhere)?;
            if let Some(context) = context {
                return Err(AccessError::NoSuchContext { context: context.to_owned(), known: Vec::new() });
            }
            (in_cluster.kubeconfig(IN_CLUSTER)?, IN_CLUSTER.to_owned())
        };
        let proxy = kubeconfig::proxy_of(&kubeconfig, &name);
        let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(|error| AccessError::unusable(&name, &error))?;
        let (login, config) = login(&name, config, self.interactive).await?;
        connect(name, config, login, proxy, settings)
    }
}

/// What logs in, other than what kube does itself; that is taken out of the configuration.
async fn login(
    context: &str,
    mut config: Config,
    interactive: bool,
) -> Result<(Option<Login>, Config), AccessError> {
    let unusable = |error: &dyn std::fmt::Display| AccessError::unusable(context, error);
    let auth = &mut config.auth_info;
    // As client-go: a file counts before a token.
    if let Some(path) = auth.token_file.take() {
        auth.token = None;
        let file = TokenFile::open(path.as_ref()).map_err(|error| unusable(&error))?;
        return Ok((Some(Login::File(file)), config));
    }
    if let Some(token) = inline_token(auth) {
        // Before kube, which panics.
        bearer(&token).map_err(|()| unusable(&"the token has characters that are not allowed"))?;
    }
    let other = auth.token.is_some() || auth.username.is_some() || auth.auth_provider.is_some();
    let Some(exec) = auth.exec.take().filter(|_| !other) else { return Ok((None, config)) };
    if exec.command.as_ref().is_none_or(String::is_empty) {
        return Err(unusable(&"its credential plugin (exec) has no command"));
    }
    let failed = |error| AccessError::Plugin { context: context.to_owned(), error };
    let (plugin, identity) = Plugin::start(exec, interactive).await.map_err(failed)?;
    if let Some(Identity { certificate, key }) = identity {
        auth.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
        auth.client_key_data = Some(BASE64_STANDARD.encode(key).into());
        (auth.client_certificate, auth.client_key) = (None, None);
        // Whose fault it is shows here: the rest of the configuration is the same without it.
        config.rustls_client_config().map_err(|_| failed(plugin.unusable_identity()))?;
    }
    Ok((Some(Login::Plugin(plugin)), config))
}

/// The token in the kubeconfig itself. kube keeps it in a type that only gives it away as a kubeconfig.
fn inline_token(auth: &AuthInfo) -> Option<String> {
    auth.token.as_ref()?;
    Some(serde_json::to_value(auth).ok()?.get("token")?.as_str()?.to_owned())
}

fn connect(
    name: String,
    mut config: Config,
    login: Option<Login>,
    proxy: Option<String>,
    settings: &Settings,
) -> Result<Cluster, AccessError> {
    let unusable = |error: &dyn std::fmt::Display| AccessError::unusable(&name, error);
    let mut settings = settings.clone();
    if let Some(proxy) = proxy {
        // As client-go does: the kubeconfig's own proxy puts the variables aside.
        settings.proxy =
            ProxyVariables { http_proxy: Some(proxy.clone()), https_proxy: Some(proxy), no_proxy: None };
    }
    let url = Url::parse(&config.cluster_url.to_string()).map_err(|error| unusable(&error))?;
    let server = egress::SafeUrl::new(&url).as_str().trim_end_matches('/').to_owned();
    let mut host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
    let mut connect_to = None;
    if let Some(server_name) = config.tls_server_name.clone() {
        if server_name.parse::<std::net::IpAddr>().is_ok() {
            return Err(unusable(&"tls-server-name is an address, which is not supported"));
        }
        connect_to = url.host_str().map(str::to_owned);
        let mut renamed = url.clone();
        renamed.set_host(Some(&server_name)).map_err(|error| unusable(&error))?;
        config.cluster_url =
            renamed.as_str().parse().map_err(|error: http::uri::InvalidUri| unusable(&error))?;
        host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
    }
    let own_trust = config.root_cert.is_some() || config.accept_invalid_certs;
    let tls = config.rustls_client_config().map_err(|error| unusable(&Error::from(error)))?;
    let tls = (own_trust || has_certificate(&config)).then_some(tls);
    let http = ApiHttp::new(&settings, &host, tls, connect_to).map_err(AccessError::Egress)?;
    let headers = config.extra_headers_layer().map_err(|error| unusable(&error))?;
    let service = config.base_uri_layer().layer(headers.layer(Transport::new(http, login)));
    let client = match config.auth_layer().map_err(|error| unusable(&Error::from(error)))? {
        Some(auth) => Client::new(auth.layer(service), NAMESPACE),
        None => Client::new(service, NAMESPACE),
    };
    Ok(Cluster { name, server, client })
}

/// Whether the kubeconfig gives a client certificate: then its TLS configuration is used even without a CA.
fn has_certificate(config: &Config) -> bool {
    let auth = &config.auth_info;
    auth.client_certificate.is_some() || auth.client_certificate_data.is_some()
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("name", &self.name)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// The type of requests that kube sends.
type Request = http::Request<Body>;
