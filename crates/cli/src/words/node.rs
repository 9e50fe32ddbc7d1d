//! Nodes and node groups.

use commands::Sentence;
use problems::NodeFact;

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
    }
    .into()
}
