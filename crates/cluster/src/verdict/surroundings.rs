//! What an update still moves when the platform's own pod is ready: alerts, modules, node groups, nodes.

use super::{Stage, signal::Signal};
use crate::{
    ClusterState,
    node_waits::{self, NodeWait},
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
    let wait = node_waits::of_group(group, nodes)?;
    let measure = format!("{}/{}/{}", group.up_to_date, group.ready, group.nodes);
    Some(signal("nodeGroup", format!("NodeGroup/{}", group.name), wait, measure))
}

fn node(node: &Node) -> Option<Signal> {
    let wait = node_waits::of_node(node)?;
    let measure: Vec<_> = node.update_annotations.keys().map(String::as_str).collect();
    Some(signal("node", format!("Node/{}", node.name), wait, measure.join(",")))
}

fn signal(code: &'static str, object: String, wait: NodeWait, measure: String) -> Signal {
    let code = if wait.approval { "disruptionApproval" } else { code };
    Signal::new(Stage::Propagating, code, object, wait.text).measured(measure)
}
