//! What comes before the next release of the platform: one decision for all commands.
//!
//! `update run` does not approve, and `update plan` and `update doctor` do not advise the approval. `update approve` refuses
//! because of most of it, and shows the rest to the person who decides. What the controller says in the message of the
//! release, and the order of releases, are decided elsewhere.

use problems::{Advice, Code, ConvergeFact, Fact, Kind, NodeFact, Object, Problem, ReleaseFact, Unfinished};

use crate::{
    ClusterState,
    approve::unfinished_sign,
    doctor::TASK_FAILURES_BLOCK,
    license,
    minors::approved_ahead,
    node_waits,
    objects::{ModuleConfig, Node, NodeGroup, Release},
    packages, plan, registry_switch,
    release_order::ReleaseOrder,
    verdict::busy_queue,
};

/// Something that comes before the next release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    /// What it is, and what to do about it.
    pub(crate) problem: Problem,
    /// Whether it passes without a person, as far as one observation shows.
    pub(crate) passes: bool,
}

impl Hold {
    fn of_a_person(problem: Problem) -> Self {
        Self { problem, passes: false }
    }

    fn passing(problem: Problem) -> Self {
        Self { problem: problem.advise(Advice::Watch), passes: true }
    }
}

/// Everything that comes before `release`, which is the next one. What needs a person comes first.
pub(crate) fn before(state: &ClusterState, release: &Release) -> Vec<Hold> {
    let mut all: Vec<Hold> = conditions(state, release).into_iter().map(Hold::of_a_person).collect();
    all.extend(unfinished(state, release));
    all.sort_by_key(|hold| hold.passes);
    all
}

/// What comes before the advice to approve `release`. Not an application, which may need the release.
pub(crate) fn first(state: &ClusterState, release: &Release) -> Option<Hold> {
    before(state, release).into_iter().find(|hold| hold.problem.code != Code::Application)
}

/// What forbids the approval of `release`, whatever the cluster is doing.
pub(crate) fn conditions(state: &ClusterState, release: &Release) -> Vec<Problem> {
    let all = [
        license::blocking(state),
        registry_switch::problem(state),
        later_approved(state),
        unmet_requirements(state, release),
    ];
    all.into_iter().flatten().collect()
}

/// A later minor version that is approved already.
pub(crate) fn later_approved(state: &ClusterState) -> Option<Problem> {
    let order = ReleaseOrder::of(state.releases.known().filter(|_| !state.is_lts())?);
    let settings = state.deckhouse_config().map(ModuleConfig::update_settings).unwrap_or_default();
    approved_ahead(&order, &settings)
}

/// Requirements that the cluster does not meet, before the controller has said anything about the release. Afterwards only
/// its own message counts.
pub(crate) fn unmet_requirements(state: &ClusterState, release: &Release) -> Option<Problem> {
    if !release.message.trim().is_empty() {
        return None;
    }
    let requirements = plan::requirements_of_next(state, release);
    let unmet = requirements.into_iter().filter(|it| it.outcome.blocks());
    let keys: Vec<String> = unmet.map(|it| it.key).collect();
    (!keys.is_empty()).then(|| {
        let object = Object::new(Kind::DeckhouseRelease, &*release.name);
        Problem::new(Code::Requirement, object, ReleaseFact::UnmetKeys(keys)).advise(Advice::MeetListed)
    })
}

/// What shows that the update to the deployed release is not done. What cannot be read shows nothing.
///
/// A patch of the deployed minor version may repair what keeps that update from ending, and the controller deploys it
/// before. So only a change of the image that has begun holds it back.
pub(crate) fn unfinished(state: &ClusterState, release: &Release) -> Vec<Hold> {
    let deployed = state.releases.known().and_then(|it| ReleaseOrder::of(it).deployed);
    let is_patch = deployed.and_then(|it| it.version.as_ref()).is_some_and(|it| release.is_of_minor_of(it));
    let sign = deployed.and_then(|it| Some((it, unfinished_sign(state, it)?)));
    let sign = sign.filter(|(_, sign)| !is_patch || matches!(sign, Unfinished::Image(_)));
    let of_platform = sign.map(|(deployed, sign)| {
        let previous = deployed.version_text.clone();
        let object = Object::new(Kind::DeckhouseRelease, &*release.name);
        let fact = ReleaseFact::PreviousUnfinished { previous, sign };
        Hold::passing(Problem::new(Code::NotItsTurn, object, fact))
    });
    let mut all: Vec<Hold> = of_platform.into_iter().collect();
    if !is_patch {
        all.extend(queue(state));
        all.extend(converge(state));
        all.extend(nodes(state));
        all.extend(applications(state));
    }
    all
}

