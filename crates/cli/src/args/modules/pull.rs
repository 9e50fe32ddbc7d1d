//! `dhctl mirror-modules pull`

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

use std::path::PathBuf;

use clap::{Args, builder::FalseyValueParser};
use egress::Secret;

use super::ModuleChoiceArgs;
use crate::{
    args::{ConnectionArgs, OutputArgs, login::parse_secret},
    size_arg,
};

/// `dhctl mirror-modules pull`
#[derive(Debug, Args)]
pub struct ModulesPullArgs {
    /// Directory to write the modules to; created if it does not exist
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR")]
    pub modules_dir: PathBuf,
    /// ModuleSource manifest of the modules to pull
    #[arg(
        short = 'm',
        long,
        env = "DHCTL_CLI_MIRROR_MODULES_SOURCE",
        value_name = "FILE",
        help_heading = "Source (pull)"
    )]
    pub module_source: PathBuf,
    /// What is pulled.
    #[command(flatten)]
    pub flags: ModulesPullFlags,
    /// How to reach the source.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Flags of a pull of modules, in both forms of the command.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub struct ModulesPullFlags {
    /// User name for the source; takes precedence over the one in the manifest. The flags for this login have no variables,
    /// so that the login of the platform's registry is not sent to another one
    #[arg(long, value_name = "LOGIN", help_heading = "Source (pull)")]
    pub source_login: Option<String>,
    /// Password for the source
    #[arg(long, value_parser = parse_secret, value_name = "PASSWORD", help_heading = "Source (pull)")]
    pub source_password: Option<Secret>,
    /// Read the password for the source from a file; "-" is standard input
    #[arg(conflicts_with = "source_password", long, value_name = "FILE", help_heading = "Source (pull)")]
    pub source_password_file: Option<PathBuf>,
    /// License key: the password of the user "license-token"
    #[arg(short = 'l', long, value_parser = parse_secret, value_name = "KEY", help_heading = "Source (pull)")]
    pub license: Option<Secret>,
    /// Read the license key from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Source (pull)")]
    pub license_file: Option<PathBuf>,
    /// Which modules.
    #[command(flatten)]
    pub modules: ModuleChoiceArgs,
    /// Leave out signatures, SBOMs and other objects that are attached to images. Attestations (VEX, tags .att) are still
    /// pulled
    #[arg(long, help_heading = "Modules (pull)")]
    pub no_signatures: bool,
    /// Leave out the attestations of images (VEX)
    #[arg(long, visible_alias = "skip-vex-images", help_heading = "Modules (pull)")]
    pub no_vex: bool,
    /// Split each archive into parts of at most this size: a number of GiB, or a size such as 200MB, 4GiB or fat32
    #[arg(
        short = 'c',
        long,
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE",
        value_name = "SIZE",
        value_parser = size_arg::parse,
        help_heading = "Archives (pull)"
    )]
    pub images_bundle_chunk_size: Option<u64>,
    /// Write GOST R 34.11-2012 checksums of each archive and of each part to .gostsum files
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_DO_GOST_DIGESTS",
        value_parser = FalseyValueParser::new(),
        help_heading = "Archives (pull)"
    )]
    pub gost_digest: bool,
    /// Start over: reuse neither the data of an interrupted pull nor existing archives
    #[arg(long, help_heading = "Archives (pull)")]
    pub no_pull_resume: bool,
    /// Only print what would be pulled
    #[arg(long, help_heading = "Archives (pull)")]
    pub dry_run: bool,
}
