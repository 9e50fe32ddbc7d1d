//! `dhctl registry setup …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use egress::Secret;
use oci::RepositoryUrl;
use registry_admin::AdminUrl;

use crate::{
    args::{ChangeArgs, OutputFormat, login::parse_secret},
    size_arg,
};

/// The products that can be set up.
#[derive(Debug, Subcommand)]
pub enum SetupCommand {
    /// Set up a repository in Nexus Repository 3
    ///
    /// Activates the Docker Bearer Token Realm. Creates a hosted repository, or with --proxy-of a proxy repository with
    /// the settings that the platform requires; a role and a user for pulling, and for a hosted repository a role and a
    /// user for pushing. The passwords of new users are generated into files, or read from files.
    #[command(after_help = crate::args::EXIT_CODES)]
    Nexus(Box<NexusArgs>),
    /// Set up a project in Harbor 2
    ///
    /// Creates a project and its robot accounts: one for pulling and one for pushing. With --proxy-of, creates an
    /// endpoint, a proxy-cache project and a robot account for pulling. Harbor generates the secrets of robots; they are
    /// written to files. Reports rules that prevent release channels from moving.
    #[command(after_help = crate::args::EXIT_CODES)]
    Harbor(Box<HarborArgs>),
}

/// `dhctl registry setup nexus`
#[derive(Debug, Args)]
pub struct NexusArgs {
    /// Address of Nexus, HOST[:PORT][/CONTEXT]
    #[arg(value_name = "NEXUS")]
    pub nexus: AdminUrl,
    /// Name of the repository, in lower case
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub repository: String,
    /// Port of the repository with plain HTTP. Without --http-port and --https-port, requests are routed by their
    /// path, which requires Nexus 3.84 or later
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub http_port: Option<u16>,
    /// Port of the repository with HTTPS
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub https_port: Option<u16>,
    /// Blob store of a new repository
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub blob_store: String,
    /// Private registry, HOST[:PORT]/PATH: the repository as clients reach it, for the next command. Default: derived
    /// from the address of Nexus and the port, with the path deckhouse/ee
    #[arg(short = 'r', long, value_name = "REGISTRY")]
    pub registry: Option<RepositoryUrl>,
    /// Time for which a proxy repository remembers that its upstream does not have an image, in minutes; 0 is not at all
    #[arg(long, value_name = "MINUTES", default_value_t = 0, requires = "proxy_of")]
    pub not_found_cache: u32,
    /// Read the password of the user for pulling from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Accounts")]
    pub pull_password_file: Option<PathBuf>,
    /// Read the password of the user for pushing from a file; "-" is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "proxy_of", help_heading = "Accounts")]
    pub push_password_file: Option<PathBuf>,
    /// Switch on anonymous access. It applies to all repositories of this Nexus
    #[arg(long, help_heading = "Server")]
    pub allow_anonymous: bool,
    /// Accept the license agreement of Nexus on behalf of your organization
    #[arg(long, help_heading = "Server")]
    pub accept_eula: bool,
    /// The proxy of Nexus.
    #[command(flatten)]
    pub outgoing: OutgoingProxyArgs,
    /// What both products have.
    #[command(flatten)]
    pub setup: SetupArgs,
}

/// `dhctl registry setup harbor`
#[derive(Debug, Args)]
pub struct HarborArgs {
    /// Project in Harbor, HOST[:PORT]/PROJECT[/PATH]; the default of PATH is deckhouse/ee
    #[arg(value_name = "HARBOR")]
    pub registry: RepositoryUrl,
    /// Let everybody pull from the project
    #[arg(long)]
    pub public: bool,
    /// Quota of the project: a number of GiB, or a size such as 500GB. Default: a new project has no limit
    #[arg(long, value_name = "SIZE", value_parser = size_arg::parse, conflicts_with = "proxy_of")]
    pub quota: Option<u64>,
    /// Name of the endpoint for --proxy-of; default: the name of the project
    #[arg(long, value_name = "NAME", requires = "proxy_of")]
    pub endpoint: Option<String>,
    /// What both products have.
    #[command(flatten)]
    pub setup: SetupArgs,
}

