//! The sources that a verdict is based on, and what it means that one of them cannot be read.

use problems::{Advice, Code, Kind, Object, Problem, SourceFact};

use super::{Source, Stage, UnknownSource, Unread};
use crate::{ClusterState, Reading};

/// A source that is not known.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    pub(super) unknown: UnknownSource,
    /// The first stage that cannot be determined without it.
    pub(super) level: Stage,
    /// What helps the account to read it, if that is known.
    pub(super) advice: Option<Advice>,
}

impl Missing {
    /// Whether it is not known in this way.
    pub(super) fn is(&self, reading: Unread) -> bool {
        self.unknown.reading == reading
    }
}

/// All sources of the verdict that are not known.
pub(super) fn missing(state: &ClusterState) -> Vec<Missing> {
    let ClusterState {
        releases,
        deployment,
        pods,
        queue,
        converge,
        alerts,
        modules,
        applications,
        cluster_applications,
        node_groups,
        nodes,
        ..
    } = state;
    [
        source(Source::Releases, Stage::NotStarted, releases),
        source(Source::Deployment, Stage::NotStarted, deployment),
        source(Source::Pods, Stage::NotStarted, pods),
        source(Source::Queue, Stage::Converging, queue),
        source(Source::Converge, Stage::Converging, converge),
        source(Source::Alerts, Stage::Propagating, alerts),
        source(Source::Modules, Stage::Propagating, modules),
        unless_absent(Source::Applications, applications),
        unless_absent(Source::ClusterApplications, cluster_applications),
        source(Source::NodeGroups, Stage::Propagating, node_groups),
        source(Source::Nodes, Stage::Propagating, nodes),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether every source that a verdict is based on was read once, with any result. A verdict before that only shows the
/// start of the program.
pub fn were_tried(state: &ClusterState) -> bool {
    let ClusterState {
        releases,
        module_configs,
        deployment,
        pods,
        queue,
        converge,
        alerts,
        modules,
        applications,
        cluster_applications,
        node_groups,
        nodes,
        ..
    } = state;
    [
        releases.was_tried(),
        module_configs.was_tried(),
        deployment.was_tried(),
        pods.was_tried(),
        queue.was_tried(),
        converge.was_tried(),
        alerts.was_tried(),
        modules.was_tried(),
        applications.was_tried(),
        cluster_applications.was_tried(),
        node_groups.was_tried(),
        nodes.was_tried(),
    ]
    .into_iter()
    .all(|it| it)
}

/// What most platforms do not have is not reported as missing.
fn unless_absent<T>(kind: Source, reading: &Reading<T>) -> Option<Missing> {
    if matches!(reading, Reading::Absent(_)) { None } else { source(kind, Stage::Propagating, reading) }
}

fn source<T>(source: Source, level: Stage, reading: &Reading<T>) -> Option<Missing> {
    let unread = match reading {
        Reading::Known(_) => return None,
        Reading::Absent(_) => Unread::Absent,
        Reading::Unreadable(_) => Unread::Unreadable,
        Reading::NotNow { .. } => Unread::NotNow,
    };
    let why = reading.why_unknown().unwrap_or_default();
    let queues = matches!(source, Source::Queue | Source::Converge);
    let advice = match reading {
        Reading::Unreadable(obstacle) => obstacle.advice(queues),
        _ => None,
    };
    // More permissions do not help where an answer is not understood.
    let advice = advice.or_else(|| queues.then_some(Advice::ReadLeaderLog));
    Some(Missing { unknown: UnknownSource { source, reading: unread, why }, level, advice })
}

/// What the user reads of a source.
fn object(source: Source) -> Object {
    match source {
        Source::Releases => Object::any(Kind::DeckhouseRelease),
        Source::Deployment => Object::deployment(),
        Source::Pods => Object::platform_pod(),
        Source::Queue => Object::any(Kind::Queues),
        Source::Converge => Object::any(Kind::ConvergeStatus),
        Source::Alerts => Object::any(Kind::ClusterAlert),
        Source::Modules => Object::any(Kind::Module),
        Source::Applications => Object::any(Kind::Application),
        Source::ClusterApplications => Object::any(Kind::ClusterApplication),
        Source::NodeGroups => Object::any(Kind::NodeGroup),
        Source::Nodes => Object::any(Kind::Node),
    }
}

/// The problem if a source without which there is no verdict is missing for good.
pub(super) fn essential(missing: &[Missing]) -> Option<Problem> {
    let first = missing.iter().find(|it| {
        matches!(it.unknown.source, Source::Releases | Source::Deployment) && !it.is(Unread::NotNow)
    })?;
    if first.is(Unread::Unreadable) {
        return unreadable(std::slice::from_ref(first));
    }
    let fact = SourceFact::NotInCluster { why: first.unknown.why.as_str().into() };
    Some(Problem::new(Code::NoPlatform, object(first.unknown.source), fact).advise(Advice::CheckCluster))
}

/// What prevents "done" because it cannot be read, and that does not pass.
pub(super) fn unreadable(missing: &[Missing]) -> Option<Problem> {
    let missing = missing.iter().find(|it| it.is(Unread::Unreadable))?;
    let UnknownSource { source, why, .. } = &missing.unknown;
    let fact = SourceFact::Unreadable { others: Vec::new(), why: why.as_str().into() };
    Some(Problem::new(Code::Unreadable, object(*source), fact).advise_all(missing.advice.clone()))
}

/// What is waited for because sources are not known; those that this cluster does not have are not waited for.
pub(super) fn waiting(missing: &[Missing]) -> Vec<Problem> {
    // An API server that does not answer makes all of them unknown for one reason.
    let mut groups: Vec<(&UnknownSource, Vec<Object>)> = Vec::new();
    for Missing { unknown, .. } in missing.iter().filter(|it| !it.is(Unread::Absent)) {
        let same = |(first, _): &&mut (&UnknownSource, Vec<Object>)| {
            first.reading == unknown.reading && first.why == unknown.why
        };
        match groups.iter_mut().find(same) {
            Some((_, others)) => others.push(object(unknown.source)),
            None => groups.push((unknown, Vec::new())),
        }
    }
    let problem = |(first, others): (&UnknownSource, Vec<Object>)| {
        let why = first.why.as_str().into();
        let (code, fact) = match first.reading {
            Unread::NotNow => (Code::NotNow, SourceFact::NotNow { others, why }),
            Unread::Absent | Unread::Unreadable => (Code::Unreadable, SourceFact::Unreadable { others, why }),
        };
        Problem::new(code, object(first.source), fact)
    };
    groups.into_iter().map(problem).collect()
}
