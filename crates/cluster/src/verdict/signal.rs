//! Problems of the platform's own Deployment, pods and queues that an update passes through.

use deckhouse::version::parse_tag;
use jiff::Timestamp;
use problems::{
    Code, ConvergeFact, DeploymentFact, Fact, Kind, Object, PodFact, Problem, QueueFact, ReleaseFact,
};
use semver::Version;

use super::{
    Stage,
    queues::{Activity, IDLE_READINGS, Queues},
};
use crate::{
    ClusterState,
    objects::{DeckhouseDeployment, DeckhousePod, Phase},
    release_order::none_deployed,
};

/// A problem that an update passes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signal {
    /// An update that is past this stage does not have this problem.
    pub(super) level: Stage,
    pub(super) problem: Problem,
    /// How far it is, in any form: as long as this changes, the update makes progress.
    pub(super) measure: String,
}

impl Signal {
    pub(super) fn new(level: Stage, code: Code, object: Object, fact: impl Into<Fact>) -> Self {
        Self::of(level, Problem::new(code, object, fact))
    }

    pub(super) fn of(level: Stage, problem: Problem) -> Self {
        Self { level, problem, measure: String::new() }
    }

    pub(super) fn measured(mut self, measure: impl Into<String>) -> Self {
        self.measure = measure.into();
        self
    }
}

/// The signals of the platform itself while it is updated to `release`.
pub(super) fn of_platform(
    state: &ClusterState,
    release: &Version,
    queues: &Queues,
    now: Timestamp,
) -> Vec<Signal> {
    let mut signals = bookkeeping(state, release, now);
    if let Some(deployment) = state.deployment.known() {
        signals.extend(image(deployment, release));
        if let Some(pods) = state.pods.known() {
            signals.extend(pod(deployment, pods));
        }
        signals.extend(rollout(deployment));
        signals.extend(annotation(deployment, release));
    }
    signals.extend(queue(state, queues));
    if let Some(converge) = state.converge.known() {
        let fact = if !converge.startup_done {
            Some(ConvergeFact::Startup)
        } else if converge.in_progress > 0 {
            Some(ConvergeFact::Running { left: converge.in_progress })
        } else {
            None
        };
        let signal = |fact| Signal::new(Stage::Converging, Code::Converge, Object::any(Kind::Platform), fact);
        signals.extend(fact.map(|fact| signal(fact).measured(converge.in_progress.to_string())));
    }
    signals
}

/// That no release is `Deployed`: for a moment of an update this is normal, later only a restart corrects it.
pub(super) fn not_deployed(state: &ClusterState, now: Timestamp) -> Problem {
    let passing = || {
        let any = Object::any(Kind::DeckhouseRelease);
        Problem::new(Code::DeployedReleases, any, ReleaseFact::NoneDeployed)
    };
    none_deployed(state, now).unwrap_or_else(passing)
}

/// Exactly one release is `Deployed`. None or two for a short while are normal: the controller writes the image and
/// the objects one after the other.
fn bookkeeping(state: &ClusterState, release: &Version, now: Timestamp) -> Vec<Signal> {
    let Some(releases) = state.releases.known() else { return Vec::new() };
    let deployed: Vec<_> = releases.iter().filter(|it| it.phase == Some(Phase::Deployed)).collect();
    let signal = |code, object, fact: ReleaseFact| Signal::new(Stage::Propagating, code, object, fact);
    let object = |name: &str| Object::new(Kind::DeckhouseRelease, name);
    let mut signals = Vec::new();
    if deployed.is_empty() {
        signals.push(Signal::of(Stage::Propagating, not_deployed(state, now)));
    }
    for other in deployed.iter().filter(|it| it.version.as_ref() != Some(release)) {
        let fact = ReleaseFact::StillDeployed { current: release.clone() };
        signals.push(signal(Code::DeployedReleases, object(&other.name), fact));
    }
    // It may stay for 15 s after the new pod is ready. "false" says nothing: the old pod may have written it within
    // milliseconds (cluster-2026.md, 1.9).
    let updating = |it: &&&crate::objects::Release| it.is_annotated("release.deckhouse.io/isUpdating");
    for release in deployed.iter().filter(updating) {
        signals.push(signal(Code::IsUpdating, object(&release.name), ReleaseFact::StillUpdating));
    }
    signals
}

