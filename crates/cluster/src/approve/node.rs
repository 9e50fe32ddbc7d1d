//! The approval of a disruption on one node, where its group wants a person's word for it.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::ListParams};
use serde::Serialize;
use serde_json::json;

use super::{Approval, ApproveError};
use crate::{
    ClusterState, Error,
    access::Cluster,
    change::{Change, Guard, Kind, Write},
};

/// Sets `update.node.deckhouse.io/disruption-approved`; only that it is there counts (platform's documentation
/// of node groups).
const APPROVED: &str = "update.node.deckhouse.io/disruption-approved";

/// A pod on a node, which an interruption of the node interrupts too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bystander {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// The approval of the disruption on a node; `None` if it is given already.
pub fn node(state: &ClusterState, name: &str) -> Result<Option<Approval>, ApproveError> {
    let object = format!("Node/{name}");
    let not_its_turn =
        |why: String| Err(ApproveError::NotItsTurn { object: object.clone(), why: why.into() });
    let all = state.nodes.required("nodes")?;
    let Some(node) = all.iter().find(|node| node.name == name) else {
        let known: Vec<&str> = all.iter().map(|node| node.name.as_str()).collect();
        return not_its_turn(format!("there is no such node; there are: {}", known.join(", ")));
    };
    if node.update_annotations.contains_key("disruption-approved") {
        return Ok(None);
    }
    if !node.update_annotations.contains_key("disruption-required") {
        return not_its_turn("does not ask for the approval of a disruption".to_owned());
    }
    let change = Change {
        what: format!("let the platform interrupt node {name} to update it"),
        kind: Kind::Node,
        name: name.to_owned(),
        write: Write::Merge(json!({ "metadata": { "annotations": { APPROVED: "" } } })),
    };
    let mut notes = vec![group_note(state, node.group.as_deref())];
    if node.control_plane {
        let masters = all.iter().filter(|node| node.control_plane).count();
        notes.push(match masters {
            1 => {
                "it is the only master: the API and everything that needs it are away for minutes".to_owned()
            }
            _ => {
                format!("it is one of {masters} masters: the API may answer slowly or break off for seconds")
            }
        });
    }
    Ok(Some(Approval { change, guard: Guard::of(node.resource_version.as_deref()), preflight: false, notes }))
}

fn group_note(state: &ClusterState, group: Option<&str>) -> String {
    let Some(name) = group else { return "it belongs to no node group".to_owned() };
    let group = state.node_groups.known().and_then(|all| all.iter().find(|it| it.name == name));
    let mode = group.and_then(|group| group.approval_mode.as_deref());
    match mode {
        Some("Manual") => format!("NodeGroup/{name} wants each disruption approved by hand"),
        Some(mode) => format!(
            "NodeGroup/{name} has disruptions.approvalMode {mode}: the platform also approves automatically"
        ),
        None => format!("how NodeGroup/{name} approves disruptions is not known"),
    }
}

/// The pods that run on a node, but for those that are bound to it (of a `DaemonSet`, static ones). Needs the right to
/// list pods in all namespaces.
pub async fn bystanders(cluster: &Cluster, node: &str) -> Result<Vec<Bystander>, Error> {
    let fields = format!("spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed");
    let pods: Api<Pod> = Api::all(cluster.client.clone());
    let pods = pods.list_metadata(&ListParams::default().fields(&fields)).await?;
    let mut bystanders: Vec<Bystander> = pods
        .items
        .into_iter()
        .map(|pod| pod.metadata)
        .filter(|pod| {
            let mut owners = pod.owner_references.iter().flatten();
            !owners.any(|owner| owner.kind == "DaemonSet" || owner.kind == "Node")
        })
        .map(|pod| Bystander {
            namespace: pod.namespace.unwrap_or_default(),
            name: pod.name.unwrap_or_default(),
        })
        .collect();
    bystanders.sort();
    Ok(bystanders)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Reading,
        objects::{Node, NodeGroup},
    };

    fn state(masters: usize, annotations: &[&str]) -> ClusterState {
        let nodes = (0..masters).map(|number| Node {
            name: format!("m{number}"),
            group: Some("master".to_owned()),
            control_plane: true,
            update_annotations: annotations.iter().map(|key| ((*key).to_owned(), String::new())).collect(),
            ..Node::default()
        });
        let group = NodeGroup {
            name: "master".to_owned(),
            approval_mode: Some("Manual".to_owned()),
            ..NodeGroup::default()
        };
        ClusterState {
            nodes: Reading::Known(nodes.collect()),
            node_groups: Reading::Known(vec![group]),
            ..ClusterState::default()
        }
    }

    #[test]
    fn only_a_node_that_asks_is_approved() {
        let approval = node(&state(1, &["disruption-required"]), "m0").unwrap().unwrap();
        assert_eq!(approval.change.object(), "Node/m0");
        assert!(approval.notes[0].contains("by hand"), "{:?}", approval.notes);
        assert!(approval.notes[1].contains("only master"), "{:?}", approval.notes);
        let three = node(&state(3, &["disruption-required"]), "m0").unwrap().unwrap();
        assert!(three.notes[1].contains("one of 3 masters"), "{:?}", three.notes);
        let given = node(&state(1, &["disruption-required", "disruption-approved"]), "m0").unwrap();
        assert_eq!(given, None);
        for (state, name, why) in [
            (state(1, &[]), "m0", "Node/m0: does not ask for the approval of a disruption"),
            (state(1, &[]), "w", "Node/w: there is no such node; there are: m0"),
            (ClusterState::default(), "m0", "nodes cannot be read: not read yet"),
        ] {
            assert_eq!(node(&state, name).unwrap_err().to_string(), why);
        }
    }
}
