//! The next step towards a release.
//!
//! It is done only while the cluster is healthy ([`Runner`](super::Runner)). What is next is decided by
//! [`release_order`](crate::release_order), which is stricter than the controller.

use deckhouse::version::minor_of;
use problems::{Advice, ClusterFact, Code, Fact, Kind, Object, PrepareFor, Problem, ReleaseFact, SourceFact};
use semver::Version;

use super::{Blocked, blockers};
use crate::{
    ClusterState, Reading,
    approve::{APPLY_NOW, Timing},
    holds,
    minors::{minors_ahead, needs_no_approval},
    objects::{DeckhousePod, ModuleConfig, Release},
    plan::ALL_AT_ONCE_FROM,
    release_order::{Position, ReleaseOrder, instead_of_suspended},
};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Approve exactly this release, or set what is missing for it to be applied immediately.
    Approve(Version),
    /// This release is approved, or needs no approval: the platform deploys it.
    Watch(Version),
    /// Nothing can be decided currently, and that passes; why.
    Wait(Box<Problem>),
    /// The cluster has reached the target.
    Finished,
    /// Somebody has to do something first.
    Blocked(Box<Blocked>),
}

/// The next step towards `to`, or towards the newest release that the cluster has.
pub fn next(state: &ClusterState, to: Option<&Version>, timing: Timing) -> Step {
    attempt(state, to, timing).unwrap_or_else(|step| step)
}

/// The error is a step, too: what prevents the decision.
fn attempt(state: &ClusterState, to: Option<&Version>, timing: Timing) -> Result<Step, Step> {
    let releases = read(Object::any(Kind::DeckhouseRelease), &state.releases)?;
    let config = config(state)?;
    let settings = config.map(ModuleConfig::update_settings).unwrap_or_default();
    let order = ReleaseOrder::of(releases);
    let Some(deployed) = order.deployed_version() else {
        return Err(wait(Object::any(Kind::DeckhouseRelease), ReleaseFact::NoneDeployed));
    };
    if to.is_some_and(|to| to <= deployed) {
        return Ok(Step::Finished);
    }
    if let (Some(lower), Some(other)) = (order.deployed, order.also_deployed.first()) {
        let fact = ReleaseFact::TwoDeployed { lower: lower.name.clone(), other: other.name.clone() };
        return Err(wait(Object::new(Kind::DeckhouseRelease, &*lower.name), fact));
    }
    let lts = state.is_lts();
    let first = order.chain().into_iter().next();
    let Some((release, version)) = first.and_then(|it| it.version.as_ref().map(|version| (it, version)))
    else {
        return match to {
            Some(to) => Err(not_next(order.position(to, lts), to)),
            None => Ok(Step::Finished),
        };
    };
    // Of a minor only the highest patch is deployed, so this asks for a release that never comes.
    if let Some(to) = to.filter(|to| *to < version) {
        return Err(not_next(order.position(to, lts), to));
    }
    match order.position(version, lts) {
        Position::Next => {}
        other => {
            return Err(suspended(state, &order, &other, version).unwrap_or_else(|| not_next(other, version)));
        }
    }
    let needs_none = needs_no_approval(release, deployed, &settings);
    let blocker = blockers::of_any(state, release, config)
        .or_else(|| if needs_none { blockers::of_approved(release) } else { None });
    if let Some(blocked) = blocker {
        return Err(Step::Blocked(Box::new(blocked.of(version))));
    }
    // The controller may deploy several at the same time, and nothing holds it back.
    let risk = minors_ahead(&order, deployed, &settings).filter(|_| !lts);
    // What needs no approval is deployed anyway.
    let is_late = timing == Timing::Now && !release.is_annotated(APPLY_NOW);
    let condition =
        || holds::conditions(state, release).into_iter().next().filter(|_| is_late || !needs_none);
    if let Some(problem) = risk.or_else(condition) {
        return Err(blocked(Blocked::by_problem(problem).of(version)));
    }
    if let Some(to) = to {
        // Below this version, the platform creates a minor version only after the one before it.
        let is_old = minor_of(deployed) < ALL_AT_ONCE_FROM;
        let is_absent = order.position(to, lts) == Position::Never(ReleaseFact::NotInCluster);
        let may_come = is_old && is_absent && needs_none && !is_late;
        if !may_come {
            is_there(&order, to, lts)?;
        }
    }
    is_idle(state)?;
    let version = version.clone();
    Ok(if needs_none && !is_late { Step::Watch(version) } else { Step::Approve(version) })
}

