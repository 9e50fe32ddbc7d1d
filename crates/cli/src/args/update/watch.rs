//! `update watch` and `update run`: waiting until an update is done.

use std::time::Duration;

use clap::Args;
use cluster::duration;
use semver::Version;

use super::{ClusterArgs, ConsentArgs, parse_release};
use crate::args::OutputArgs;

/// `update watch`.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Wait until the update to this release, or to a later one, is done; default: the approved release, or the deployed one if
    /// none is approved
    #[arg(long, value_name = "vX.Y.Z", value_parser = parse_release)]
    pub to: Option<Version>,
    /// How long to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `update run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Last release to update to; default: the newest one that the cluster has
    #[arg(long, value_name = "vX.Y.Z", value_parser = parse_release)]
    pub to: Option<Version>,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// Before each approval, check that the images of the release can be read in the registry that the cluster pulls from,
    /// with the cluster's own login. Reads each manifest and the last byte of each blob. Includes only the modules that the
    /// release requires (migratedModules). The release is approved only if everything that this cluster uses can be read
    #[arg(long)]
    pub check_images: bool,
    /// Do not wait for update windows, notification delays or gradual rollouts, even if the release is already approved
    #[arg(long)]
    pub apply_now: bool,
    /// Approve only if the last known etcd backup is younger than this, such as 12h or 1d. Releases that need
    /// no approval (update modes Auto and AutoPatch) are deployed without this condition
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub require_backup: Option<Duration>,
    /// How long to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, Args)]
pub struct WaitArgs {
    /// How long everything must be healthy before the update is done
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration::parse, help_heading = TIMES)]
    pub settle: Duration,
    /// Report a stage as stuck after this time without progress; default: 15m for switching, 30m for later stages
    #[arg(long, alias = "stalled-after", value_name = "TIME", value_parser = duration::parse, help_heading = TIMES)]
    pub stuck_after: Option<Duration>,
    /// End with exit code 7 if the update stays failed or stuck for this long; until then it may recover
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration::parse, help_heading = TIMES)]
    pub patience: Duration,
    /// End with exit code 7 if the whole update takes longer than this; default: no limit
    #[arg(long, value_name = "TIME", value_parser = duration::parse, help_heading = TIMES)]
    pub timeout: Option<Duration>,
}

/// The stages of an update, at the end of the help of the commands that show them.
const STAGES: &str = "\
Stages of an update:
  switching    the new pod is not running yet
  converging   the new pod is applying all modules for the first time
  propagating  modules, nodes or alerts are not up to date yet, or the settle time is not over";

/// The stages, and what follows in the help of each command.
pub(super) fn stages_and(end: &str) -> String {
    format!("{STAGES}\n\n{end}")
}

/// The four limits are shown together: each is measured from another moment.
const TIMES: &str = "Time limits (such as 90s, 15m, 2h or 1h30m)";