/// A queue that applies modules, or whose first task fails.
fn queue(state: &ClusterState) -> Option<Hold> {
    let problem = busy_queue(state)?;
    let is_stuck = state
        .queue
        .known()?
        .heads
        .iter()
        .any(|head| head.queue == "main" && head.failures >= TASK_FAILURES_BLOCK);
    Some(if is_stuck { Hold::of_a_person(problem.advise(Advice::Doctor)) } else { Hold::passing(problem) })
}

fn converge(state: &ClusterState) -> Option<Hold> {
    let converge = state.converge.known()?;
    let fact = match (converge.startup_done, converge.in_progress) {
        (false, _) => ConvergeFact::Startup,
        (true, 0) => return None,
        (true, left) => ConvergeFact::Running { left },
    };
    Some(Hold::passing(Problem::new(Code::Converge, Object::any(Kind::Platform), fact)))
}

/// Nodes and groups that are not up to date. A node that is merely not ready is not a sign of an update.
fn nodes(state: &ClusterState) -> Vec<Hold> {
    let nodes: &[Node] = state.nodes.known().map_or(&[], Vec::as_slice);
    let groups: &[NodeGroup] = state.node_groups.known().map_or(&[], Vec::as_slice);
    // In other modes the platform approves disruptions itself.
    let asks_a_person = |group: &NodeGroup| group.approval_mode.as_deref() == Some("Manual");
    let of_groups = groups.iter().filter_map(|group| {
        let fact = node_waits::of_group(group, nodes)?;
        let counts = match &fact {
            NodeFact::GroupError(_) => group.up_to_date < group.nodes,
            NodeFact::GroupReady { .. } => false,
            _ => true,
        };
        let problem = Problem::new(Code::NodeGroup, Object::new(Kind::NodeGroup, &*group.name), fact);
        counts.then(|| of_nodes(problem, asks_a_person(group)))
    });
    let of_node = |node: &Node| {
        let fact = node_waits::of_node(node)?;
        let mut group = groups.iter().filter(|it| node.group.as_deref() == Some(&*it.name));
        let problem = Problem::new(Code::Node, Object::new(Kind::Node, &*node.name), fact);
        Some(of_nodes(problem, group.any(asks_a_person)))
    };
    of_groups.chain(nodes.iter().filter_map(of_node)).collect()
}

fn of_nodes(problem: Problem, asks_a_person: bool) -> Hold {
    let node = match &problem.fact {
        Fact::Node(NodeFact::NeedsApproval) => problem.object.name.clone(),
        // Without the name of a node, this is the past: the condition lags behind an approval.
        Fact::Node(NodeFact::GroupNeedsApproval { node }) => node.clone(),
        _ => None,
    };
    match node.filter(|_| asks_a_person) {
        Some(node) => {
            let problem = Problem { code: Code::DisruptionApproval, ..problem };
            Hold::of_a_person(problem.advise(Advice::ApproveNode { node: Some(node) }))
        }
        None => Hold::passing(problem),
    }
}

/// Applications that are not ready: a run does not continue before they are.
fn applications(state: &ClusterState) -> Vec<Hold> {
    let not_ready = state.all_applications().filter(|it| !it.is_settled());
    not_ready
        .map(|application| {
            let fact = packages::not_ready(application, application.message.clone());
            let problem = Problem::new(Code::Application, packages::object(application), fact);
            if application.is_in_progress() {
                Hold::passing(problem)
            } else {
                Hold::of_a_person(problem.advise_all(packages::advice(application)))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
