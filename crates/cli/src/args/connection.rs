//! How registries are reached.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cluster::duration;

/// How registries are reached.
#[derive(Debug, Clone, Args)]
pub struct ConnectionArgs {
    /// Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot
    /// keep up. If set, also the maximum number of other requests [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Connection")]
    pub parallel: Option<u16>,
    /// Give up if the registry answers no request successfully for this time, for example during a restart or because of
    /// 429, 503 or read-only mode: a time such as 30s, 5m or 2h
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5m",
        value_parser = duration::parse,
        help_heading = "Connection"
    )]
    pub retry_timeout: Duration,
    /// Use plain HTTP instead of HTTPS
    #[arg(long, help_heading = "Connection")]
    pub insecure: bool,
    /// Accept any TLS certificate
    #[arg(long, help_heading = "Connection")]
    pub tls_skip_verify: bool,
    /// File with certificates (PEM) to trust in addition to those of the system (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ca_file: Vec<PathBuf>,
    /// File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_CLIENT_CERT",
        value_name = "FILE",
        requires = "client_key",
        help_heading = "Connection"
    )]
    pub client_cert: Option<PathBuf>,
    /// File with the private key (PEM) of --client-cert
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_cert",
        help_heading = "Connection"
    )]
    pub client_key: Option<PathBuf>,
}
