//! What a node group, and a node in it, wait for during an update.

use std::collections::BTreeMap;

use problems::NodeFact;

use crate::objects::{Node, NodeGroup};

/// Why a group is not up to date. `nodes` are those of the cluster, as far as they are known.
pub(crate) fn of_group(group: &NodeGroup, nodes: &[Node]) -> Option<NodeFact> {
    let members: Vec<_> = nodes.iter().filter(|node| node.group.as_deref() == Some(&*group.name)).collect();
    // A node that a person has cordoned is not counted as ready in groups of static nodes, and is not part
    // of an update.
    let cordoned =
        members.iter().filter(|node| node.unschedulable && of_update(node).is_empty()).count() as u64;
    // `Updating` is true for any annotation of update.node.deckhouse.io, a person's own drain included.
    let only_persons = members.iter().any(|node| !node.update_annotations.is_empty())
        && members.iter().all(|node| of_update(node).is_empty());
    let error = group.error.clone().filter(|it| !it.is_empty()).map(Some).or_else(|| {
        let condition = group.conditions.get("Error").filter(|it| it.is_true)?;
        Some(Some(condition.message.clone()).filter(|it| !it.is_empty()))
    });
    if let Some(error) = error {
        Some(NodeFact::GroupError(error))
    } else if group.is("WaitingForDisruptiveApproval") {
        let waiting = members.iter().find(|node| node.wants_disruption_approved());
        Some(NodeFact::GroupNeedsApproval { node: waiting.map(|node| node.name.clone()) })
    } else if group.up_to_date < group.nodes {
        Some(NodeFact::GroupUpToDate { count: group.up_to_date, all: group.nodes })
    } else if group.is("Updating") && !only_persons {
        Some(NodeFact::GroupUpdating)
    } else if group.ready + cordoned < group.nodes {
        Some(NodeFact::GroupReady { count: group.ready, all: group.nodes })
    } else {
        None
    }
}

/// What the update of a node waits for, by the annotations that node and platform set.
pub(crate) fn of_node(node: &Node) -> Option<NodeFact> {
    let annotations = of_update(node);
    let has = |key: &str| annotations.contains_key(key);
    if annotations.is_empty() {
        None
    } else if node.wants_disruption_approved() {
        Some(NodeFact::NeedsApproval)
    } else if has("drained") {
        Some(NodeFact::Drained)
    } else if has("draining") {
        Some(NodeFact::Draining)
    } else if has("waiting-for-approval") && !has("approved") && !has("disruption-approved") {
        Some(NodeFact::InQueue)
    } else {
        Some(NodeFact::Updating)
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

    #[test]
    fn what_a_node_waits_for() {
        for (annotations, expected) in [
            (&[][..], None),
            (&[("waiting-for-approval", "")], Some(NodeFact::InQueue)),
            (&[("waiting-for-approval", ""), ("approved", "")], Some(NodeFact::Updating)),
            (&[("approved", ""), ("disruption-required", "")], Some(NodeFact::NeedsApproval)),
            (&[("disruption-required", ""), ("disruption-approved", "")], Some(NodeFact::Updating)),
            (&[("draining", "bashible")], Some(NodeFact::Draining)),
            (&[("drained", "bashible")], Some(NodeFact::Drained)),
            (&[("rolling-update", "")], Some(NodeFact::Updating)),
            (&[("draining", "user"), ("drained", "user")], None),
            (&[("drained", "user"), ("waiting-for-approval", "")], Some(NodeFact::InQueue)),
        ] {
            let update_annotations =
                annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let node = Node { name: "w1".to_owned(), update_annotations, ..Node::default() };
            assert_eq!(of_node(&node), expected, "{annotations:?}");
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
            |node: Option<&str>| Some(NodeFact::GroupNeedsApproval { node: node.map(str::to_owned) });
        for (group, expected) in [
            (group(2, 2, &["Ready"]), None),
            (group(1, 2, &["Updating"]), Some(NodeFact::GroupUpToDate { count: 1, all: 2 })),
            (group(2, 1, &[]), Some(NodeFact::GroupReady { count: 1, all: 2 })),
            (group(2, 2, &["Updating"]), Some(NodeFact::GroupUpdating)),
            (group(1, 2, &["Updating", "WaitingForDisruptiveApproval"]), approve(None)),
            (group(1, 2, &["Updating", "Error"]), Some(NodeFact::GroupError(None))),
            (
                NodeGroup { error: Some("no".into()), ..group(2, 2, &[]) },
                Some(NodeFact::GroupError(Some("no".into()))),
            ),
            (NodeGroup { error: Some("".into()), ..group(2, 2, &[]) }, None),
        ] {
            assert_eq!(of_group(&group, &[]), expected, "{group:?}");
        }
        let update_annotations = [("disruption-required".to_owned(), String::new())].into();
        let group_name = Some("worker".to_owned());
        let node =
            Node { name: "w2".to_owned(), group: group_name.clone(), update_annotations, ..Node::default() };
        let first = Node { name: "w1".to_owned(), group: group_name, ..Node::default() };
        let named = of_group(&group(1, 2, &["WaitingForDisruptiveApproval"]), &[first, node]);
        assert_eq!(named, approve(Some("w2")));
    }
}
