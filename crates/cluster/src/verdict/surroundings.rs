//! What an update still changes when the platform's own pod is ready: alerts, modules, applications, node groups, nodes.

use problems::{Advice, AlertFact, Code, Kind, ModuleFact, NodeFact, Object};

use super::{Stage, signal::Signal};
use crate::{
    ClusterState, node_waits,
    objects::{Alert, Application, Module, Node, NodeGroup},
    packages,
};

/// Alerts that fire while the platform is updated, or because its update failed. Not those that only report what a
/// later release waits for. A name that ends with `*` stands for all names with this prefix.
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
    let applications = state.all_applications().filter(|it| !it.is_settled()).map(application);
    let groups = state.node_groups.known().into_iter().flatten().filter_map(|it| node_group(it, nodes));
    alerts.chain(modules).chain(applications).chain(groups).chain(nodes.iter().filter_map(node)).collect()
}

fn alert(alert: &Alert) -> Signal {
    let fact = AlertFact::Firing { status: alert.status.clone(), summary: alert.summary.clone() };
    let object = Object::new(Kind::ClusterAlert, &*alert.name);
    Signal::new(Stage::Propagating, Code::Alert, object, fact).measured(alert.id.clone())
}

/// An enabled module that is not ready. Old versions have no conditions; then the phase of those says it that are
/// in motion.
fn module(module: &Module) -> Option<Signal> {
    let settled = match (module.enabled, module.ready) {
        (Some(false), _) | (Some(true), Some(true)) => true,
        (Some(true), Some(false)) => false,
        (Some(true), None) => module.phase == "Ready",
        (None, _) => {
            let moving = [
                "Downloading",
                "DownloadingError",
                "Reconciling",
                "Installing",
                "WaitSyncTasks",
                "Error",
                // Of the newer form: a disabled module is Pending or Suspended there.
                "Updating",
                "Failed",
                "Degraded",
            ];
            !moving.contains(&module.phase.as_str())
        }
    };
    if settled {
        return None;
    }
    let fact = ModuleFact::NotReady { phase: module.phase.clone(), message: module.message.clone() };
    let object = Object::new(Kind::Module, &*module.name);
    Some(Signal::new(Stage::Propagating, Code::Module, object, fact).measured(module.phase.clone()))
}

/// An application that is not ready.
fn application(application: &Application) -> Signal {
    let fact = packages::not_ready(application, application.message.clone());
    Signal::new(Stage::Propagating, Code::Application, packages::object(application), fact)
        .measured(application.state.clone())
}

fn node_group(group: &NodeGroup, nodes: &[Node]) -> Option<Signal> {
    let fact = node_waits::of_group(group, nodes)?;
    let measure = format!("{}/{}/{}", group.up_to_date, group.ready, group.nodes);
    Some(signal(Code::NodeGroup, Object::new(Kind::NodeGroup, &*group.name), fact, measure))
}

fn node(node: &Node) -> Option<Signal> {
    let fact = node_waits::of_node(node)?;
    let measure: Vec<_> = node.update_annotations.keys().map(String::as_str).collect();
    Some(signal(Code::Node, Object::new(Kind::Node, &*node.name), fact, measure.join(",")))
}

fn signal(code: Code, object: Object, fact: NodeFact, measure: String) -> Signal {
    let approval = match &fact {
        NodeFact::NeedsApproval => Some(Advice::ApproveNode { node: object.name.clone() }),
        NodeFact::GroupNeedsApproval { node } => Some(Advice::ApproveNode { node: node.clone() }),
        _ => None,
    };
    let code = if approval.is_some() { Code::DisruptionApproval } else { code };
    let mut signal = Signal::new(Stage::Propagating, code, object, fact).measured(measure);
    signal.problem.advice.extend(approval);
    signal
}
