//! The HTTP clients of one Kubernetes API server.
//!
//! Watches stay open for minutes without a byte, so silence is no fault here: pings find out whether the
//! other side is still there.

use std::time::Duration;

use reqwest::Client;
use rustls::ClientConfig;

use crate::causes::innermost;
use crate::dns::Dns;
use crate::error::EgressError;
use crate::http::base_builder;
use crate::proxy::{ProxyFaultLayer, ProxyRules};
use crate::settings::Settings;
use crate::trust::tls_config;

/// How often an HTTP/2 connection is pinged, and how long an answer may take.
const PING: Duration = Duration::from_secs(10);

/// The clients for one API server. Clones share connections.
#[derive(Debug, Clone)]
pub struct ApiHttp {
    multiplexed: Client,
    upgrading: Client,
}

impl ApiHttp {
    /// Builds the clients for `host` (`HOST` or `HOST:PORT`).
    ///
    /// `tls` is what the kubeconfig says of trust and of the client's certificate; without it the rules for all
    /// other hosts hold. With `connect_to` (a host name or address) connections go there, while `host` is the
    /// name that the certificate must have: `tls-server-name` of a kubeconfig.
    pub fn new(
        settings: &Settings,
        host: &str,
        tls: Option<ClientConfig>,
        connect_to: Option<String>,
    ) -> Result<Self, EgressError> {
        let proxies = ProxyRules::new(&settings.proxy)?;
        let tls = tls.map_or_else(|| tls_config(&settings.trust, host), Ok)?;
        let dns = Dns::system();
        let dns = match connect_to {
            Some(target) => dns.with_alias(host, target),
            None => dns,
        };
        let client = |protocols: &[&str]| {
            let mut tls = tls.clone();
            tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
            let mut builder = base_builder(settings)
                .tls_backend_preconfigured(tls)
                .dns_resolver(dns.clone())
                .http2_keep_alive_interval(PING)
                .http2_keep_alive_timeout(PING)
                .http2_keep_alive_while_idle(true);
            if !proxies.is_empty() {
                builder = builder
                    .proxy(ProxyFaultLayer::proxy(proxies.clone()))
                    .connector_layer(ProxyFaultLayer::new(dns.clone(), settings.connect_timeout));
            }
            builder.build().map_err(|error| EgressError::Client { reason: innermost(&error) })
        };
        Ok(Self { multiplexed: client(&["h2", "http/1.1"])?, upgrading: client(&["http/1.1"])? })
    }

    /// For all ordinary requests, watches included.
    pub fn multiplexed(&self) -> &Client {
        &self.multiplexed
    }

    /// For requests that become another protocol (`Upgrade`), which only HTTP/1.1 has.
    pub fn upgrading(&self) -> &Client {
        &self.upgrading
    }
}