/// A release that the cluster does not have, or will not deploy, is reported before anything is approved on the way to it, and
/// while an approved one is waited for.
fn is_there(order: &ReleaseOrder<'_>, to: &Version, lts: bool) -> Result<(), Step> {
    if order.find(to).is_some_and(Release::is_waiting) {
        return Ok(());
    }
    Err(not_next(order.position(to, lts), to))
}

/// That minor versions before `next` are missing because the vendor has suspended them.
fn suspended(
    state: &ClusterState,
    order: &ReleaseOrder<'_>,
    position: &Position,
    next: &Version,
) -> Option<Step> {
    let Position::NotYet(ReleaseFact::MissingMinors { deployed, minors }) = position else { return None };
    let version = order.suspended_within(deployed.major, *minors)?.version.as_ref()?;
    let problem = Problem::new(Code::Suspended, Object::release(version), ReleaseFact::Withdrawn)
        .advise_all(instead_of_suspended(state, version));
    Some(blocked(Blocked::by_problem(problem).of(next)))
}

fn not_next(position: Position, version: &Version) -> Step {
    let fact = match position {
        Position::NotYet(fact) | Position::Never(fact) => fact,
        Position::Next | Position::Deployed => ReleaseFact::IsDeployed,
    };
    let advice = match &fact {
        ReleaseFact::Duplicate { .. } => Advice::Prepare(PrepareFor::RemoveDuplicates),
        ReleaseFact::NotInCluster | ReleaseFact::MissingMinors { .. } => {
            Advice::Prepare(PrepareFor::CreateReleases)
        }
        ReleaseFact::HigherPatch(_) | ReleaseFact::PassedOver { .. } => Advice::TargetHighestPatch,
        _ => Advice::Status,
    };
    let problem = Problem::new(Code::NotItsTurn, Object::release(version), fact);
    blocked(Blocked::by_problem(problem.advise(Advice::Plan).advise(advice)).of(version))
}

/// Requirements are checked against values that the controller collects anew after every start: before that has
/// ended, nothing is approved. A source that this cluster does not have prevents nothing.
fn is_idle(state: &ClusterState) -> Result<(), Step> {
    let not_yet = |fact: ClusterFact| Err(wait(Object::any(Kind::Cluster), fact));
    if let Some(pods) = if_any(Object::platform_pod(), &state.pods)? {
        let leader = DeckhousePod::leader(pods);
        if !leader.is_some_and(|pod| pod.ready) {
            return not_yet(ClusterFact::PodNotReady);
        }
    }
    let converge = if_any(Object::any(Kind::ConvergeStatus), &state.converge)?;
    if converge.is_some_and(|it| !it.startup_done || it.in_progress > 0) {
        return not_yet(ClusterFact::Converging);
    }
    if if_any(Object::any(Kind::Queues), &state.queue)?.is_some_and(|it| it.tasks > 0) {
        return not_yet(ClusterFact::QueueBusy);
    }
    Ok(())
}

fn if_any<T>(source: Object, reading: &Reading<T>) -> Result<Option<&T>, Step> {
    match reading {
        Reading::Absent(_) => Ok(None),
        other => read(source, other).map(Some),
    }
}

fn config(state: &ClusterState) -> Result<Option<&ModuleConfig>, Step> {
    let configs = read(Object::any(Kind::ModuleConfig), &state.module_configs)?;
    Ok(configs.iter().find(|it| it.name == "deckhouse"))
}

fn read<T>(source: Object, reading: &Reading<T>) -> Result<&T, Step> {
    match reading {
        Reading::Known(value) => Ok(value),
        Reading::NotNow { why, .. } => {
            Err(wait(source, SourceFact::NotNow { others: Vec::new(), why: why.as_str().into() }))
        }
        Reading::Absent(why) => {
            let fact = SourceFact::NotInCluster { why: why.as_str().into() };
            let problem = Problem::new(Code::NoPlatform, source, fact).advise(Advice::CheckCluster);
            Err(blocked(Blocked::by_problem(problem)))
        }
        Reading::Unreadable(why) => {
            let fact = SourceFact::Unreadable { others: Vec::new(), why: why.to_string().into() };
            // More permissions do not help where an answer is not understood.
            let advice = why.advice(false).unwrap_or(Advice::ReadLeaderLog);
            let problem = Problem::new(Code::Unreadable, source, fact).advise(advice);
            Err(blocked(Blocked::by_problem(problem)))
        }
    }
}

/// What passes.
fn wait(object: Object, fact: impl Into<Fact>) -> Step {
    Step::Wait(Box::new(Problem::new(Code::NotNow, object, fact)))
}

fn blocked(blocked: Blocked) -> Step {
    Step::Blocked(Box::new(blocked))
}
