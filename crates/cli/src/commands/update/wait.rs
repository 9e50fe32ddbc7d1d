//! Waiting for an update, as `update watch` and `update run` do: limits, and how a wait ends.

use std::sync::Arc;

use cluster::{
    ClusterState,
    verdict::{Machine, Settings, Verdict},
};
use commands::ClusterFlags;
use tokio::{sync::watch, time::Instant};

use crate::{
    args::WaitArgs,
    exit_code::Exit,
    failure::Failure,
    watch::{End, Limits, Show, follow},
    words::verdict::{self, source_name},
};

pub(super) fn settings(args: &WaitArgs) -> Settings {
    Settings { settle: args.settle, stalled_after: args.stuck_after, problem_limit: args.patience }
}

/// The time that the user gave begins now.
pub(super) fn limits(args: &WaitArgs) -> Limits {
    Limits { deadline: args.timeout.map(|timeout| Instant::now() + timeout), timeout: args.timeout }
}

/// Waits until it is done; every other end is a failure.
pub(super) async fn until_done(
    states: watch::Receiver<Arc<ClusterState>>,
    machine: &mut Machine,
    show: &mut Show,
    limits: Limits,
) -> Result<Verdict, Failure> {
    let (end, verdict) = follow(states, machine, show, limits).await?;
    ended(Some(end), &verdict, limits)?;
    Ok(verdict)
}

/// Whether a wait continues or was successful; every other end is a failure.
pub(super) fn ended(end: Option<End>, verdict: &Verdict, limits: Limits) -> Result<(), Failure> {
    match end {
        None | Some(End::Done) => Ok(()),
        Some(End::Failed | End::Stalled) => Err(Failure::of_block(Exit::Cluster, verdict::trouble(verdict))),
        Some(End::TimeOver) => {
            Err(Failure::of_block(Exit::Cluster, verdict::time_over(verdict, limits.timeout)))
        }
    }
}

/// The result of a wait that succeeded. `flags`: how commands name the cluster.
pub(super) fn done(verdict: &Verdict, args: &WaitArgs, flags: &ClusterFlags) -> String {
    let mut text = verdict::done(verdict, args.settle).addressed(flags).to_string();
    for unknown in &verdict.unknown {
        text += &format!("not checked: {}: {}\n", source_name(unknown.source), unknown.why);
    }
    text
}
