//! What a node group, and a node in it, wait for in the course of an update: worded here and nowhere else.

use std::collections::BTreeMap;

use commands::{Approve, Sentence};

use crate::objects::{Node, NodeGroup};

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeWait {
    /// Whether it is a person's approval.
    pub(crate) approval: bool,
    /// What goes on, as what is said of the group or the node: `1 of 2 nodes are up to date`.
    pub(crate) text: Sentence,
}

impl NodeWait {
    fn new(text: impl Into<Sentence>) -> Self {
        Self { approval: false, text: text.into() }
    }

    fn approval(text: &str, node: &str) -> Self {
        Self { approval: true, text: Sentence::from(text).command(Approve::Node(node.to_owned())) }
    }
}

/// Why a group has not settled (facts 4.6). `nodes` are those of the cluster, as far as they are known.
pub(crate) fn of_group(group: &NodeGroup, nodes: &[Node]) -> Option<NodeWait> {
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
    if let Some(error) = error {
        Some(NodeWait::new(format!("has an error: {error}")))
    } else if group.is("WaitingForDisruptiveApproval") {
        let waiting = members.iter().find(|node| node.wants_disruption_approved());
        let name = waiting.map_or("NAME", |node| &node.name);
        Some(NodeWait::approval("waits until somebody approves the disruption of a node: ", name))
    } else if group.up_to_date < group.nodes {
        Some(NodeWait::new(format!("{} of {} nodes are up to date", group.up_to_date, group.nodes)))
    } else if group.is("Updating") && !only_persons {
        Some(NodeWait::new("nodes are being updated"))
    } else if group.ready + cordoned < group.nodes {
        Some(NodeWait::new(format!("{} of {} nodes are ready", group.ready, group.nodes)))
    } else {
        None
    }
}

/// What the update of a node waits for, by the annotations that node and platform set (facts 4.6).
pub(crate) fn of_node(node: &Node) -> Option<NodeWait> {
    let annotations = of_update(node);
    let has = |key: &str| annotations.contains_key(key);
    if annotations.is_empty() {
        None
    } else if node.wants_disruption_approved() {
        Some(NodeWait::approval("waits until somebody approves its disruption: ", &node.name))
    } else if has("drained") {
        Some(NodeWait::new("is drained, its disruptive update goes on"))
    } else if has("draining") {
        Some(NodeWait::new("is being drained"))
    } else if has("waiting-for-approval") && !has("approved") && !has("disruption-approved") {
        Some(NodeWait::new("waits for its turn"))
    } else {
        Some(NodeWait::new("is being updated"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Condition;

    fn said(wait: Option<NodeWait>) -> String {
        wait.map(|it| it.text.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_a_node_waits_for() {
        let approve = "waits until somebody approves its disruption: dhctl update approve --node w1";
        for (annotations, text) in [
            (&[][..], ""),
            (&[("waiting-for-approval", "")], "waits for its turn"),
            (&[("waiting-for-approval", ""), ("approved", "")], "is being updated"),
            (&[("approved", ""), ("disruption-required", "")], approve),
            (&[("disruption-required", ""), ("disruption-approved", "")], "is being updated"),
            (&[("draining", "bashible")], "is being drained"),
            (&[("drained", "bashible")], "is drained, its disruptive update goes on"),
            (&[("rolling-update", "")], "is being updated"),
            (&[("draining", "user"), ("drained", "user")], ""),
            (&[("drained", "user"), ("waiting-for-approval", "")], "waits for its turn"),
        ] {
            let update_annotations =
                annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let node = Node { name: "w1".to_owned(), update_annotations, ..Node::default() };
            let wait = of_node(&node);
            assert_eq!(wait.as_ref().is_some_and(|it| it.approval), text == approve);
            assert_eq!(said(wait), text, "{annotations:?}");
        }
    }

    #[test]
    fn what_a_group_waits_for() {
        let group = |up_to_date, ready, conditions: &[&str]| NodeGroup {
            name: "worker".to_owned(),
            nodes: 2,
            up_to_date,
            ready,
            conditions: conditions
                .iter()
                .map(|kind| ((*kind).to_owned(), Condition { is_true: true, message: "".into() }))
                .collect(),
            ..NodeGroup::default()
        };
        let approve =
            "waits until somebody approves the disruption of a node: dhctl update approve --node NAME";
        for (group, text) in [
            (group(2, 2, &["Ready"]), ""),
            (group(1, 2, &["Updating"]), "1 of 2 nodes are up to date"),
            (group(2, 1, &[]), "1 of 2 nodes are ready"),
            (group(2, 2, &["Updating"]), "nodes are being updated"),
            (group(1, 2, &["Updating", "WaitingForDisruptiveApproval"]), approve),
            (group(1, 2, &["Updating", "Error"]), "has an error: condition Error"),
            (NodeGroup { error: Some("no".into()), ..group(2, 2, &[]) }, "has an error: no"),
            (NodeGroup { error: Some("".into()), ..group(2, 2, &[]) }, ""),
        ] {
            assert_eq!(said(of_group(&group, &[])), text, "{group:?}");
        }
        let update_annotations = [("disruption-required".to_owned(), String::new())].into();
        let group_name = Some("worker".to_owned());
        let node =
            Node { name: "w2".to_owned(), group: group_name.clone(), update_annotations, ..Node::default() };
        let first = Node { name: "w1".to_owned(), group: group_name, ..Node::default() };
        let named = said(of_group(&group(1, 2, &["WaitingForDisruptiveApproval"]), &[first, node]));
        assert_eq!(named, approve.replace("NAME", "w2"));
    }
}
