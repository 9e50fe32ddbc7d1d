//! Names to addresses, without libc: `getaddrinfo` loads the host's NSS modules into a static binary.
//!
//! Order: the address itself, the hosts file, then DNS if `/etc/resolv.conf` names a server. There is
//! never a public fallback: behind an air gap it could only wait, and elsewhere it would tell a
//! stranger the names of the house.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    LookupIpStrategy, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::system_conf::parse_resolv_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::hosts::Hosts;

/// Why a host name cannot be resolved. The text is a whole sentence.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DnsFault {
    #[error(
        "no DNS is configured (no usable nameserver in /etc/resolv.conf) and {name} is not in /etc/hosts"
    )]
    NotConfigured { name: String },
    #[error("DNS has no host named {name}")]
    NoSuchName { name: String },
    #[error("cannot resolve {name}: {reason}")]
    Unanswered { name: String, reason: String },
}

/// The resolver of one or more clients; clones share it and its cache.
#[derive(Clone)]
pub(crate) struct Dns(Arc<Sources>);

/// A name that is looked up under another one.
struct Alias {
    name: String,
    target: String,
}

struct Sources {
    hosts: Hosts,
    servers: Option<TokioResolver>,
    alias: Option<Alias>,
    search_domains: Vec<String>,
}

impl Dns {
    /// Reads the system's files. A missing one counts as empty.
    pub(crate) fn system() -> Self {
        Self::from_files(Path::new("/etc/hosts"), Path::new("/etc/resolv.conf"))
    }

    fn from_files(hosts: &Path, resolv_conf: &Path) -> Self {
        let text = |path| std::fs::read(path).unwrap_or_default();
        Self::from_text(&text(hosts), &text(resolv_conf))
    }

    pub(crate) fn from_text(hosts: &[u8], resolv_conf: &[u8]) -> Self {
        let parsed = parse_resolv_conf(resolv_conf);
        let search_domains = parsed.as_ref().map_or_else(
            |_| Vec::new(),
            |(config, _)| config.search().iter().map(ToString::to_string).collect(),
        );
        let servers = match parsed.and_then(|(config, options)| servers(config, options)) {
            Ok(resolver) => Some(resolver),
            Err(error) => {
                tracing::debug!(%error, "no DNS in resolv.conf; only the hosts file is used");
                None
            }
        };
        Self(Arc::new(Sources { hosts: Hosts::parse(hosts), servers, alias: None, search_domains }))
    }

    /// The same, but `name` (`HOST` or `HOST:PORT`) is looked up as `target`.
    pub(crate) fn with_alias(self, name: &str, target: String) -> Self {
        let name = name.rsplit_once(':').map_or(name, |(host, _)| host).to_owned();
        let Sources { hosts, servers, search_domains, .. } = &*self.0;
        let alias = Some(Alias { name, target });
        let search_domains = search_domains.clone();
        Self(Arc::new(Sources { hosts: hosts.clone(), servers: servers.clone(), alias, search_domains }))
    }

    /// The search domains of `/etc/resolv.conf`. Lookups do not use them.
    pub(crate) fn search_domains(&self) -> Vec<String> {
        self.0.search_domains.clone()
    }

    /// All addresses of `name`, IPv4 first.
    pub(crate) async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, DnsFault> {
        let name = match &self.0.alias {
            Some(alias) if alias.name.eq_ignore_ascii_case(name) => &alias.target,
            _ => name,
        };
        if let Ok(address) = name.trim_matches(['[', ']']).parse() {
            return Ok(vec![address]);
        }
        let listed = self.0.hosts.find(name);
        if !listed.is_empty() {
            return Ok(listed);
        }
        let name = name.to_owned();
        let Some(servers) = &self.0.servers else {
            return Err(DnsFault::NotConfigured { name });
        };
        match servers.lookup_ip(name.as_str()).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) if error.is_no_records_found() && !is_server_failure(&error) => {
                Err(DnsFault::NoSuchName { name })
            }
            Err(error) => Err(DnsFault::Unanswered { name, reason: error.to_string() }),
        }
    }
}

