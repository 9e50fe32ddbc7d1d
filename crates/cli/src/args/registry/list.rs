//! `dhctl registry list`

use clap::Args;
use oci::RepositoryUrl;
use semver::Version;

use super::UsingClustersArgs;
use crate::args::{ConnectionArgs, OutputArgs, TargetLoginArgs, update::parse_release};

/// `dhctl registry list`
#[derive(Debug, Args)]
#[command(mut_arg("registry_login", |arg| arg.help("Login for the registries")))]
#[command(mut_arg("registry_password", |arg| arg.help("Password for the registries")))]
#[command(mut_arg("registry_password_file", |arg| {
    arg.help("Read the password for the registries from a file; \"-\" is standard input")
}))]
pub struct ListArgs {
    /// Private registries, HOST[:PORT]/PATH; several are read in one call
    #[arg(value_name = "REGISTRY", required = true)]
    pub registries: Vec<RepositoryUrl>,
    /// Read only this release, vX.Y.Z, and the channels that point to it (repeatable); modules, packages and databases
    /// are left out
    #[arg(long, value_name = "VERSION", value_parser = parse_release)]
    pub release: Vec<Version>,
    /// The clusters that the registries are compared with.
    #[command(flatten)]
    pub clusters: UsingClustersArgs,
    /// The login at the registries.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach the registries.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}
