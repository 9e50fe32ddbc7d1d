//! Waiting for an update: observes the cluster until the verdict ends the wait.

use std::{sync::Arc, time::Duration};

use cluster::{
    ClusterState,
    verdict::{Call, Machine, Verdict, were_tried},
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, Interval},
};

use super::Show;
use crate::{exit_code::Exit, failure::Failure};

/// The verdict depends on the time, so the cluster is observed also when nothing has changed.
const TICK: Duration = Duration::from_secs(1);

/// How long the first observation waits until each source was read. After that, an API that hangs is reported.
const START: Duration = Duration::from_secs(3);

/// How a wait ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum End {
    /// What was waited for is done.
    Done,
    /// Failed, and has been for too long.
    Failed,
    /// Stalled, and has been for too long.
    Stalled,
    /// The time that the user gave is over.
    TimeOver,
}

/// When a wait is over without being done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The end of the time that the user gave.
    pub(crate) deadline: Option<Instant>,
    /// That time, for the message.
    pub(crate) timeout: Option<Duration>,
}

impl Limits {
    /// Whether the time that the user gave is over.
    pub(crate) fn are_over(self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Consecutive observations of the cluster.
#[derive(Debug)]
pub(crate) struct Observations {
    states: watch::Receiver<Arc<ClusterState>>,
    ticks: Interval,
    /// Until when the first observation waits; `None` after it.
    start: Option<Instant>,
}

impl Observations {
    pub(crate) fn at(states: watch::Receiver<Arc<ClusterState>>) -> Self {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { states, ticks, start: Some(Instant::now() + START) }
    }

    /// Makes the next observation immediate.
    pub(crate) fn observe_now(&mut self) {
        self.ticks.reset_immediately();
    }

    /// The first observation when each source was read, each further one when something has changed, a second has passed,
    /// or the time is over.
    pub(crate) async fn next(&mut self, limits: Limits) -> Result<(Arc<ClusterState>, Timestamp), Failure> {
        if let Some(end) = self.start {
            tokio::select! {
                read = self.states.wait_for(|state| were_tried(state)) => drop(read.map_err(|_| gone())?),
                () = tokio::time::sleep_until(end) => {}
                () = until(limits.deadline) => {}
            }
            self.start = None;
        } else {
            tokio::select! {
                changed = self.states.changed() => changed.map_err(|_| gone())?,
                _ = self.ticks.tick() => {}
                () = until(limits.deadline) => {}
            }
        }
        let state = self.states.borrow_and_update().clone();
        // Milliseconds are enough for the reports.
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default();
        Ok((state, now))
    }
}

/// Waits until the update is done, or until the wait ends without that.
pub(crate) async fn follow(
    states: watch::Receiver<Arc<ClusterState>>,
    machine: &mut Machine,
    show: &mut Show,
    limits: Limits,
) -> Result<(End, Verdict), Failure> {
    let mut observations = Observations::at(states);
    loop {
        let (state, now) = observations.next(limits).await?;
        let verdict = machine.observe(&state, now);
        let end = end(&verdict, limits);
        show.verdict(&state, &verdict, end, now)?;
        if let Some(end) = end {
            return Ok((end, verdict));
        }
    }
}

/// Whether this verdict ends a wait.
pub(crate) fn end(verdict: &Verdict, limits: Limits) -> Option<End> {
    match verdict.call {
        Call::Done => Some(End::Done),
        Call::Failed if verdict.gives_up => Some(End::Failed),
        Call::Stalled if verdict.gives_up => Some(End::Stalled),
        _ => limits.are_over().then_some(End::TimeOver),
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The task that reads the cluster has ended: a fault of ours.
fn gone() -> Failure {
    Failure::new(Exit::Internal, "the task that reads the cluster has ended")
}

#[cfg(test)]
mod tests {
    use cluster::Reading;

    use super::*;

    const NONE: Limits = Limits { deadline: None, timeout: None };

    #[tokio::test]
    async fn the_first_view_waits_for_all_sources_up_to_a_limit() {
        let (sender, states) = watch::channel(Arc::new(ClusterState::default()));
        let observations = |start| Observations { start: Some(start), ..Observations::at(states.clone()) };
        let soon = Instant::now() + Duration::from_millis(50);
        observations(soon).next(NONE).await.unwrap();
        assert!(Instant::now() >= soon, "nothing answers");
        let never = Instant::now() + Duration::from_hours(1);
        let over = Limits { deadline: Some(Instant::now()), timeout: None };
        observations(never).next(over).await.unwrap();

        let mut state = ClusterState::default();
        macro_rules! away {
            ($($source:ident),*) => {
                $(state.$source = Reading::NotNow { last: None, why: "does not answer".to_owned() };)*
            };
        }
        away!(releases, module_configs, deployment, pods, queue, converge, alerts, modules, node_groups);
        away!(applications, cluster_applications);
        sender.send(Arc::new(state.clone())).unwrap();
        state.nodes = Reading::Known(Vec::new());
        let mut observations = observations(never);
        let send = async { sender.send(Arc::new(state)).unwrap() };
        let (first, ()) = tokio::join!(observations.next(NONE), send);
        assert!(first.unwrap().0.nodes.known().is_some());
        observations.next(NONE).await.unwrap();
    }
}
