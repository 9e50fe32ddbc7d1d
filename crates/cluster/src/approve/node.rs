//! The approval of a disruption on one node, where its group requires one.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::ListParams};
use problems::Object;
use serde::Serialize;
use serde_json::json;

use super::{Approval, ApprovalNote, ApproveError, NotApprovable};
use crate::{
    ClusterState, Error,
    access::Cluster,
    change::{Change, Guard, Kind, Purpose, Write},
};

/// Sets `update.node.deckhouse.io/disruption-approved`; only that it is there counts (platform's documentation
/// of node groups).
const APPROVED: &str = "update.node.deckhouse.io/disruption-approved";

/// A pod on a node, which a disruption of the node interrupts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodOnNode {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// The approval of the disruption on a node; `None` if it is given already.
pub fn node(state: &ClusterState, name: &str) -> Result<Option<Approval>, ApproveError> {
    let object = Object::new(problems::Kind::Node, name);
    let refused = |reason| Err(ApproveError::NotApprovable { object: object.clone(), reason });
    let all = state.nodes.required("nodes")?;
    let Some(node) = all.iter().find(|node| node.name == name) else {
        let known = all.iter().map(|node| node.name.clone()).collect();
        return refused(NotApprovable::NoNode { known });
    };
    if node.update_annotations.contains_key("disruption-approved") {
        return Ok(None);
    }
    if !node.update_annotations.contains_key("disruption-required") {
        return refused(NotApprovable::NodeNotWaiting);
    }
    let change = Change {
        purpose: Purpose::ApproveNode { node: name.to_owned() },
        kind: Kind::Node,
        name: name.to_owned(),
        write: Write::Merge(json!({ "metadata": { "annotations": { APPROVED: "" } } })),
    };
    let mut notes = vec![group_note(state, node.group.as_deref())];
    if node.control_plane {
        let count = all.iter().filter(|node| node.control_plane).count();
        notes.push(if count == 1 { ApprovalNote::OnlyMaster } else { ApprovalNote::OneOfMasters { count } });
    }
    Ok(Some(Approval { change, guard: Guard::of(node.resource_version.as_deref()), preflight: false, notes }))
}

fn group_note(state: &ClusterState, group: Option<&str>) -> ApprovalNote {
    let Some(name) = group else { return ApprovalNote::NoNodeGroup };
    let known = state.node_groups.known().and_then(|all| all.iter().find(|it| it.name == name));
    let group = name.to_owned();
    match known.and_then(|group| group.approval_mode.as_deref()) {
        Some("Manual") => ApprovalNote::GroupNeedsApproval { group },
        Some(mode) => ApprovalNote::GroupApproves { group, mode: mode.to_owned() },
        None => ApprovalNote::GroupUnknown { group },
    }
}

/// The pods that run on a node, except those that are bound to it (of a `DaemonSet`, static ones). Needs the right to
/// list pods in all namespaces.
pub async fn pods_on_node(cluster: &Cluster, node: &str) -> Result<Vec<PodOnNode>, Error> {
    let fields = format!("spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed");
    let all: Api<Pod> = Api::all(cluster.client.clone());
    let all = all.list_metadata(&ListParams::default().fields(&fields)).await?;
    let mut pods: Vec<PodOnNode> = all
        .items
        .into_iter()
        .map(|pod| pod.metadata)
        .filter(|pod| {
            let mut owners = pod.owner_references.iter().flatten();
            !owners.any(|owner| owner.kind == "DaemonSet" || owner.kind == "Node")
        })
        .map(|pod| PodOnNode {
            namespace: pod.namespace.unwrap_or_default(),
            name: pod.name.unwrap_or_default(),
        })
        .collect();
    pods.sort();
    Ok(pods)
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
    fn only_a_node_that_waits_for_approval_is_approved() {
        let approval = node(&state(1, &["disruption-required"]), "m0").unwrap().unwrap();
        assert_eq!(approval.change.object().to_string(), "Node/m0");
        let group = || ApprovalNote::GroupNeedsApproval { group: "master".to_owned() };
        assert_eq!(approval.notes, [group(), ApprovalNote::OnlyMaster]);
        let three = node(&state(3, &["disruption-required"]), "m0").unwrap().unwrap();
        assert_eq!(three.notes, [group(), ApprovalNote::OneOfMasters { count: 3 }]);
        let given = node(&state(1, &["disruption-required", "disruption-approved"]), "m0").unwrap();
        assert_eq!(given, None);
        for (state, name, expected) in [
            (state(1, &[]), "m0", NotApprovable::NodeNotWaiting),
            (state(1, &[]), "w", NotApprovable::NoNode { known: vec!["m0".to_owned()] }),
        ] {
            let error = node(&state, name).unwrap_err();
            assert!(
                matches!(&error, ApproveError::NotApprovable { reason, .. } if *reason == expected),
                "{error:?}"
            );
        }
        let unread = node(&ClusterState::default(), "m0").unwrap_err();
        assert_eq!(unread.to_string(), "nodes cannot be read: not read yet");
    }
}
