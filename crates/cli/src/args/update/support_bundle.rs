//! `dhctl update support-bundle`

use std::path::PathBuf;

use clap::Args;

use super::{ClusterArgs, ConsentArgs};
use crate::args::OutputArgs;

/// `dhctl update support-bundle`
#[derive(Debug, Args)]
pub struct SupportBundleArgs {
    /// File to write, a .tar.gz (mode 0600); it must not exist
    #[arg(short, long, value_name = "PATH", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Also add this log file of dhctl, written with --log-file (repeatable)
    #[arg(long, value_name = "PATH")]
    pub dhctl_log: Vec<PathBuf>,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// Only list what the bundle would contain, and what would be left out
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
