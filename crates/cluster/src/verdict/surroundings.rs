//! What an update still moves when the platform's own pod is ready: alerts, modules, node groups, nodes.

use std::collections::BTreeMap;

use super::{Stage, signal::Signal};
use crate::{
    ClusterState,
    objects::{Alert, Module, Node, NodeGroup},
};

/// Alerts that fire while the platform is updated, or because its update went wrong. Those that only say what a
/// later release waits for are none of them. A name that ends with `*` stands for all that begin so.
const ALERTS: [&str; 14] = [
    "DeckhouseUpdating",
    "DeckhouseUpdatingFailed",
    "DeckhouseModuleUpdatingFailed*",
    "D8DeckhousePodIsNotReady",
    "D8DeckhousePodIsNotRunning",
    "D8DeckhouseSelfTarget*",
    "D8DeckhouseIsHung",
    "D8DeckhouseQueueIsHung*",
    "D8DeckhouseCouldNotDiscoverModules",
    "D8DeckhouseCouldNotRunModule",
    "D8DeckhouseCouldNotDeleteModule",
    "D8DeckhouseCouldNotRunGlobalHook",
    "D8DeckhouseConfigInvalid",
    "D8DeckhouseModuleValidationError",
];

/// Whether an alert speaks of the update of the platform itself.
pub fn is_of_an_update(alert: &Alert) -> bool {
    ALERTS.iter().any(|name| match name.strip_suffix('*') {
        Some(start) => alert.name.starts_with(start),
        None => alert.name == *name,
    })
}

/// The signals of everything around the platform's own pod.
pub(super) fn signals(state: &ClusterState) -> Vec<Signal> {
    let nodes: &[Node] = state.nodes.known().map_or(&[], Vec::as_slice);
    let alerts = state.alerts.known().into_iter().flatten().filter(|it| is_of_an_update(it)).map(alert);
    let modules = state.modules.known().into_iter().flatten().filter_map(module);
    let groups = state.node_groups.known().into_iter().flatten().filter_map(|it| node_group(it, nodes));
    alerts.chain(modules).chain(groups).chain(nodes.iter().filter_map(node)).collect()
}

fn alert(alert: &Alert) -> Signal {
    let mut text = format!("is {}", if alert.status.is_empty() { "firing" } else { &alert.status });
    if !alert.summary.is_empty() {
        text += &format!(": {}", alert.summary.trim());
    }
    Signal::new(Stage::Propagating, "alert", format!("ClusterAlert/{}", alert.name), text)
        .measured(alert.id.clone())
}

/// An enabled module that is not ready. Old versions have no conditions; then the phase of those says it that are
/// in motion.
fn module(module: &Module) -> Option<Signal> {
    let settled = match (module.enabled, module.ready) {
        (Some(false), _) | (Some(true), Some(true)) => true,
        (Some(true), Some(false)) => false,
        (Some(true), None) => module.phase == "Ready",
        (None, _) => {
            let moving =
                ["Downloading", "DownloadingError", "Reconciling", "Installing", "WaitSyncTasks", "Error"];
            !moving.contains(&module.phase.as_str())
        }
    };
    if settled {
        return None;
    }
    let mut text =
        format!("is not ready: {}", if module.phase.is_empty() { "no phase" } else { &module.phase });
    if !module.message.is_empty() {
        text += &format!(", {}", module.message);
    }
    let object = format!("Module/{}", module.name);
    Some(Signal::new(Stage::Propagating, "module", object, text).measured(module.phase.clone()))
}

fn node_group(group: &NodeGroup, nodes: &[Node]) -> Option<Signal> {
    let members: Vec<_> = nodes.iter().filter(|node| node.group.as_deref() == Some(&*group.name)).collect();
    // A node that a person has cordoned is not counted as ready in groups of static nodes, and is no part of
    // an update.
    let cordoned =
        members.iter().filter(|node| node.unschedulable && of_update(node).is_empty()).count() as u64;
    // `Updating` is true for any annotation of update.node.deckhouse.io, a person's own drain included.
    let only_persons = members.iter().any(|node| !node.update_annotations.is_empty())
        && members.iter().all(|node| of_update(node).is_empty());
    let error = group.error.as_deref().filter(|it| !it.is_empty()).or_else(|| {
        let condition = group.conditions.get("Error").filter(|it| it.is_true)?;
        Some(if condition.message.is_empty() { "condition Error" } else { &condition.message })
    });
    let (code, text) = if let Some(error) = error {
        ("nodeGroup", format!("has an error: {error}"))
    } else if group.is("WaitingForDisruptiveApproval") {
        let why = "waits until somebody approves the disruption of a node: dhctl update approve --node NAME";
        ("disruptionApproval", why.to_owned())
    } else if group.up_to_date < group.nodes {
        ("nodeGroup", format!("{} of {} nodes are up to date", group.up_to_date, group.nodes))
    } else if group.is("Updating") && !only_persons {
        ("nodeGroup", "nodes are being updated".to_owned())
    } else if group.ready + cordoned < group.nodes {
        ("nodeGroup", format!("{} of {} nodes are ready", group.ready, group.nodes))
    } else {
        return None;
    };
    let measure = format!("{}/{}/{}", group.up_to_date, group.ready, group.nodes);
    Some(Signal::new(Stage::Propagating, code, format!("NodeGroup/{}", group.name), text).measured(measure))
}

fn node(node: &Node) -> Option<Signal> {
    let annotations = of_update(node);
    if annotations.is_empty() {
        return None;
    }
    let has = |key: &str| annotations.contains_key(key);
    let (code, text) = if has("disruption-required") && !has("disruption-approved") {
        ("disruptionApproval", "waits until its disruption is approved")
    } else if has("drained") {
        ("node", "is drained, its disruptive update goes on")
    } else if has("draining") {
        ("node", "is being drained")
    } else if has("approved") || has("disruption-approved") {
        ("node", "is being updated")
    } else if has("waiting-for-approval") {
        ("node", "waits for its turn")
    } else {
        ("node", "is being updated")
    };
    let measure: Vec<_> = annotations.keys().copied().collect();
    Some(
        Signal::new(Stage::Propagating, code, format!("Node/{}", node.name), text)
            .measured(measure.join(",")),
    )
}

/// The annotations of an update: all but a drain that a person asked for.
fn of_update(node: &Node) -> BTreeMap<&str, &str> {
    let by_a_person = |key: &str, value: &str| matches!(key, "draining" | "drained") && value == "user";
    node.update_annotations
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .filter(|(key, value)| !by_a_person(key, value))
        .collect()
}
