//! Logins at registries.

use std::path::PathBuf;

use clap::Args;
use egress::Secret;

/// The login for the private registry.
#[derive(Debug, Clone, Args)]
pub struct TargetLoginArgs {
    /// User name for --registry
    #[arg(
        short = 'u',
        long,
        env = "DHCTL_CLI_MIRROR_USER",
        value_name = "LOGIN",
        help_heading = "Private registry"
    )]
    pub registry_login: Option<String>,
    /// Password for --registry
    #[arg(
        short = 'p',
        long,
        env = "DHCTL_CLI_MIRROR_PASS",
        hide_env_values = true, value_parser = parse_secret,
        value_name = "PASSWORD",
        help_heading = "Private registry"
    )]
    pub registry_password: Option<Secret>,
    /// Read the password for --registry from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Private registry")]
    pub registry_password_file: Option<PathBuf>,
}

/// Taken out of plain text immediately, so that no debug output of the arguments can show it.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a value parser")]
pub(super) fn parse_secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}
