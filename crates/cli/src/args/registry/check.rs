//! `dhctl registry check`

use clap::{Args, ValueEnum};
use oci::RepositoryUrl;

use crate::args::{ConnectionArgs, OutputArgs, TargetLoginArgs};

/// `dhctl registry check`
#[derive(Debug, Args)]
#[command(mut_arg("registry_login", |arg| arg.help("Login for the registry")))]
#[command(mut_arg("registry_password", |arg| arg.help("Password for the registry")))]
#[command(mut_arg("registry_password_file", |arg| {
    arg.help("Read the password for the registry from a file; \"-\" is standard input")
}))]
pub struct CheckArgs {
    /// The registry and the path of the distribution in it, HOST[:PORT]/PATH
    #[arg(value_name = "REGISTRY")]
    pub registry: RepositoryUrl,
    /// What the registry is to be used for: a push from this machine, or a cluster, which only reads
    #[arg(long = "for", value_enum, default_value_t = CheckPurpose::Push, value_name = "USE")]
    pub purpose: CheckPurpose,
    /// Write an image under the tag dhctl-check, overwrite it, try the manifest types of a push, and delete all of it
    #[arg(long)]
    pub write_test: bool,
    /// The login there.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach the registry.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What a registry is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckPurpose {
    /// A push from this machine.
    Push,
    /// A cluster.
    Cluster,
}
