//! The HTTP clients of one registry, and of the hosts that it leads to.
//!
//! Each host has its own, since `certs.d` gives each its own trust and client certificates.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use parking_lot::Mutex;
use reqwest::{Client, ClientBuilder, Response};
use url::Url;

use crate::causes::innermost;
use crate::dns::Dns;
use crate::error::EgressError;
use crate::fault::NetworkFault;
use crate::proxy::{ProxyFaultLayer, ProxyRules};
use crate::safe_url::SafeUrl;
use crate::settings::{Settings, TrustSettings};
use crate::trust::tls_config;

/// Idle connections that are kept: at least as many as blobs are transferred at the same time.
const IDLE_CONNECTIONS: usize = 128;

/// Finds out that the other side is gone while nothing is being sent.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What a request is for; each class has connections of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrafficClass {
    /// Manifests, tags, tokens: many small answers share a connection by HTTP/2.
    Metadata,
    /// Downloads: HTTP/1.1 only, so that every blob has a connection and TCP window to itself.
    Bulk,
    /// Requests with a body that takes long to send: as [`TrafficClass::Bulk`], but without the client's own
    /// stall timer, which would count the sending as waiting. Guard these with
    /// [`StallWatch`](crate::StallWatch).
    Upload,
}

/// The clients for one registry, and for the hosts that it leads to. Clones share connections, DNS cache and TLS sessions.
///
/// Redirects are not followed and answers are not decompressed: credentials must not travel, and
/// digests are of the bytes as sent.
#[derive(Debug, Clone)]
pub struct Http {
    own: Clients,
    others: Arc<Others>,
    stall_timeout: Duration,
    proxies: ProxyRules,
}

/// The clients for one host.
#[derive(Debug, Clone)]
struct Clients {
    metadata: Client,
    bulk: Client,
    upload: Client,
}

/// Token servers, and storage that a registry redirects to. What holds for the registry by name (`certs.d`, a client
/// certificate, no verification) does not hold for them: each has what the system and `certs.d` say of it.
#[derive(Debug)]
struct Others {
    /// The registry's own host, as in a reference.
    home: String,
    settings: Settings,
    dns: Dns,
    clients: Mutex<HashMap<String, Clients>>,
}

impl Http {
    /// Reads trust files, proxy rules and DNS configuration, and builds the clients for `host`
    /// (`HOST` or `HOST:PORT`, as in a reference). Later changes of the files are not seen.
    pub fn new(settings: &Settings, host: &str) -> Result<Self, EgressError> {
        Self::with_dns(settings, host, &Dns::system())
    }

    pub(crate) fn with_dns(settings: &Settings, host: &str, dns: &Dns) -> Result<Self, EgressError> {
        let proxies = ProxyRules::new(&settings.proxy)?;
        let own = Clients::new(settings, host, dns, &proxies)?;
        let trust = TrustSettings { skip_verify: false, client: None, ..settings.trust.clone() };
        let others = Others {
            home: host.to_owned(),
            settings: Settings { trust, ..settings.clone() },
            dns: dns.clone(),
            clients: Mutex::default(),
        };
        Ok(Self { own, others: Arc::new(others), stall_timeout: settings.stall_timeout, proxies })
    }

    /// Longest time without a byte; on [`TrafficClass::Upload`] the code that feeds the body must keep to it.
    pub fn stall_timeout(&self) -> Duration {
        self.stall_timeout
    }

    /// The fault, if an answer comes from the proxy and not from the registry: it requires a login, or refuses.
    pub fn proxy_fault(&self, response: &Response) -> Option<NetworkFault> {
        NetworkFault::from_proxy_answer(response, self.proxies.proxy_for(response.url()))
    }

    /// The proxy for `url`, without its login; `None` if requests are sent directly.
    pub fn proxy_for(&self, url: &Url) -> Option<String> {
        let proxy = self.proxies.proxy_for(url)?;
        Some(SafeUrl::new(proxy).as_str().trim_end_matches('/').to_owned())
    }

