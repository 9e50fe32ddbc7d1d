//! `dhctl mirror push`

use std::path::PathBuf;

use clap::Args;
use oci::RepositoryUrl;

use crate::{
    args::{ConnectionArgs, OutputArgs, RequiredModulesArgs, TargetLoginArgs},
    expected_sum::ExpectedSum,
};

/// `dhctl mirror push`
#[derive(Debug, Args)]
pub struct PushArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: BundleInArgs,
    /// Where to push.
    #[command(flatten)]
    pub target: TargetArgs,
    /// How to push.
    #[command(flatten)]
    pub flags: PushFlags,
    /// Modules that may be missing.
    #[command(flatten)]
    pub required: RequiredModulesArgs,
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

/// A bundle that is read.
#[derive(Debug, Args)]
pub struct BundleInArgs {
    /// The bundle, by the name of the whole file even if it is in parts; or a directory of archives, as
    /// "d8 mirror pull" writes them. If its parts are in several directories, repeat the flag, once for each directory
    #[arg(short = 'i', long, env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE", value_name = "FILE", required = true)]
    pub images_bundle_path: Vec<PathBuf>,
}

/// A registry that is pushed to or read back.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// Private registry, HOST[:PORT]/PATH
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: RepositoryUrl,
}

/// Flags of a push, in both forms of the command.
#[derive(Debug, Args)]
pub struct PushFlags {
    /// Push a bundle even if objects that it refers to are missing; the exit code is still 3
    #[arg(long, help_heading = "Private registry")]
    pub allow_incomplete: bool,
    /// Push only if the bundle and the files next to it have this sum, which the pull printed: 64 hexadecimal digits,
    /// with or without spaces
    #[arg(long, value_name = "SUM", help_heading = "Private registry")]
    pub expect_sum: Option<ExpectedSum>,
    /// Download and hash every blob that the registry already has, and upload damaged ones again
    #[arg(long, help_heading = "Private registry")]
    pub deep: bool,
}
