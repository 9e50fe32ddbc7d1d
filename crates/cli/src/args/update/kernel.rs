//! `dhctl update kernel`

use clap::Args;
use cluster::kernel::KernelVersion;

use super::{ChangeArgs, ClusterArgs};
use crate::args::OutputArgs;

/// `dhctl update kernel`
#[derive(Debug, Args)]
pub struct KernelArgs {
    /// Node group whose nodes get the kernel (repeatable)
    #[arg(long, value_name = "NAME", required = true)]
    pub node_group: Vec<String>,
    /// Kernel version as `uname -r` prints it, such as 5.15.0-53-generic
    #[arg(long, value_name = "VERSION")]
    pub version: KernelVersion,
    /// Check whether all nodes of the groups run it; changes nothing
    #[arg(long, conflicts_with_all = ["yes", "dry_run"])]
    pub check: bool,
    /// Changes.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
