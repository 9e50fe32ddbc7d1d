//! `dhctl mirror-modules …`. Names, short forms and variables of the documented flags are fixed by the
//! platform's documentation.

use std::path::PathBuf;

use clap::{ArgGroup, Args, builder::FalseyValueParser};
use egress::Secret;
use oci::RepositoryUrl;

use super::{ConnectionArgs, ModuleChoiceArgs, OutputArgs, TargetLoginArgs, mirror::parse_secret};
use crate::size_arg;

/// `dhctl mirror-modules`
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("direction").required(true).args(["module_source", "registry"]))]
pub struct MirrorModulesArgs {
    /// The directory of the modules' archives: written by a pull, read by a push
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR")]
    pub modules_dir: PathBuf,

    /// `ModuleSource` manifest of the modules to pull; makes the command a pull
    #[arg(
        short = 'm',
        long,
        env = "DHCTL_CLI_MIRROR_MODULES_SOURCE",
        value_name = "FILE",
        help_heading = "Pull"
    )]
    pub module_source: Option<PathBuf>,
    /// Login for the source; wins over that of the manifest. None of these has a variable: what is set for
    /// the platform's registry must not go to another one
    #[arg(conflicts_with = "registry", long, value_name = "LOGIN", help_heading = "Pull")]
    pub source_login: Option<String>,
    /// Password for the source
    #[arg(conflicts_with = "registry", long, value_parser = parse_secret, value_name = "PASSWORD", help_heading = "Pull")]
    pub source_password: Option<Secret>,
    /// Read the password for the source from a file; "-" is standard input
    #[arg(
        conflicts_with_all = ["registry", "source_password"],
        long,
        value_name = "FILE",
        help_heading = "Pull"
    )]
    pub source_password_file: Option<PathBuf>,
    /// Licence key: stands for login "license-token" with this password
    #[arg(conflicts_with = "registry", short = 'l', long, value_parser = parse_secret, value_name = "KEY", help_heading = "Pull")]
    pub license: Option<Secret>,
    /// Which modules.
    #[command(flatten)]
    pub modules: ModuleChoiceArgs,
    /// Cut each archive into parts of this size, which none exceeds: a number of GiB, or as 200MB, 4GiB,
    /// fat32
    #[arg(
        short = 'c',
        long,
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE",
        value_name = "SIZE",
        value_parser = size_arg::parse,
        help_heading = "Pull"
    )]
    pub images_bundle_chunk_size: Option<u64>,
    /// Write the GOST R 34.11-2012 sum of each archive, and of each part, to .gostsum files
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_DO_GOST_DIGESTS",
        value_parser = FalseyValueParser::new(),
        help_heading = "Pull"
    )]
    pub gost_digest: bool,
    /// Start afresh: use neither what an interrupted pull left nor the archives that are there
    #[arg(conflicts_with = "registry", long, help_heading = "Pull")]
    pub no_pull_resume: bool,
    /// Only tell what would be pulled
    #[arg(conflicts_with = "registry", long, help_heading = "Pull")]
    pub dry_run: bool,

    /// Private registry to push to, as HOST[:PORT]/PATH, modules directly below; makes the command a push
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        conflicts_with = "module_source",
        help_heading = "Private registry"
    )]
    pub registry: Option<RepositoryUrl>,
    /// Where to write the `ModuleSource` manifest for the cluster; it holds the login
    #[arg(
        requires = "registry",
        short = 'o',
        long,
        value_name = "FILE",
        default_value = "module_source.yml",
        help_heading = "Private registry"
    )]
    pub out: PathBuf,
    /// Write --out over a file that is there
    #[arg(requires = "registry", long, help_heading = "Private registry")]
    pub force: bool,
    /// Who we are to it.
    #[command(flatten)]
    pub login: TargetLoginArgs,

    /// How to reach the registries.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}
