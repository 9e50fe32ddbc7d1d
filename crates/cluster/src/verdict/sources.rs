//! Which sources a verdict stands on, and what those mean that say nothing.

use commands::{Sentence, Update};

use super::{Diagnosis, Stage, Unknown, Waiting};
use crate::{ClusterState, Reading};

/// A source that says nothing.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    pub(super) unknown: Unknown,
    pub(super) kind: Kind,
    /// The first stage that cannot be told without it.
    pub(super) level: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Absent,
    Unreadable,
    NotNow,
}

/// All sources of the verdict that say nothing.
pub(super) fn silences(state: &ClusterState) -> Vec<Silence> {
    let ClusterState {
        releases, deployment, pods, queue, converge, alerts, modules, node_groups, nodes, ..
    } = state;
    [
        silence("releases", Stage::NotStarted, releases),
        silence("deployment", Stage::NotStarted, deployment),
        silence("pods", Stage::NotStarted, pods),
        silence("queue", Stage::Converging, queue),
        silence("converge", Stage::Converging, converge),
        silence("alerts", Stage::Propagating, alerts),
        silence("modules", Stage::Propagating, modules),
        silence("nodeGroups", Stage::Propagating, node_groups),
        silence("nodes", Stage::Propagating, nodes),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether every source that a verdict and its words stand on was read once, whatever came of it. Before that a verdict
/// speaks of nothing but the start of the program.
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
        node_groups.was_tried(),
        nodes.was_tried(),
    ]
    .into_iter()
    .all(|it| it)
}

fn silence<T>(source: &'static str, level: Stage, reading: &Reading<T>) -> Option<Silence> {
    let (kind, word) = match reading {
        Reading::Known(_) => return None,
        Reading::Absent(_) => (Kind::Absent, "absent"),
        Reading::Unreadable(_) => (Kind::Unreadable, "unreadable"),
        Reading::NotNow { .. } => (Kind::NotNow, "notNow"),
    };
    let why = reading.why_unknown().unwrap_or_default();
    Some(Silence { unknown: Unknown { source, reading: word, why }, kind, level })
}

/// What the user reads of a source.
pub(super) fn object(source: &str) -> &'static str {
    match source {
        "releases" => "DeckhouseRelease",
        "deployment" => "Deployment/deckhouse",
        "pods" => "Pod/deckhouse",
        "queue" => "the queues",
        "converge" => "the converge status",
        "alerts" => "ClusterAlert",
        "modules" => "Module",
        "nodeGroups" => "NodeGroup",
        _ => "Node",
    }
}

/// Why nothing at all can be said, if what a verdict stands on is missing for good.
pub(super) fn no_ground(silences: &[Silence]) -> Option<Diagnosis> {
    let ground = silences
        .iter()
        .find(|it| matches!(it.unknown.source, "releases" | "deployment") && it.kind != Kind::NotNow)?;
    match ground.kind {
        Kind::Unreadable => unreadable(std::slice::from_ref(ground)),
        _ => Some(Diagnosis {
            code: "noPlatform",
            object: object(ground.unknown.source).to_owned(),
            text: format!("is not in this cluster: {}", ground.unknown.why).into(),
            remedy: "see whether this is the right cluster: --kubeconfig and --context choose it".into(),
        }),
    }
}

/// What keeps "done" away because it cannot be read, and will not be by itself.
pub(super) fn unreadable(silences: &[Silence]) -> Option<Diagnosis> {
    let silence = silences.iter().find(|it| it.kind == Kind::Unreadable)?;
    Some(Diagnosis {
        code: "unreadable",
        object: object(silence.unknown.source).to_owned(),
        text: format!(
            "cannot be read, so nobody can say whether the update is done: {}",
            silence.unknown.why
        )
        .into(),
        remedy: match silence.unknown.source {
            "queue" | "converge" => {
                let command = Update::ReadOnlyRbac { queues: true, secrets: false };
                Sentence::from("give the account the rights that ").command(command).text(" prints")
            }
            _ => rights(),
        },
    })
}

/// What to do about rights that are missing.
pub(crate) fn rights() -> Sentence {
    Sentence::from("give the account the rights that ").command(Update::Rbac).text(" prints")
}

/// What is waited for because of sources that say nothing; those that this cluster does not have are not waited for.
pub(super) fn waiting(silences: &[Silence]) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = Vec::new();
    for silence in silences.iter().filter(|it| it.kind != Kind::Absent) {
        let code = silence.unknown.reading;
        // One API server that is away silences all of them.
        if let Some(same) = waiting.iter_mut().find(|it| it.code == code && it.text == text(silence).into()) {
            same.object = format!("{}, {}", same.object, object(silence.unknown.source));
        } else {
            waiting.push(Waiting::new(code, object(silence.unknown.source), text(silence)));
        }
    }
    waiting
}

fn text(silence: &Silence) -> String {
    match silence.kind {
        Kind::NotNow => format!("cannot currently be read: {}", silence.unknown.why),
        _ => format!("cannot be read: {}", silence.unknown.why),
    }
}
