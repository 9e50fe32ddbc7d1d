//! `dhctl config …`

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use egress::Secret;
use oci::{Host, RepositoryUrl};

use super::{TargetLoginArgs, login::parse_secret};

/// Commands below `dhctl config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the InitConfiguration for installing the platform from the private registry
    #[command(after_help = super::EXIT_CODES)]
    InitConfiguration(AccessArgs),
    /// Print a ModuleSource manifest for the private registry
    #[command(after_help = super::EXIT_CODES)]
    ModuleSource(ModuleSourceArgs),
    /// Print a PackageRepository manifest for the private registry
    #[command(after_help = super::EXIT_CODES)]
    PackageRepository(PackageRepositoryArgs),
    /// Print the ModuleConfig that sets how the cluster gets its images: registry mode and address
    #[command(after_help = super::EXIT_CODES)]
    Registry(Box<RegistryModeArgs>),
    /// Print the login for a registry in the format of registryDockerCfg and dockerCfg: one line of base64
    #[command(after_help = super::EXIT_CODES)]
    DockerCfg(DockerCfgArgs),
    /// Print the proxy section of a ClusterConfiguration, and write a squid.conf for the proxy host
    #[command(after_help = super::EXIT_CODES)]
    Proxy(ProxyArgs),
}

/// How the cluster reaches the registry.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Private registry, HOST[:PORT]/PATH: the repository of the platform, or the one above the modules or packages
    #[arg(short = 'r', long, env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", value_name = "REGISTRY")]
    pub registry: RepositoryUrl,
    /// The login of the cluster there.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// Use plain HTTP instead of HTTPS
    #[arg(long)]
    pub insecure: bool,
    /// File with certificates (PEM) that the cluster trusts in addition to those of the system (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca_file: Vec<PathBuf>,
    /// Where to write.
    #[command(flatten)]
    pub file: FileOutArgs,
}

/// `dhctl config module-source`
#[derive(Debug, Args)]
pub struct ModuleSourceArgs {
    /// Name of the ModuleSource; "deckhouse" is reserved for the platform
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The registry.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `dhctl config package-repository`
#[derive(Debug, Args)]
pub struct PackageRepositoryArgs {
    /// Name of the PackageRepository; "deckhouse", "deckhouse-modules" and "embedded" are reserved for the platform
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The registry.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `dhctl config registry`
#[derive(Debug, Args)]
pub struct RegistryModeArgs {
    /// How the cluster gets its images
    #[arg(long, value_name = "MODE", ignore_case = true)]
    pub mode: RegistryModeName,
    /// Private registry, HOST[:PORT]/PATH: the repository of the platform; not used with mode Local or --bundle
    #[arg(short = 'r', long, env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", value_name = "REGISTRY")]
    pub registry: Option<RepositoryUrl>,
    /// The login of the cluster there.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// Use plain HTTP instead of HTTPS
    #[arg(long)]
    pub insecure: bool,
    /// File with certificates (PEM) that the cluster trusts in addition to those of the system (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca_file: Vec<PathBuf>,
    /// With mode Managed: the storage in the cluster is the only source of images, and is expected to have those of
    /// this bundle (repeatable, one for each archive)
    #[arg(short = 'i', long, value_name = "PATH")]
    pub bundle: Vec<PathBuf>,
    /// With mode Managed: cache the images of the registry in the cluster
    #[arg(long, conflicts_with = "bundle")]
    pub cache: bool,
    /// With mode Managed: size of the storage in the cluster, such as 50Gi
    #[arg(long, value_name = "SIZE")]
    pub storage_size: Option<String>,
    /// Print a merge patch for the ModuleConfig "deckhouse" of a running cluster; its other settings are kept
    #[arg(long)]
    pub patch: bool,
    /// Where to write.
    #[command(flatten)]
    pub file: FileOutArgs,
}

/// Modes of the platform's registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum RegistryModeName {
    /// From the registry, without a registry in the cluster
    Unmanaged,
    /// From the registry; image names contain a fixed address in the cluster instead of the registry's
    Direct,
    /// From the registry, through a cache on the control-plane nodes
    Proxy,
    /// From a registry on the control-plane nodes, to which bundles are pushed
    Local,
    /// By the module "registry", with its own ModuleConfig
    Managed,
}

impl RegistryModeName {
    /// As the platform names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unmanaged => "Unmanaged",
            Self::Direct => "Direct",
            Self::Proxy => "Proxy",
            Self::Local => "Local",
            Self::Managed => "Managed",
        }
    }
}

/// `dhctl config docker-cfg`
#[derive(Debug, Args)]
pub struct DockerCfgArgs {
    /// Private registry, HOST[:PORT]; a path after it is ignored
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
    /// Proxy for plain HTTP, http://HOST:PORT
    #[arg(long, value_name = "URL", value_parser = parse_secret)]
    pub http_proxy: Option<Secret>,
    /// Proxy for HTTPS, http://HOST:PORT; usually the same as --http-proxy
    #[arg(long, value_name = "URL", value_parser = parse_secret)]
    pub https_proxy: Option<Secret>,
    /// User name for the proxies
    #[arg(long, value_name = "LOGIN")]
    pub proxy_login: Option<String>,
    /// Password for the proxies; it is percent-encoded in the URL automatically
    #[arg(long, value_name = "PASSWORD", value_parser = parse_secret)]
    pub proxy_password: Option<Secret>,
    /// Read the password for the proxies from a file; "-" is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "proxy_password")]
    pub proxy_password_file: Option<PathBuf>,
    /// Destinations to reach without the proxy, separated by commas: hosts, .domains, subnets such as 10.0.0.0/24
    /// (repeatable)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub no_proxy: Vec<String>,
    /// Private registry, HOST[:PORT]: added to --no-proxy, and its port to the ports that squid.conf allows
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        value_parser = parse_host
    )]
    pub registry: Option<Host>,
    /// Let squid.conf allow only this host, HOST[:PORT], and the registry (repeatable, or separated by commas)
    #[arg(long, value_name = "HOST", value_delimiter = ',', value_parser = parse_host, requires = "squid_conf")]
    pub allow_host: Vec<Host>,
    /// Write a squid.conf for the proxy host to this file; it requires a login
    #[arg(long, value_name = "PATH")]
    pub squid_conf: Option<PathBuf>,
    /// Where to write.
    #[command(flatten)]
    pub file: FileOutArgs,
}

/// Where a result goes that contains a secret.
#[derive(Debug, Args)]
pub struct FileOutArgs {
    /// Write to this file (mode 0600) instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Replace the file if it exists
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
