//! `update watch` and `update run`: waiting until an update is really done.

use std::time::Duration;

use clap::Args;
use cluster::duration;
use semver::Version;

use super::ClusterArgs;
use crate::args::OutputArgs;

/// `update watch`.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Wait until this release, or a later one, is deployed and settled; default: whatever is deployed or approved
    #[arg(long, value_name = "vX.Y.Z", value_parser = version)]
    pub to: Option<Version>,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `update run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Last release to go to; default: the newest one that the cluster has
    #[arg(long, value_name = "vX.Y.Z", value_parser = version)]
    pub to: Option<Version>,
    /// Approve without asking
    #[arg(long)]
    pub yes: bool,
    /// Approve so that update windows, notification delays and gradual rollouts are not waited for (apply-now)
    #[arg(long)]
    pub apply_now: bool,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, Args)]
pub struct WaitArgs {
    /// End with exit code 7 if it is not done after this time, as 90s, 2h, 1h30m; default: no limit
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// How long everything must have been quiet before "done" is believed
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration::parse)]
    pub settle: Duration,
    /// Call a stage stalled when nothing has changed for this time; default: 15m for switching, 30m later
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub stalled_after: Option<Duration>,
    /// End with exit code 7 when it has been failed or stalled for this time; until then it may heal
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration::parse)]
    pub patience: Duration,
}

/// A release as it is typed: `v1.71.3`, or without the `v`.
fn version(text: &str) -> Result<Version, String> {
    let tag = if text.starts_with('v') { text.to_owned() } else { format!("v{text}") };
    deckhouse::version::parse_tag(&tag).ok_or_else(|| "expected a release as v1.71.3".to_owned())
}
