//! Carrying out what was confirmed, one write at a time, and nothing else.
//!
//! Before each write it is decided once more on the cluster as it is then. So somebody else's change in between is
//! noticed, and a write that arrived although its answer did not is not made twice.

use std::time::Duration;

use super::{Preparation, PrepareError, Step, Wish, preflight::preflight, steps, wait_until_idle};
use crate::{
    ClusterState, Error, Patience, Reading,
    access::Cluster,
    change::{Change, Run},
    read,
};

/// How often in a row an object may change under our hands before it is given up.
const ATTEMPTS: u32 = 5;

/// What happens while a cluster is prepared.
#[derive(Debug)]
pub enum Told<'a> {
    /// A change was made.
    Changed(&'a Change),
    /// The platform is waited for until its queue is idle.
    Settling,
    /// Something that passes is waited out.
    Waiting(&'a str),
    /// A webhook does not say beforehand whether it takes a change; why.
    NotAsked(&'a str),
}

/// Who is told.
pub type Tell<'a> = dyn FnMut(&Told<'_>) + Send + 'a;

/// Reads what the decision needs, and decides. What passes by itself is waited out for `limit`.
pub async fn decide(
    cluster: &Cluster,
    wish: &Wish,
    limit: Duration,
    tell: &mut Tell<'_>,
) -> Result<Preparation, PrepareError> {
    let mut waiting = |why: &str| tell(&Told::Waiting(why));
    let needs = |state: &ClusterState| {
        let readings = [state.deployment.passing(), state.module_configs.passing(), state.releases.passing()];
        readings.into_iter().flatten().next().map(str::to_owned)
    };
    let state = Patience::new(limit).read(cluster, &mut waiting, needs).await.map_err(PrepareError::Read)?;
    steps(&state, wish)
}

/// Makes the changes of `confirmed` that are still to be made. Nothing is written if the cluster would refuse one of them.
pub async fn carry_out(
    cluster: &Cluster,
    wish: &Wish,
    confirmed: &Preparation,
    limit: Duration,
    tell: &mut Tell<'_>,
) -> Result<(), PrepareError> {
    let queue = read::queue(cluster).await;
    if confirmed.steps.iter().any(|step| step.settles) && queue.passing().is_none() {
        // Known before anything is written: it could not be told afterwards whether the platform has come to rest.
        queue.required("the queue")?;
    }
    preflight(cluster, confirmed, limit, tell).await?;
    if confirmed.continues {
        // The run that was stopped may have been stopped while it waited.
        settle(cluster, limit, tell).await?;
    }
    let mut done: Vec<Change> = Vec::new();
    let mut conflicts = 0;
    loop {
        let left = decide(cluster, wish, limit, tell).await?.steps;
        let Some(step) = left.first() else { return Ok(()) };
        let is_confirmed =
            |step: &&Step| confirmed.steps.iter().any(|it| it.change.writes_the_same(&step.change));
        if let Some(strange) = left.iter().find(|step| !is_confirmed(step)) {
            return Err(PrepareError::Changed { object: strange.change.object() });
        }
        if done.iter().any(|it| it.writes_the_same(&step.change)) {
            return Err(PrepareError::TakenBack { object: step.change.object() });
        }
        let sent = {
            let mut waiting = |why: &str| tell(&Told::Waiting(why));
            let send = || step.change.send(cluster, &step.guard, Run::Real);
            Patience::new(limit).wait_out(&mut waiting, send).await
        };
        match sent {
            Ok(()) => conflicts = 0,
            // Changed or made by somebody else in this moment, or already gone: decided once more.
            Err(Error::Conflict(_) | Error::NotFound(_)) if conflicts < ATTEMPTS => {
                conflicts += 1;
                continue;
            }
            Err(error) => return Err(PrepareError::Write { object: step.change.object(), error }),
        }
        tell(&Told::Changed(&step.change));
        done.push(step.change.clone());
        if step.settles {
            settle(cluster, limit, tell).await?;
        }
    }
}

/// Waits, where nothing is left to change, for what was changed before. Whether the queue is busy may be not known: then
/// there is nothing to wait for.
pub async fn come_to_rest(
    cluster: &Cluster,
    limit: Duration,
    tell: &mut Tell<'_>,
) -> Result<(), PrepareError> {
    match read::queue(cluster).await {
        Reading::Known(queue) if queue.tasks > 0 => settle(cluster, limit, tell).await,
        Reading::NotNow { .. } => settle(cluster, limit, tell).await,
        _ => Ok(()),
    }
}

async fn settle(cluster: &Cluster, limit: Duration, tell: &mut Tell<'_>) -> Result<(), PrepareError> {
    tell(&Told::Settling);
    wait_until_idle(limit, || read::queue(cluster)).await
}
