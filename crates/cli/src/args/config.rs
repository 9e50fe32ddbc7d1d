//! `dhctl config …`

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use egress::Secret;
use oci::{Host, RepositoryUrl};

use super::TargetLoginArgs;
use super::mirror::parse_secret;

/// What can be written for a cluster.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the InitConfiguration with which the platform is installed from the private registry
    InitConfiguration(AccessArgs),
    /// Print a ModuleSource, ready for kubectl apply
    ModuleSource(ModuleSourceArgs),
    /// Print the login of a registry as registryDockerCfg and dockerCfg hold it: one line of base64
    DockerCfg(DockerCfgArgs),
    /// Print the proxy section of a ClusterConfiguration, and write a squid.conf for the proxy's host
    Proxy(ProxyArgs),
}

/// How the cluster reaches the registry.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Where the images are, as HOST[:PORT]/PATH: the platform itself, or the modules directly below
    #[arg(short = 'r', long, env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", value_name = "REGISTRY")]
    pub registry: RepositoryUrl,
    /// The cluster's login there.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// The registry speaks plain HTTP
    #[arg(long)]
    pub insecure: bool,
    /// File with certificates (PEM) that the cluster is to trust beside the system's (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca_file: Vec<PathBuf>,
    /// Where to write.
    #[command(flatten)]
    pub file: FileOutArgs,
}

/// `dhctl config module-source`
#[derive(Debug, Args)]
pub struct ModuleSourceArgs {
    /// Name of the ModuleSource; "deckhouse" is the platform's own
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The registry.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `dhctl config docker-cfg`
#[derive(Debug, Args)]
pub struct DockerCfgArgs {
    /// Registry that the login is for, as HOST[:PORT]; a path after it does not count
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        value_parser = parse_host
    )]
    pub registry: Host,
    /// The login.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// Where to write.
    #[command(flatten)]
    pub file: FileOutArgs,
}

/// `dhctl config proxy`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("proxies").args(["http_proxy", "https_proxy"]).required(true).multiple(true))]
pub struct ProxyArgs {
    /// Proxy for plain HTTP, as http://HOST:PORT
    #[arg(long, value_name = "URL", value_parser = parse_secret)]
    pub http_proxy: Option<Secret>,
    /// Proxy for HTTPS, as http://HOST:PORT; most proxies are the same for both
    #[arg(long, value_name = "URL", value_parser = parse_secret)]
    pub https_proxy: Option<Secret>,
    /// Login at the proxies
    #[arg(long, value_name = "LOGIN")]
    pub proxy_login: Option<String>,
    /// Password at the proxies, as it is: it is percent-encoded where the URL needs it
    #[arg(long, value_name = "PASSWORD", value_parser = parse_secret)]
    pub proxy_password: Option<Secret>,
    /// Read the password at the proxies from a file; "-" is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "proxy_password")]
    pub proxy_password_file: Option<PathBuf>,
    /// What is reached directly, separated by commas: hosts, .domains, subnets as 10.0.0.0/24 (repeatable)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub no_proxy: Vec<String>,
    /// Private registry, as HOST[:PORT]: added to what is reached directly; its port to what squid.conf allows
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        value_parser = parse_host
    )]
    pub registry: Option<Host>,
    /// Write a squid.conf for the proxy's host to this file: only those who log in are served
    #[arg(long, value_name = "PATH")]
    pub squid_conf: Option<PathBuf>,
    /// Where to write.
    #[command(flatten)]
    pub file: FileOutArgs,
}

/// Where a result goes that holds a secret.
#[derive(Debug, Args)]
pub struct FileOutArgs {
    /// Write to this file (mode 0600) instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

/// A registry by its host; a pasted path does no harm.
fn parse_host(text: &str) -> Result<Host, String> {
    let bare = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    if bare.contains('/') {
        text.parse::<RepositoryUrl>().map(|url| url.host).map_err(|error| error.to_string())
    } else {
        bare.parse::<Host>().map_err(|error| error.to_string())
    }
}