fn image(deployment: &DeckhouseDeployment, release: &Version) -> Option<Signal> {
    let tag = deployment.tag();
    if tag.and_then(parse_tag).as_ref() == Some(release) {
        return None;
    }
    let fact = match tag {
        Some(tag) if parse_tag(tag).is_some() => {
            DeploymentFact::OtherVersion { tag: tag.to_owned(), wanted: release.clone() }
        }
        tag => DeploymentFact::MovingTag { image: deployment.image.clone(), tag: tag.map(str::to_owned) },
    };
    let signal = Signal::new(Stage::Switching, Code::Image, Object::deployment(), fact);
    Some(signal.measured(deployment.image.clone()))
}

/// The pod that runs the Deployment's image, and is the leader.
fn pod(deployment: &DeckhouseDeployment, pods: &[DeckhousePod]) -> Option<Signal> {
    let current: Vec<_> =
        pods.iter().filter(|pod| !pod.terminating && runs(pod, &deployment.image)).cloned().collect();
    let signal = |level, object, fact: PodFact| Some(Signal::new(level, Code::Pod, object, fact));
    let named = |pod: &DeckhousePod| Object::new(Kind::Pod, &*pod.name);
    let Some(first) = current.first() else {
        let fact = if pods.is_empty() { PodFact::Missing } else { PodFact::OnlyOld };
        return signal(Stage::Switching, Object::platform_pod(), fact);
    };
    if current.iter().all(|pod| pod.phase != "Running") {
        let reason = first.containers.iter().find_map(|it| it.waiting_reason.clone());
        let fact = PodFact::NotRunning { phase: first.phase.clone(), reason };
        return signal(Stage::Switching, named(first), fact);
    }
    match DeckhousePod::leader(&current) {
        None => signal(Stage::Converging, Object::platform_pod(), PodFact::NoLeader),
        Some(leader) if !leader.ready => signal(Stage::Converging, named(leader), PodFact::NotReady),
        Some(_) => None,
    }
}

pub(super) fn runs(pod: &DeckhousePod, image: &str) -> bool {
    pod.containers.iter().any(|it| it.name == "deckhouse" && it.image == image)
}

fn rollout(deployment: &DeckhouseDeployment) -> Option<Signal> {
    if deployment.is_rolled_out() {
        return None;
    }
    let fact = if deployment.generation == deployment.observed_generation {
        let ready = deployment.updated.min(deployment.ready);
        DeploymentFact::RollingOut { ready, wanted: deployment.replicas }
    } else {
        DeploymentFact::ChangeNotObserved
    };
    let measure = format!("{}/{}", deployment.updated, deployment.ready);
    Some(Signal::new(Stage::Converging, Code::Rollout, Object::deployment(), fact).measured(measure))
}

/// Written by the running controller itself, so it proves that the new one runs. Not checked where there is none.
fn annotation(deployment: &DeckhouseDeployment, release: &Version) -> Option<Signal> {
    let written = deployment.version_annotation.as_deref()?;
    if parse_tag(written).as_ref() == Some(release) {
        return None;
    }
    let fact = DeploymentFact::VersionAnnotation { written: written.to_owned(), wanted: release.clone() };
    Some(Signal::new(Stage::Converging, Code::VersionAnnotation, Object::deployment(), fact))
}

/// What the queues still do.
fn queue(state: &ClusterState, queues: &Queues) -> Option<Signal> {
    let queue = state.queue.known()?;
    let level = match queues.activity() {
        Activity::Idle => return None,
        Activity::Busy => Stage::Converging,
        Activity::Unknown => Stage::Propagating,
    };
    let signal = |object, fact: QueueFact| Signal::new(level, Code::Queue, object, fact);
    let all = || Object::any(Kind::Queues);
    if !queues.were_asked() {
        return Some(signal(all(), QueueFact::NotAsked));
    }
    if queue.tasks == 0 {
        let (seen, needed) = (queues.idle_readings(), IDLE_READINGS);
        return Some(signal(all(), QueueFact::Idle { seen, needed }));
    }
    let tasks = queue.tasks;
    let Some(head) = queue.heads.first() else {
        return Some(signal(all(), QueueFact::Busy { tasks, first: None, failures: 0 }));
    };
    let first = Some(head.description.clone());
    let fact = QueueFact::Busy { tasks, first, failures: head.failures };
    // A queue that is stuck grows behind its first task; progress is a change of that task.
    Some(signal(Object::new(Kind::Queue, &*head.queue), fact).measured(head.description.clone()))
}
