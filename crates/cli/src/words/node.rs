//! Nodes and node groups.

use commands::Sentence;
use problems::NodeFact;

use super::list;

/// How many nodes are named.
const NAMED: usize = 10;

pub(super) fn predicate(fact: &NodeFact) -> Sentence {
    match fact {
        NodeFact::GroupError(Some(error)) => format!("has an error: {error}"),
        NodeFact::GroupError(None) => "has the condition Error".to_owned(),
        NodeFact::GroupNeedsApproval { node: Some(node) } => {
            format!("waits for approval of the disruption of node {node}")
        }
        NodeFact::GroupNeedsApproval { node: None } => {
            "waits for approval of the disruption of a node".to_owned()
        }
        NodeFact::GroupUpToDate { count, all } => format!("has {count} of {all} nodes up to date"),
        NodeFact::GroupUpdating => "is updating its nodes".to_owned(),
        NodeFact::GroupReady { count, all } => format!("has {count} of {all} nodes ready"),
        NodeFact::NeedsApproval => "waits for approval of its disruption".to_owned(),
        NodeFact::Drained => "is drained and continues with its update".to_owned(),
        NodeFact::Draining => "is being drained".to_owned(),
        NodeFact::InQueue => "waits until another node of its group is updated".to_owned(),
        NodeFact::Updating => "is being updated".to_owned(),
        NodeFact::NotReady { nodes, .. } if nodes.len() > 1 => {
            format!("is not ready; {} nodes are affected: {}", nodes.len(), list(nodes, NAMED))
        }
        NodeFact::NotReady { .. } => "is not ready".to_owned(),
        NodeFact::DrainedByUser => "was drained by a user".to_owned(),
    }
    .into()
}

pub(super) fn means(fact: &NodeFact) -> Option<Sentence> {
    let text = match fact {
        NodeFact::GroupNeedsApproval { .. } => {
            "spec.disruptions.approvalMode of the group is Manual; an approved node is drained: its pods move to other nodes \
             or stop"
        }
        NodeFact::GroupError(_) => {
            "nodes of other groups are updated, but nodes of this group only after the error is fixed"
        }
        NodeFact::NotReady { control_plane, .. } if !control_plane.is_empty() => {
            return Some(
                format!(
                    "a node that is not ready is not updated, and delays the other nodes in its group; without {} the \
                     update may interrupt the control plane",
                    list(control_plane, NAMED)
                )
                .into(),
            );
        }
        NodeFact::NotReady { .. } => {
            "a node that is not ready is not updated, and delays the other nodes in its group, which are updated one by one"
        }
        NodeFact::DrainedByUser => {
            "the platform counts it as being updated until its drain annotations are removed; it stays \
             unschedulable until it is uncordoned"
        }
        _ => return None,
    };
    Some(text.into())
}
