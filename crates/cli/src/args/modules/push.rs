//! `dhctl mirror-modules push`

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

use std::path::PathBuf;

use clap::Args;
use oci::RepositoryUrl;

use crate::args::{ConnectionArgs, OutputArgs, TargetLoginArgs};

/// `dhctl mirror-modules push`
#[derive(Debug, Args)]
pub struct ModulesPushArgs {
    /// Directory of the modules. Image layouts in directories, as older versions of mirror-modules wrote them, are
    /// accepted too
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR")]
    pub modules_dir: PathBuf,
    /// Private registry, HOST[:PORT]/PATH; each module is a repository directly below
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: RepositoryUrl,
    /// How to push.
    #[command(flatten)]
    pub flags: ModulesPushFlags,
    /// The login there.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Flags of a push of modules, in both forms of the command.
#[derive(Debug, Args)]
pub struct ModulesPushFlags {
    /// Where to write the ModuleSource manifest for the cluster; it contains the login
    #[arg(
        short = 'o',
        long,
        value_name = "FILE",
        default_value = "module_source.yml",
        help_heading = "Private registry"
    )]
    pub out: PathBuf,
    /// Replace the file of --out if it exists
    #[arg(long, help_heading = "Private registry")]
    pub force: bool,
    /// Push modules even if objects that they refer to are missing; the exit code is still 3
    #[arg(long, help_heading = "Private registry")]
    pub allow_incomplete: bool,
    /// Download and hash every blob that the registry already has, and upload damaged ones again
    #[arg(long, help_heading = "Private registry")]
    pub deep: bool,
}