    /// All addresses of a host name, IPv4 first.
    ///
    /// # Errors
    /// Why it has none, as a sentence.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        self.others.dns.lookup(name).await.map_err(|fault| fault.to_string())
    }

    /// The search domains in `/etc/resolv.conf`. This program does not use them; pods on such a machine do.
    pub fn search_domains(&self) -> Vec<String> {
        self.others.dns.search_domains()
    }

    /// The client for requests of this kind to the registry itself.
    pub fn client(&self, class: TrafficClass) -> &Client {
        self.own.of(class)
    }

    /// The client for a request of this kind to `url`, which may be at another host.
    ///
    /// # Errors
    /// What is wrong with the files of that host in `certs.d`.
    pub fn client_for(&self, class: TrafficClass, url: &Url) -> Result<Client, EgressError> {
        // Without TLS nobody is identified.
        if url.scheme() != "https" || self.others.is_home(url) {
            return Ok(self.client(class).clone());
        }
        let host = authority(url);
        let mut clients = self.others.clients.lock();
        if let Some(known) = clients.get(&host) {
            return Ok(known.of(class).clone());
        }
        let new = Clients::new(&self.others.settings, &host, &self.others.dns, &self.proxies)?;
        Ok(clients.entry(host).or_insert(new).of(class).clone())
    }
}

impl Others {
    fn is_home(&self, url: &Url) -> bool {
        let host = authority(url);
        let home = self.home.strip_suffix(":443").unwrap_or(&self.home);
        home.eq_ignore_ascii_case(&host)
    }
}

/// `HOST`, or `HOST:PORT` if the port is not the usual one of the URL's scheme.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The certificate (DER) that the server of a response has shown; `None` without TLS.
pub fn peer_certificate(response: &Response) -> Option<Vec<u8>> {
    let tls = response.extensions().get::<reqwest::tls::TlsInfo>()?;
    tls.peer_certificate().map(<[u8]>::to_vec)
}

impl Clients {
    fn new(settings: &Settings, host: &str, dns: &Dns, proxies: &ProxyRules) -> Result<Self, EgressError> {
        let tls = tls_config(&settings.trust, host)?;
        let client = |protocols: &[&str], stall_timeout: Option<Duration>| {
            let mut tls = tls.clone();
            tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
            let mut builder = base_builder(settings).tls_backend_preconfigured(tls).dns_resolver(dns.clone());
            if let Some(limit) = stall_timeout {
                builder = builder.read_timeout(limit);
            }
            if !proxies.is_empty() {
                builder = builder
                    .proxy(ProxyFaultLayer::proxy(proxies.clone()))
                    .connector_layer(ProxyFaultLayer::new(dns.clone(), settings.connect_timeout));
            }
            builder.build().map_err(|error| EgressError::Client { reason: innermost(&error) })
        };
        let stall = Some(settings.stall_timeout);
        Ok(Self {
            metadata: client(&["h2", "http/1.1"], stall)?,
            bulk: client(&["http/1.1"], stall)?,
            upload: client(&["http/1.1"], None)?,
        })
    }

    fn of(&self, class: TrafficClass) -> &Client {
        match class {
            TrafficClass::Metadata => &self.metadata,
            TrafficClass::Bulk => &self.bulk,
            TrafficClass::Upload => &self.upload,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that builds HTTP clients")]
pub(crate) fn base_builder(settings: &Settings) -> ClientBuilder {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tls_info(true)
        .connect_timeout(settings.connect_timeout)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .tcp_user_timeout(settings.stall_timeout)
        .pool_max_idle_per_host(IDLE_CONNECTIONS);
    if !settings.user_agent.is_empty() {
        builder = builder.user_agent(&settings.user_agent);
    }
    builder
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn names_come_from_the_hosts_file() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            assert!(request[..length].starts_with(b"GET /v2/ HTTP/1.1"));
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        });
        let dns = Dns::from_text(b"127.0.0.1 registry.corp", b"");
        let http = Http::with_dns(&Settings::default(), "registry.corp", &dns).unwrap();
        let url = format!("http://registry.corp:{port}/v2/");
        assert_eq!(http.client(TrafficClass::Metadata).get(url).send().await.unwrap().status(), 204);

        let error =
            http.client(TrafficClass::Metadata).get("http://other.corp/v2/").send().await.unwrap_err();
        let fault = crate::NetworkFault::from_reqwest(error);
        assert_eq!(fault.kind(), crate::FaultKind::Dns);
        assert!(!fault.is_transient());
        assert_eq!(
            fault.to_string(),
            "no DNS is configured (no usable nameserver in /etc/resolv.conf) and other.corp is not in /etc/hosts"
        );
    }
}
