//! What a single observation shows of an update: whether something of it is running, and what cannot be read.
//!
//! A [`Machine`](super::Machine) needs several observations, because queues flicker and health has to last. Monitoring looks
//! once, so a short task of a periodic hook does not count here.

use jiff::Timestamp;
use problems::{Code, Fact, Kind, Object, Problem, QueueFact, ReleaseFact, SourceFact, WaitReason};

use super::{
    queues::{Queues, applies_modules},
    signal, sources,
    subject::{self, Subject},
    surroundings,
};
use crate::{ClusterState, Reading};

/// What is not settled: the platform's pod, queues, modules, node groups and nodes, alerts about an update, and an approved
/// release that the controller is about to deploy.
pub(crate) fn unsettled(state: &ClusterState, now: Timestamp) -> Vec<Problem> {
    let Subject { release, next } = subject::of(state, None);
    let is_known =
        release.is_some() || state.releases.known().is_none() || state.deployment.known().is_none();
    let of_release = release.map(|release| signal::of_platform(state, &release, &Queues::default(), now));
    let signals = of_release.into_iter().flatten().chain(surroundings::signals(state));
    // That the queues were not read several times is not their state.
    let mut all: Vec<Problem> =
        signals.map(|it| it.problem).filter(|problem| problem.code != Code::Queue).collect();
    if !is_known {
        all.push(signal::not_deployed(state, now));
    }
    all.extend(busy_queue(state));
    let next = next.map(|next| subject::reason(state, &next, now));
    all.extend(next.filter(|problem| !waits_for_time(problem)));
    all
}

/// The first queue whose tasks apply modules or fail.
pub(crate) fn busy_queue(state: &ClusterState) -> Option<Problem> {
    let queue = state.queue.known()?;
    let head = queue.heads.iter().find(|head| head.failures > 0 || applies_modules(head))?;
    let first = Some(head.description.clone());
    let fact = QueueFact::Busy { tasks: queue.tasks, first, failures: head.failures };
    Some(Problem::new(Code::Queue, Object::new(Kind::Queue, &*head.queue), fact))
}

/// Whether an approved release waits only for a time that its settings name: until then the cluster is idle.
fn waits_for_time(problem: &Problem) -> bool {
    let is_time = |reason: &WaitReason| {
        matches!(
            reason,
            WaitReason::Window { .. }
                | WaitReason::WindowOpen { .. }
                | WaitReason::Postponed { .. }
                | WaitReason::Notification { .. }
                | WaitReason::Cooldown { .. }
        )
    };
    matches!(&problem.fact, Fact::Release(ReleaseFact::Waits(reasons)) if reasons.iter().all(is_time))
}

/// What has to be known and cannot be read. What a cluster does not have is not needed, except the platform itself.
pub(crate) fn unreadable(state: &ClusterState) -> Vec<Problem> {
    let missing = sources::missing(state);
    let platform = sources::essential(&missing).filter(|problem| problem.code == Code::NoPlatform);
    let mut all: Vec<Problem> = platform.into_iter().chain(sources::waiting(&missing)).collect();
    let (others, object) = (Vec::new(), Object::any(Kind::ModuleConfig));
    all.extend(match &state.module_configs {
        Reading::Known(_) => None,
        Reading::NotNow { why, .. } => {
            let fact = SourceFact::NotNow { others, why: why.as_str().into() };
            Some(Problem::new(Code::NotNow, object, fact))
        }
        Reading::Absent(why) => {
            let fact = SourceFact::NotInCluster { why: why.as_str().into() };
            Some(Problem::new(Code::NoPlatform, object, fact))
        }
        Reading::Unreadable(why) => {
            let fact = SourceFact::Unreadable { others, why: why.to_string().into() };
            Some(Problem::new(Code::Unreadable, object, fact))
        }
    });
    all
}
