//! `dhctl mirror-modules …`. Names, short forms and variables of the documented flags are fixed by the
//! platform's documentation.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand, builder::FalseyValueParser};
use egress::Secret;
use oci::RepositoryUrl;

use super::{
    ConnectionArgs, ModuleChoiceArgs, OutputArgs, ReadBackArgs, TargetLoginArgs, mirror::parse_secret,
};
use crate::size_arg;

/// `dhctl mirror-modules`
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct MirrorModulesArgs {
    /// Commands beside pull and push.
    #[command(subcommand)]
    pub command: Option<MirrorModulesCommand>,
    /// Pull and push.
    #[command(flatten)]
    pub transfer: ModulesTransferArgs,
}

/// Commands below `dhctl mirror-modules`.
#[derive(Debug, Subcommand)]
pub enum MirrorModulesCommand {
    /// Read a registry back against modules: every tag, manifest and blob
    Verify(ModulesVerifyArgs),
}

/// Flags of pull and push.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("direction").required(true).args(["module_source", "registry"]))]
pub struct ModulesTransferArgs {
    /// The directory of the modules: written by a pull, read by a push, which also takes image layouts in
    /// directories as the older mirror-modules wrote them
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR", required = true)]
    pub modules_dir: Option<PathBuf>,

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
    /// Read the licence key from a file; "-" is standard input
    #[arg(conflicts_with = "registry", long, value_name = "FILE", help_heading = "Pull")]
    pub license_file: Option<PathBuf>,
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
    /// Start over: reuse neither what an interrupted pull left nor the archives that are there
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
        // `requires` alone is not enough: clap takes it for fulfilled where --registry could not be given.
        requires = "registry",
        conflicts_with = "module_source",
        short = 'o',
        long,
        value_name = "FILE",
        default_value = "module_source.yml",
        help_heading = "Private registry"
    )]
    pub out: PathBuf,
    /// Write --out over a file that is there
    #[arg(requires = "registry", conflicts_with = "module_source", long, help_heading = "Private registry")]
    pub force: bool,
    /// Push modules that lack some of what their own lists name; the exit code is still 3
    #[arg(requires = "registry", conflicts_with = "module_source", long, help_heading = "Private registry")]
    pub allow_incomplete: bool,
    /// Download and hash every blob that the registry has, and upload again what is damaged
    #[arg(requires = "registry", conflicts_with = "module_source", long, help_heading = "Private registry")]
    pub deep: bool,
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

impl ModulesTransferArgs {
    /// The directory; the parser lets nobody come here without one.
    pub fn directory(&self) -> &Path {
        self.modules_dir.as_deref().unwrap_or(Path::new(""))
    }
}

/// `dhctl mirror-modules verify`
#[derive(Debug, Args)]
pub struct ModulesVerifyArgs {
    /// The directory of the modules that the registry is compared with
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR")]
    pub modules_dir: PathBuf,
    /// The registry, and how to read it.
    #[command(flatten)]
    pub read_back: ReadBackArgs,
}