fn servers(config: ResolverConfig, mut options: ResolverOpts) -> Result<TokioResolver, NetError> {
    // With `Ipv4AndIpv6` a missing AAAA record can cost the whole DNS timeout.
    options.ip_strategy = LookupIpStrategy::Ipv4thenIpv6;
    options.use_hosts_file = ResolveHosts::Never;
    // As libc and Go do: the first server decides, the next is asked only when it is silent. Where
    // inner and outer servers are both listed, asking both at the same time would let the outer one say no.
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.num_concurrent_reqs = 1;
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options).build()
}

/// An empty answer with an error code is a server in trouble, not a name that does not exist.
fn is_server_failure(error: &NetError) -> bool {
    use hickory_resolver::net::{DnsError, NoRecords};
    use hickory_resolver::proto::op::ResponseCode;
    matches!(
        error,
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, .. }))
            if !matches!(response_code, ResponseCode::NXDomain | ResponseCode::NoError)
    )
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = self.0.servers.is_some();
        f.debug_struct("Dns").field("hosts", &self.0.hosts).field("servers", &servers).finish()
    }
}

impl Resolve for Dns {
    fn resolve(&self, name: Name) -> Resolving {
        let dns = self.clone();
        Box::pin(async move {
            let found = dns.lookup(name.as_str()).await?;
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::config::NameServerConfig;
    use tokio::net::UdpSocket;

    use super::*;

    #[tokio::test]
    async fn literals_and_hosts_need_no_dns() {
        let dns = Dns::from_text(b"10.0.0.1 reg.corp\nfd00::1 reg.corp", b"# no nameserver");
        for (name, expected) in [
            ("10.9.8.7", vec!["10.9.8.7"]),
            ("[fd00::2]", vec!["fd00::2"]),
            ("Reg.Corp", vec!["10.0.0.1", "fd00::1"]),
            ("localhost", vec!["127.0.0.1", "::1"]),
        ] {
            let expected: Vec<IpAddr> = expected.into_iter().map(|a| a.parse().unwrap()).collect();
            assert_eq!(dns.lookup(name).await.unwrap(), expected, "{name}");
        }
        let missing = dns.lookup("other.corp").await;
        assert!(
            matches!(&missing, Err(DnsFault::NotConfigured { name }) if name == "other.corp"),
            "{missing:?}"
        );
    }

    #[tokio::test]
    async fn an_alias_is_looked_up_under_its_target() {
        let dns =
            Dns::from_text(b"10.0.0.1 api.corp", b"").with_alias("kubernetes:6443", "api.corp".to_owned());
        let expected: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap()];
        assert_eq!(dns.lookup("kubernetes").await.unwrap(), expected);
        assert_eq!(dns.lookup("api.corp").await.unwrap(), expected);
    }

    #[tokio::test]
    async fn files_that_are_missing_count_as_empty() {
        let nowhere = Path::new("/nonexistent/file");
        let missing = Dns::from_files(nowhere, nowhere).lookup("reg.corp").await;
        assert!(matches!(missing, Err(DnsFault::NotConfigured { .. })), "{missing:?}");
    }

    /// A resolver whose only server, here, answers everything with this response code.
    async fn dns_that_answers(code: u8) -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut message = [0; 512];
            while let Ok((length, peer)) = socket.recv_from(&mut message).await {
                // Response, recursion desired and available; the question is sent back as it came.
                message[2] = 0x81;
                message[3] = 0x80 | code;
                socket.send_to(&message[..length], peer).await.unwrap();
            }
        });
        let mut server = NameServerConfig::udp([127, 0, 0, 1].into());
        server.connections[0].port = port;
        let config = ResolverConfig::from_parts(None, vec![], vec![server]);
        let resolver = servers(config, ResolverOpts::default()).unwrap();
        Dns(Arc::new(Sources {
            hosts: Hosts::default(),
            servers: Some(resolver),
            alias: None,
            search_domains: Vec::new(),
        }))
    }

    #[tokio::test]
    async fn a_missing_name_is_distinguished_from_a_failing_server() {
        let missing = dns_that_answers(3).await.lookup("other.corp").await;
        assert!(matches!(missing, Err(DnsFault::NoSuchName { .. })), "{missing:?}");
        let trouble = dns_that_answers(2).await.lookup("other.corp").await;
        assert!(matches!(trouble, Err(DnsFault::Unanswered { .. })), "{trouble:?}");
    }
}
