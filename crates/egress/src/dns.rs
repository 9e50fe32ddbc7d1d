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
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts, ServerOrderingStrategy};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::system_conf::parse_resolv_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::hosts::Hosts;

/// Why a name has no address. Its text is a whole sentence.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DnsFault {
    #[error(
        "no DNS is configured (no usable nameserver in /etc/resolv.conf) and {name} is not in /etc/hosts"
    )]
    NotConfigured { name: String },
    #[error("DNS knows no host named {name}")]
    NoSuchName { name: String },
    #[error("cannot resolve {name}: {reason}")]
    Unanswered { name: String, reason: String },
}

/// The resolver of one or more clients; clones share it and its cache.
#[derive(Clone)]
pub(crate) struct Dns(Arc<Sources>);

struct Sources {
    hosts: Hosts,
    servers: Option<TokioResolver>,
}

impl Dns {
    /// Reads the system's files. A missing one counts as empty.
    pub(crate) fn system() -> Self {
        Self::from_files(Path::new("/etc/hosts"), Path::new("/etc/resolv.conf"))
    }

    fn from_files(hosts: &Path, resolv_conf: &Path) -> Self {
        let hosts = Hosts::parse(&std::fs::read(hosts).unwrap_or_default());
        let servers = std::fs::read(resolv_conf).ok().and_then(|text| match servers(&text) {
            Ok(resolver) => Some(resolver),
            Err(error) => {
                tracing::debug!(file = %resolv_conf.display(), %error, "no DNS; only the hosts file is used");
                None
            }
        });
        Self(Arc::new(Sources { hosts, servers }))
    }

    /// All addresses of `name`, IPv4 first.
    pub(crate) async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, DnsFault> {
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
            Err(error) => Err(DnsFault::Unanswered {
                name,
                reason: error.to_string(),
            }),
        }
    }
}

fn servers(resolv_conf: &[u8]) -> Result<TokioResolver, NetError> {
    let (config, mut options) = parse_resolv_conf(resolv_conf)?;
    // With `Ipv4AndIpv6` a missing AAAA record can cost the whole DNS timeout.
    options.ip_strategy = LookupIpStrategy::Ipv4thenIpv6;
    options.use_hosts_file = ResolveHosts::Never;
    // As libc and Go do: the first server decides, the next is asked only when it is silent. Where
    // inner and outer servers are both listed, asking at once would let the outer one say no.
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.num_concurrent_reqs = 1;
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .build()
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
        f.debug_struct("Dns")
            .field("hosts", &self.0.hosts)
            .field("servers", &servers)
            .finish()
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
