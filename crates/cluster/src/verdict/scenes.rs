//! States of a cluster made by hand, for the tests of the verdict.

use std::collections::BTreeMap;

use jiff::Timestamp;
use problems::Code;
use semver::Version;

use super::{Machine, Settings, Verdict};
use crate::{
    ClusterState, Obstacle, Reading,
    objects::{
        Alert, ContainerState, Converge, DeckhouseDeployment, DeckhousePod, Module, Node, NodeGroup, Phase,
        Queue, QueueRead, Release, Task,
    },
};

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(crate) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(crate) fn image(version: &str) -> String {
    format!("registry.example/deckhouse/ee:v{version}")
}

pub(crate) fn release(version_text: &str, phase: Phase) -> Release {
    Release {
        name: format!("v{version_text}"),
        version_text: format!("v{version_text}"),
        version: Some(version(version_text)),
        phase: Some(phase),
        ..Release::default()
    }
}

pub(crate) fn pod(name: &str, version: &str, ready: bool) -> DeckhousePod {
    DeckhousePod {
        name: name.to_owned(),
        labels: BTreeMap::from([("leader".to_owned(), "true".to_owned())]),
        phase: "Running".to_owned(),
        ready,
        containers: vec![ContainerState {
            name: "deckhouse".to_owned(),
            image: image(version),
            ready,
            ..ContainerState::default()
        }],
        ..DeckhousePod::default()
    }
}

pub(super) fn task(description: &str, failures: u64) -> Queue {
    let head = Task {
        queue: "main".to_owned(),
        description: description.into(),
        failures,
        failure: (failures > 0).then(|| "helm upgrade failed".into()),
        ..Task::default()
    };
    Queue { tasks: 3, heads: vec![head] }
}

pub(super) fn alert(name: &str) -> Alert {
    Alert { id: name.to_lowercase(), name: name.to_owned(), status: "firing".to_owned(), ..Alert::default() }
}

pub(super) fn node(name: &str, annotations: &[(&str, &str)]) -> Node {
    Node {
        name: name.to_owned(),
        group: Some("worker".to_owned()),
        ready: true,
        update_annotations: annotations.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..Node::default()
    }
}

/// A cluster in which this version is deployed and nothing stirs.
pub(crate) fn quiet(version: &str) -> ClusterState {
    let group =
        NodeGroup { name: "worker".to_owned(), nodes: 2, ready: 2, up_to_date: 2, ..NodeGroup::default() };
    let module = Module {
        name: "prometheus".to_owned(),
        enabled: Some(true),
        ready: Some(true),
        phase: "Ready".to_owned(),
        ..Module::default()
    };
    ClusterState {
        releases: Reading::Known(vec![release(version, Phase::Deployed)]),
        deployment: Reading::Known(DeckhouseDeployment {
            image: image(version),
            version_annotation: Some(format!("v{version}")),
            generation: 3,
            observed_generation: 3,
            replicas: 1,
            updated: 1,
            ready: 1,
            available: 1,
            ..DeckhouseDeployment::default()
        }),
        pods: Reading::Known(vec![pod("deckhouse-a", version, true)]),
        queue: Reading::Known(Queue::default()),
        converge: Reading::Known(Converge { startup_done: true, in_progress: 0 }),
        alerts: Reading::Known(Vec::new()),
        modules: Reading::Known(vec![module]),
        applications: Reading::Known(Vec::new()),
        cluster_applications: Reading::Absent(
            "the API server does not serve the resource clusterapplications".to_owned(),
        ),
        node_groups: Reading::Known(vec![group]),
        nodes: Reading::Known(vec![node("w1", &[]), node("w2", &[])]),
        ..ClusterState::default()
    }
}

/// The same with one thing changed.
pub(super) fn with(mut state: ClusterState, change: impl FnOnce(&mut ClusterState)) -> ClusterState {
    change(&mut state);
    state
}

/// The same state, with the queues of the leader from the reading with this number.
pub(crate) fn with_queue_read(state: &ClusterState, number: i64) -> ClusterState {
    let leader = state.pods.known().and_then(|pods| DeckhousePod::leader(pods));
    let read = leader.map(|it| QueueRead { number: number.unsigned_abs(), leader: it.incarnation() });
    ClusterState { queue_read: read, ..state.clone() }
}

/// The controller has just begun: the image is switched, and the old pod is gone.
pub(super) fn switching(from: &str, to: &str) -> ClusterState {
    with(quiet(to), |state| {
        state.releases = Reading::Known(vec![release(from, Phase::Superseded), release(to, Phase::Deployed)]);
        let deployment = known(&mut state.deployment);
        deployment.version_annotation = Some(format!("v{from}"));
        (deployment.generation, deployment.ready, deployment.available) = (4, 0, 0);
        deployment.unavailable = 1;
        state.pods = Reading::Known(Vec::new());
        state.queue = away();
        state.converge = away();
    })
}

/// The new pod runs and is not ready.
pub(super) fn converging(from: &str, to: &str) -> ClusterState {
    with(switching(from, to), |state| {
        known(&mut state.deployment).observed_generation = 4;
        state.pods = Reading::Known(vec![pod("deckhouse-b", to, false)]);
        state.queue = Reading::Known(task("ConvergeModules:main:", 0));
        state.converge = Reading::Known(Converge { startup_done: false, in_progress: 9 });
    })
}

pub(crate) fn known<T>(reading: &mut Reading<T>) -> &mut T {
    match reading {
        Reading::Known(value) => value,
        _ => panic!("is not known"),
    }
}

pub(super) fn away<T>() -> Reading<T> {
    Reading::NotNow { last: None, why: "the API server does not answer".to_owned() }
}

pub(super) fn forbidden<T>() -> Reading<T> {
    Reading::Unreadable(Obstacle::Forbidden("list clusteralerts.deckhouse.io".to_owned()))
}

/// A machine and its clock, one observation a second.
pub(super) struct Watch {
    pub(super) machine: Machine,
    pub(super) seconds: i64,
}

impl Watch {
    pub(super) fn new(target: Option<&str>) -> Self {
        Self { machine: Machine::new(target.map(version), Settings::default()), seconds: 0 }
    }

    pub(super) fn observe(&mut self, state: &ClusterState) -> Verdict {
        self.seconds += 1;
        self.machine.observe(&with_queue_read(state, self.seconds), at(self.seconds))
    }

    /// Observes the state for this many seconds; returns the last verdict.
    pub(super) fn hold(&mut self, state: &ClusterState, seconds: i64) -> Verdict {
        (0..seconds).map(|_| self.observe(state)).last().unwrap()
    }
}

/// What is waited for, in order.
pub(super) fn codes(verdict: &Verdict) -> Vec<Code> {
    verdict.waiting_for.iter().map(|it| it.code).collect()
}
