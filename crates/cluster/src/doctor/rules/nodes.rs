//! Nodes and node groups that wait for a person, or have problems.

use commands::{Kubectl, Objects, Output, Resource};
use problems::{Advice, Kind, NodeAdvice, NodeFact, Object, Rule, See};

use crate::{
    doctor::{
        context::{Context, see},
        finding::{Finding, Severity},
        source::Source,
    },
    objects::{Node, NodeGroup},
    safe_text::short,
};

/// Nodes that wait for the approval of a disruption that only a person gives.
pub(super) fn disruption(context: &Context<'_>) -> Vec<Finding> {
    let groups = Context::list(&context.state.node_groups);
    // The condition is derived from the annotations, and lags behind an approval.
    let nodes = context.state.nodes.known();
    groups
        .iter()
        .filter(|group| group.approval_mode.as_deref() == Some("Manual"))
        .filter_map(|group| {
            let waiting: Vec<String> = nodes
                .into_iter()
                .flatten()
                .filter(|node| node.group.as_deref() == Some(&group.name) && node.wants_disruption_approved())
                .map(|node| node.name.clone())
                .collect();
            (!waiting.is_empty() || (nodes.is_none() && group.is("WaitingForDisruptiveApproval")))
                .then(|| of_group(group, &waiting))
        })
        .collect()
}

fn of_group(group: &NodeGroup, nodes: &[String]) -> Finding {
    let list = Kubectl::Get(Objects::nodes_of_group(&group.name), Output::Table);
    let object = Object::new(Kind::NodeGroup, &group.name);
    let finding = Finding::new(
        Rule::NodeDisruption,
        Severity::Blocks,
        object,
        NodeFact::GroupNeedsApproval { node: nodes.first().cloned() },
    )
    .seen_in(Source::NodeGroups)
    .seen_in(Source::Nodes);
    if nodes.is_empty() {
        return finding.advise(see(See::Nodes, list)).advise(Advice::ApproveNode { node: None });
    }
    finding.advise_all(nodes.iter().map(|node| Advice::ApproveNode { node: Some(node.clone()) }))
}

/// Node groups that report an error.
pub(super) fn errors(context: &Context<'_>) -> Vec<Finding> {
    let with_error = Context::list(&context.state.node_groups).iter().filter_map(|group| {
        let error = group.error.as_deref().filter(|error| !error.is_empty());
        let condition = group.conditions.get("Error").filter(|it| it.is_true).map(|it| it.message.as_str());
        let error = error.or(condition)?;
        Some((group, (!error.is_empty()).then(|| short(error))))
    });
    with_error
        .map(|(group, error)| {
            let object = Object::new(Kind::NodeGroup, &group.name);
            let fact = NodeFact::GroupError(error);
            Finding::new(Rule::NodeGroupError, Severity::Slows, object, fact)
                .advise(see(
                    See::NodeGroup,
                    Kubectl::Get(Objects::one(Resource::NodeGroup, &group.name), Output::Yaml),
                ))
                .advise(NodeAdvice::FixError)
                .seen_in(Source::NodeGroups)
        })
        .collect()
}

/// Nodes that are not ready are not updated, and delay the others of their group.
pub(super) fn not_ready(context: &Context<'_>) -> Vec<Finding> {
    // A node that restarts while it is updated is not ready for minutes; it has these annotations then.
    let not_ready: Vec<&Node> = Context::list(&context.state.nodes)
        .iter()
        .filter(|node| !node.ready && node.update_annotations.is_empty())
        .collect();
    let Some(first) = not_ready.first() else { return Vec::new() };
    let control_plane = not_ready.iter().filter(|node| node.control_plane);
    let fact = NodeFact::NotReady {
        nodes: not_ready.iter().map(|node| node.name.clone()).collect(),
        control_plane: control_plane.map(|node| node.name.clone()).collect(),
    };
    vec![
        Finding::new(Rule::NodeNotReady, Severity::Slows, Object::new(Kind::Node, &first.name), fact)
            .advise(see(See::NodeEvents, Kubectl::Describe(Objects::one(Resource::Node, &first.name))))
            .advise(Advice::ReadNodeLog { node: Some(first.name.clone()) })
            .seen_in(Source::Nodes),
    ]
}

/// A drain by a person is not part of an update, and only a person ends it.
pub(super) fn drained_by_user(context: &Context<'_>) -> Vec<Finding> {
    let by_user = |node: &&Node| {
        ["draining", "drained"]
            .iter()
            .any(|key| node.update_annotations.get(*key).is_some_and(|value| value == "user"))
    };
    Context::list(&context.state.nodes)
        .iter()
        .filter(by_user)
        .map(|node| {
            let object = Object::new(Kind::Node, &node.name);
            Finding::new(Rule::NodeDrained, Severity::Notable, object, NodeFact::DrainedByUser)
                .advise(NodeAdvice::Uncordon { node: node.name.clone() })
                .advise(NodeAdvice::RemoveDrainAnnotations { node: node.name.clone() })
                .seen_in(Source::Nodes)
        })
        .collect()
}
