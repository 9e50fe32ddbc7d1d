//! `dhctl update approve`

use std::time::Duration;

use clap::{ArgGroup, Args};
use cluster::duration;
use semver::Version;

use super::{ClusterArgs, ConsentArgs, parse_release};
use crate::args::OutputArgs;

/// `dhctl update approve`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("subject").args(["release", "node"]).required(true))]
pub struct ApproveArgs {
    /// Release to approve, such as v1.68.3
    #[arg(value_name = "VERSION", value_parser = parse_release)]
    pub release: Option<Version>,
    /// Approve a release of this module instead of the platform
    #[arg(long, value_name = "NAME", requires = "release", conflicts_with = "disruption")]
    pub module: Option<String>,
    /// Approve the disruptions of the release, if disruptionApprovalMode is Manual
    #[arg(long, requires = "release")]
    pub disruption: bool,
    /// Approve the disruption of this node (repeatable): the platform may drain and reboot it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["module", "disruption", "apply_now"])]
    pub node: Vec<String>,
    /// Deploy the release immediately, without waiting for update windows, notification delays or gradual rollouts
    #[arg(long, conflicts_with = "disruption")]
    pub apply_now: bool,
    /// Approve only if the last known etcd backup is younger than this, such as 12h or 1d
    #[arg(long, value_name = "TIME", value_parser = duration::parse, requires = "release", conflicts_with = "module")]
    pub require_backup: Option<Duration>,
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
