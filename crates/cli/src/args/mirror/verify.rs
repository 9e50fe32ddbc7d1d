//! `dhctl mirror verify`

use clap::Args;

use super::{BundleInArgs, TargetArgs};
use crate::args::{ConnectionArgs, OutputArgs, RequiredModulesArgs, TargetLoginArgs};

/// `dhctl mirror verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The bundle that the registry is compared with.
    #[command(flatten)]
    pub bundle: BundleInArgs,
    /// Modules that may be missing.
    #[command(flatten)]
    pub required: RequiredModulesArgs,
    /// The registry, and how to read it.
    #[command(flatten)]
    pub read_back: ReadBackArgs,
}

/// A registry that is read back.
#[derive(Debug, Args)]
pub struct ReadBackArgs {
    /// Which registry.
    #[command(flatten)]
    pub target: TargetArgs,
    /// The login there.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// Download and hash every blob instead of reading its last byte
    #[arg(long, help_heading = "Private registry")]
    pub deep: bool,
    /// How to reach the registry.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}
