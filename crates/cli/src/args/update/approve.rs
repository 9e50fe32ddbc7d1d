//! `dhctl update approve`

use clap::{ArgGroup, Args};
use semver::Version;

use super::{ClusterArgs, ConsentArgs, parse_release};
use crate::args::OutputArgs;

/// `dhctl update approve`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("subject").args(["release", "node"]).required(true))]
pub struct ApproveArgs {
    /// The release, as v1.68.3
    #[arg(value_name = "VERSION", value_parser = parse_release)]
    pub release: Option<Version>,
    /// The release is one of this module
    #[arg(long, value_name = "NAME", requires = "release", conflicts_with = "disruption")]
    pub module: Option<String>,
    /// Approve what the release interrupts, where disruptionApprovalMode is Manual
    #[arg(long, requires = "release")]
    pub disruption: bool,
    /// Approve that this node is interrupted by its update (repeatable)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["module", "disruption", "apply_now"])]
    pub node: Vec<String>,
    /// Do not wait for windows, notifications and waves of the rollout
    #[arg(long, conflicts_with = "disruption")]
    pub apply_now: bool,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
