//! Carrying out what was confirmed, one write at a time, and nothing else.
//!
//! Each write is preceded by a new decision on the cluster as it is then. So a change that somebody else makes in
//! between is noticed, and a write whose answer was lost is not repeated.

use std::time::Duration;

use super::{
    Preparation, PrepareError, PrepareSettings, preflight::preflight, steps, steps::left_to_write,
    wait_until_idle,
};
use crate::{
    ClusterState, Error, Reading, WaitPolicy,
    access::Cluster,
    change::{Change, Run},
    read,
};

/// How often in a row an object may change between reading and writing.
const ATTEMPTS: u32 = 5;

/// What happens while a cluster is prepared.
#[derive(Debug)]
pub enum PrepareEvent<'a> {
    /// A change was written.
    Written(&'a Change),
    /// Waiting until the platform's queue is empty.
    WaitingForQueue,
    /// Waiting for something temporary; why.
    Waiting(&'a str),
    /// A webhook does not support dry runs, so only the write shows whether it accepts the change; why.
    NotAsked(&'a str),
}

/// Receives the events.
pub type OnEvent<'a> = dyn FnMut(&PrepareEvent<'_>) + Send + 'a;

/// Reads what the decision needs, and decides. Waits up to `limit` for what is temporary.
pub async fn decide(
    cluster: &Cluster,
    settings: &PrepareSettings,
    limit: Duration,
    on_event: &mut OnEvent<'_>,
) -> Result<Preparation, PrepareError> {
    let mut waiting = |why: &str| on_event(&PrepareEvent::Waiting(why));
    let needs = |state: &ClusterState| {
        let readings = [state.deployment.passing(), state.module_configs.passing(), state.releases.passing()];
        readings.into_iter().flatten().next().map(str::to_owned)
    };
    let state =
        WaitPolicy::new(limit).read(cluster, &mut waiting, needs).await.map_err(PrepareError::Read)?;
    steps(&state, settings)
}

/// Makes the changes of `confirmed` that are still missing. Writes nothing if the cluster would refuse one of them.
pub async fn carry_out(
    cluster: &Cluster,
    settings: &PrepareSettings,
    confirmed: &Preparation,
    limit: Duration,
    on_event: &mut OnEvent<'_>,
) -> Result<(), PrepareError> {
    let queue = read::queue(cluster).await;
    if confirmed.steps.iter().any(|step| step.settles) && queue.passing().is_none() {
        // Checked before anything is written: without it nobody could say afterwards whether the queue is empty.
        queue.required("the queue")?;
    }
    preflight(cluster, confirmed, limit, on_event).await?;
    if confirmed.continues {
        // The run that was stopped may have been stopped while it waited.
        settle(cluster, limit, on_event).await?;
    }
    let settings = &settings.continuing(&confirmed.steps);
    let mut done: Vec<Change> = Vec::new();
    let mut conflicts = 0;
    loop {
        let decided = decide(cluster, settings, limit, on_event).await?.steps;
        let left = left_to_write(decided, &confirmed.steps);
        let Some(step) = left.first() else { return Ok(()) };
        if let Some(other) = left.iter().find(|step| !step.is_among(&confirmed.steps)) {
            return Err(PrepareError::Changed { object: other.change.object() });
        }
        if done.iter().any(|it| it.writes_the_same(&step.change)) {
            return Err(PrepareError::Reverted { object: step.change.object() });
        }
        let sent = {
            let mut waiting = |why: &str| on_event(&PrepareEvent::Waiting(why));
            let send = || step.change.send(cluster, &step.guard, Run::Real);
            WaitPolicy::new(limit).retry(&mut waiting, send).await
        };
        match sent {
            Ok(()) => conflicts = 0,
            // Changed or created by somebody else in this moment, or deleted: decide again.
            Err(Error::Conflict(_) | Error::NotFound(_)) if conflicts < ATTEMPTS => {
                conflicts += 1;
                continue;
            }
            Err(error) => return Err(PrepareError::Write { object: step.change.object(), error }),
        }
        on_event(&PrepareEvent::Written(&step.change));
        done.push(step.change.clone());
        if step.settles {
            settle(cluster, limit, on_event).await?;
        }
    }
}

/// Waits, where nothing is left to change, for the effects of earlier changes. If the queue cannot be read, it does not
/// wait.
pub async fn wait_if_busy(
    cluster: &Cluster,
    limit: Duration,
    on_event: &mut OnEvent<'_>,
) -> Result<(), PrepareError> {
    match read::queue(cluster).await {
        Reading::Known(queue) if queue.tasks > 0 => settle(cluster, limit, on_event).await,
        Reading::NotNow { .. } => settle(cluster, limit, on_event).await,
        _ => Ok(()),
    }
}

async fn settle(cluster: &Cluster, limit: Duration, on_event: &mut OnEvent<'_>) -> Result<(), PrepareError> {
    on_event(&PrepareEvent::WaitingForQueue);
    wait_until_idle(limit, || read::queue(cluster)).await
}
