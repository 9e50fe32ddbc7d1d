//! Waiting for an update, as `update watch` and `update run` do: limits, and how a wait ends in words.

use std::sync::Arc;

use cluster::{
    ClusterState, duration,
    verdict::{Machine, Settings, Stage, Verdict},
};
use commands::ClusterFlags;
use tokio::{sync::watch, time::Instant};

use crate::{
    args::WaitArgs,
    exit_code::Exit,
    failure::Failure,
    watch::{End, Limits, Show, follow, subject},
};

pub(super) fn settings(args: &WaitArgs) -> Settings {
    Settings { settle: args.settle, stalled_after: args.stalled_after, patience: args.patience }
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
    flags: &ClusterFlags,
) -> Result<Verdict, Failure> {
    let (end, verdict) = follow(states, machine, show, limits, flags).await?;
    ended(Some(end), &verdict, limits)?;
    Ok(verdict)
}

/// Whether a wait goes on or was successful; every other end is a failure.
pub(super) fn ended(end: Option<End>, verdict: &Verdict, limits: Limits) -> Result<(), Failure> {
    match end {
        None | Some(End::Done) => Ok(()),
        Some(End::Failed | End::Stalled) => Err(trouble(verdict)),
        Some(End::TimeOver) => Err(time_over(verdict, limits)),
    }
}

/// The result of a wait that succeeded.
pub(super) fn done(verdict: &Verdict, args: &WaitArgs) -> String {
    let mut text = format!(
        "{}: done, everything has been quiet for {}\n",
        subject(verdict),
        duration::text(args.settle)
    );
    for unknown in &verdict.unknown {
        text += &format!("not looked at: {}: {}\n", unknown.source, unknown.why);
    }
    text
}

fn trouble(verdict: &Verdict) -> Failure {
    let mut message = format!("{}: {} while {}", subject(verdict), verdict.call.name(), verdict.stage.name());
    if let Some(diagnosis) = &verdict.diagnosis {
        message += &format!(": {}: {}", diagnosis.object, diagnosis.text);
    }
    with_hints(Failure::new(Exit::Cluster, message), verdict)
}

fn time_over(verdict: &Verdict, limits: Limits) -> Failure {
    let time = limits.timeout.map(duration::text).unwrap_or_default();
    let mut message = format!("the time of {time} is over: {}: {}", subject(verdict), verdict.call.name());
    if let Some(diagnosis) = &verdict.diagnosis {
        message += &format!(": {}: {}", diagnosis.object, diagnosis.text);
    } else if let Some(first) = verdict.waiting_for.first() {
        message += &format!(", waiting for {}: {}", first.object, first.text);
    }
    with_hints(Failure::new(Exit::Cluster, message), verdict)
}

fn with_hints(failure: Failure, verdict: &Verdict) -> Failure {
    let failure = match &verdict.diagnosis {
        Some(diagnosis) => failure.hint(diagnosis.remedy.clone()),
        None => failure,
    };
    failure.hint(match verdict.stage {
        Stage::NotStarted => {
            "the update has not begun, and an approval stays as it is; run the same command again to continue"
        }
        _ => "the update itself was not stopped; run the same command again to continue",
    })
}
