//! Nodes and node groups.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use serde::Serialize;

/// What matters of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Name of the node.
    pub name: String,
    /// Label `node.deckhouse.io/group`.
    pub group: Option<String>,
    /// Whether it has the label `node-role.kubernetes.io/control-plane`.
    pub control_plane: bool,
    /// The annotations that begin with `update.node.deckhouse.io/`, without that prefix.
    pub update_annotations: BTreeMap<String, String>,
    /// Annotation `node.deckhouse.io/configuration-checksum`.
    pub configuration_checksum: Option<String>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// Condition `Ready` is `True`.
    pub ready: bool,
    /// `status.nodeInfo.kubeletVersion`.
    pub kubelet_version: String,
    /// `status.nodeInfo.osImage`.
    pub os_image: String,
    /// `status.nodeInfo.kernelVersion`.
    pub kernel_version: String,
    /// `status.nodeInfo.containerRuntimeVersion`.
    pub container_runtime: String,
    /// `metadata.resourceVersion`: an approval says which state it was decided on.
    #[serde(skip)]
    pub resource_version: Option<String>,
}

/// An object `nodegroups.deckhouse.io/v1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeGroup {
    /// Name of the group.
    pub name: String,
    /// `spec.nodeType`.
    pub node_type: String,
    /// `spec.disruptions.approvalMode`: `Manual`, `Automatic` or `RollingUpdate`.
    pub approval_mode: Option<String>,
    /// `spec.cri.type`.
    pub cri: Option<String>,
    /// `status.nodes`.
    pub nodes: u64,
    /// `status.ready`.
    pub ready: u64,
    /// `status.upToDate`.
    pub up_to_date: u64,
    /// `status.error`.
    pub error: Option<ForeignText>,
    /// `status.kubernetesVersion`.
    pub kubernetes_version: Option<String>,
    /// `status.conditionSummary.statusMessage`.
    pub summary: Option<ForeignText>,
    /// `status.conditions`, by type.
    pub conditions: BTreeMap<String, Condition>,
}

/// A condition in a status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Whether its status is `True`.
    pub is_true: bool,
    /// Its message.
    pub message: ForeignText,
}

impl Node {
    /// Whether its update stands still until somebody approves that it is drained or restarted.
    pub fn wants_disruption_approved(&self) -> bool {
        let has = |key: &str| self.update_annotations.contains_key(key);
        has("disruption-required") && !has("disruption-approved")
    }

    /// Whether it runs ALT Linux, by the name of the system in `/etc/os-release`: `ALT Server 10.2`, `ALT SP Server 11100-01`.
    pub fn is_alt(&self) -> bool {
        self.os_image.split(' ').next() == Some("ALT")
    }
}

impl NodeGroup {
    /// Whether the condition of this type is there and `True`.
    pub fn is(&self, condition: &str) -> bool {
        self.conditions.get(condition).is_some_and(|it| it.is_true)
    }
}
