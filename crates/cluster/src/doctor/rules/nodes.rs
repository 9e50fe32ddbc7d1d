//! Nodes and node groups that wait for a person, or are in trouble.

use commands::{Approve, Kubectl, Objects, Output, Resource};

use crate::safe_text::short;
use crate::{
    doctor::{
        finding::{Finding, Severity},
        look::Look,
    },
    objects::{Node, NodeGroup},
};

/// Nodes that wait for the approval of a disruption that only a person gives.
pub(super) fn disruption(look: &Look<'_>) -> Vec<Finding> {
    let groups = Look::all(&look.state.node_groups);
    // The condition is made from the annotations, and lags behind an approval.
    let nodes = look.state.nodes.known();
    groups
        .iter()
        .filter(|group| group.approval_mode.as_deref() == Some("Manual"))
        .filter_map(|group| {
            let waiting: Vec<&str> = nodes
                .into_iter()
                .flatten()
                .filter(|node| node.group.as_deref() == Some(&group.name) && node.wants_disruption_approved())
                .map(|node| node.name.as_str())
                .collect();
            (!waiting.is_empty() || (nodes.is_none() && group.is("WaitingForDisruptiveApproval")))
                .then(|| of_group(group, &waiting))
        })
        .collect()
}

fn of_group(group: &NodeGroup, waiting: &[&str]) -> Finding {
    let what = if waiting.is_empty() {
        "it waits for the approval of a disruption".to_owned()
    } else {
        format!("these nodes wait for the approval of a disruption: {}", waiting.join(", "))
    };
    let finding = Finding::new("node-disruption", Severity::Blocks, format!("NodeGroup/{}", group.name), what)
        .why("the group has spec.disruptions.approvalMode: Manual, so the nodes stay on the old configuration until somebody approves")
        .remedy("approve node by node; the node is drained, and what runs on it moves or stops")
        .seen_in("NodeGroups and nodes");
    match waiting.first() {
        Some(node) => finding.command(Approve::Node((*node).to_owned())),
        None => finding.command(Kubectl::Get(Objects::nodes_of_group(&group.name), Output::Table)),
    }
}

/// Node groups that report an error.
pub(super) fn errors(look: &Look<'_>) -> Vec<Finding> {
    let with_error = Look::all(&look.state.node_groups).iter().filter_map(|group| {
        let error = group.error.as_deref().filter(|error| !error.is_empty());
        let condition = group.conditions.get("Error").filter(|it| it.is_true).map(|it| it.message.as_str());
        Some((group, error.or(condition)?))
    });
    with_error
        .map(|(group, error)| {
            Finding::new(
                "node-group-error",
                Severity::Slows,
                format!("NodeGroup/{}", group.name),
                short(error),
            )
            .why("nodes of this group are not brought up to date until this is mended")
            .remedy("mend what the message names")
            .command(Kubectl::Get(Objects::one(Resource::NodeGroup, &group.name), Output::Yaml))
            .seen_in("NodeGroups")
        })
        .collect()
}

/// Nodes that are not ready are not updated, and hold the others of their group.
pub(super) fn not_ready(look: &Look<'_>) -> Vec<Finding> {
    // A node that restarts in the course of its update is not ready for minutes; it has these annotations then.
    let ill =
        Look::all(&look.state.nodes).iter().filter(|node| !node.ready && node.update_annotations.is_empty());
    let names: Vec<&str> = ill.clone().map(|node| node.name.as_str()).collect();
    let Some(first) = names.first() else { return Vec::new() };
    let master = ill.clone().any(|node| node.control_plane);
    vec![
        Finding::new("node-not-ready", Severity::Slows, format!("Node/{first}"), format!("not ready: {}", names.join(", ")))
            .why(if master {
                "a node that is not ready is not updated, and one at a time is; a master among them endangers the control plane in the update"
            } else {
                "a node that is not ready is not updated, and holds the others of its group, of which one at a time is"
            })
            .remedy("see why; on the node itself `journalctl -u kubelet` and `journalctl -u bashible` tell more")
            .command(Kubectl::Describe(Objects::one(Resource::Node, *first)))
            .seen_in("nodes"),
    ]
}

/// A drain that a person began is not part of an update and ends only by a person.
pub(super) fn drained_by_hand(look: &Look<'_>) -> Vec<Finding> {
    let by_hand = |node: &&Node| {
        ["draining", "drained"]
            .iter()
            .any(|key| node.update_annotations.get(*key).is_some_and(|value| value == "user"))
    };
    Look::all(&look.state.nodes)
        .iter()
        .filter(by_hand)
        .map(|node| {
            Finding::new(
                "node-drained",
                Severity::Notable,
                format!("Node/{}", node.name),
                "somebody has drained it by hand",
            )
            .why("it counts as updating until the annotation is gone, and the node stays unschedulable")
            .remedy("when the work on it is done, let it in again")
            .command(Kubectl::Uncordon(node.name.clone()))
            .command(Kubectl::ForgetDrain(node.name.clone()))
            .seen_in("nodes")
        })
        .collect()
}