/// What all setups have.
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// The upstream of a proxy cache.
    #[command(flatten)]
    pub upstream: UpstreamArgs,
    /// Name of the account for pulling. Default: in Nexus the name of the repository with -pull, in Harbor pull
    #[arg(long, value_name = "NAME", value_parser = parse_name, help_heading = "Accounts")]
    pub pull_account: Option<String>,
    /// Name of the account for pushing. Default: in Nexus the name of the repository with -push, in Harbor push
    #[arg(
        long,
        value_name = "NAME",
        value_parser = parse_name,
        conflicts_with = "proxy_of",
        help_heading = "Accounts"
    )]
    pub push_account: Option<String>,
    /// Directory for the files with the passwords of new accounts (mode 0600). An existing file is read and not changed
    #[arg(short, long, value_name = "PATH", default_value = ".", help_heading = "Accounts")]
    pub out: PathBuf,
    /// The administrator.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// How to reach the server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Do not check the registry with the new accounts at the end
    #[arg(long)]
    pub no_check: bool,
    /// Consent.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Format of the result on standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub output: OutputFormat,
}

/// The upstream of a proxy cache.
#[derive(Debug, Args)]
pub struct UpstreamArgs {
    /// Create a proxy cache of this registry, HOST[:PORT], such as registry.deckhouse.ru
    #[arg(long, value_name = "UPSTREAM", help_heading = "Proxy cache")]
    pub proxy_of: Option<AdminUrl>,
    /// User name for --proxy-of
    #[arg(long, value_name = "LOGIN", requires = "proxy_of", help_heading = "Proxy cache")]
    pub upstream_login: Option<String>,
    /// Read the password for --proxy-of from a file; "-" is standard input
    #[arg(long, value_name = "FILE", requires = "proxy_of", help_heading = "Proxy cache")]
    pub upstream_password_file: Option<PathBuf>,
    /// License key: the password of the user "license-token"
    #[arg(
        short = 'l',
        long,
        env = "DHCTL_CLI_MIRROR_LICENSE",
        hide_env_values = true,
        value_parser = parse_secret,
        value_name = "KEY",
        help_heading = "Proxy cache"
    )]
    pub license: Option<Secret>,
    /// Read the license key from a file; "-" is standard input
    #[arg(long, value_name = "FILE", requires = "proxy_of", help_heading = "Proxy cache")]
    pub license_file: Option<PathBuf>,
}

/// The login of an administrator.
#[derive(Debug, Args)]
pub struct AdminArgs {
    /// Login of an administrator
    #[arg(
        long,
        env = "DHCTL_CLI_REGISTRY_ADMIN_LOGIN",
        value_name = "LOGIN",
        default_value = "admin",
        help_heading = "Server"
    )]
    pub admin_login: String,
    /// Password of the administrator
    #[arg(
        long,
        env = "DHCTL_CLI_REGISTRY_ADMIN_PASSWORD",
        hide_env_values = true,
        value_parser = parse_secret,
        value_name = "PASSWORD",
        help_heading = "Server"
    )]
    pub admin_password: Option<Secret>,
    /// Read the password of the administrator from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub admin_password_file: Option<PathBuf>,
}

/// How a server is reached.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Use plain HTTP instead of HTTPS
    #[arg(long, help_heading = "Connection")]
    pub insecure: bool,
    /// Accept any TLS certificate
    #[arg(long, help_heading = "Connection")]
    pub tls_skip_verify: bool,
    /// File with certificates (PEM) to trust in addition to those of the system (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ca_file: Vec<PathBuf>,
}

/// The proxy that Nexus itself uses to reach an upstream.
#[derive(Debug, Args)]
pub struct OutgoingProxyArgs {
    /// Proxy that Nexus itself uses for HTTP, HOST:PORT
    #[arg(long, value_name = "PROXY", help_heading = "Server")]
    pub outgoing_http_proxy: Option<AdminUrl>,
    /// Proxy that Nexus itself uses for HTTPS, HOST:PORT
    #[arg(long, value_name = "PROXY", help_heading = "Server")]
    pub outgoing_https_proxy: Option<AdminUrl>,
    /// User name for the proxies of Nexus
    #[arg(long, value_name = "LOGIN", requires = "outgoing_password_file", help_heading = "Server")]
    pub outgoing_login: Option<String>,
    /// Read the password for the proxies of Nexus from a file; "-" is standard input
    #[arg(long, value_name = "FILE", requires = "outgoing_login", help_heading = "Server")]
    pub outgoing_password_file: Option<PathBuf>,
    /// Hosts that Nexus reaches without the proxy, separated by commas, such as *.example.com (repeatable)
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Server")]
    pub outgoing_no_proxy: Vec<String>,
}

/// A name that both products accept for repositories, users and robots.
fn parse_name(text: &str) -> Result<String, String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let is_outer = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = text.bytes().next().zip(text.bytes().last());
    if text.bytes().all(is_inner) && ends.is_some_and(|(first, last)| is_outer(first) && is_outer(last)) {
        return Ok(text.to_owned());
    }
    Err("expected lower-case letters, digits, dots, dashes and underscores, such as dkp".to_owned())
}
