//! Nodes, node groups and ingress controllers.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::places::{Source, lies_at},
    lenient::{count, harmless, items, name, or_default, text, words},
};
use crate::objects::{Condition, IngressController, Node, NodeGroup};

/// What the platform's annotations about a node's update begin with.
const UPDATE: &str = "update.node.deckhouse.io/";

/// `nodes`.
pub(crate) struct Nodes;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawNode {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawNodeSpec,
    #[serde(default)]
    status: RawNodeStatus,
}
lies_at!(RawNode, ClusterResourceScope, "", "v1", "Node", "nodes");

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct RawNodeSpec {
    #[serde(deserialize_with = "or_default")]
    unschedulable: bool,
}

/// Without the list of images, which is by far the largest part.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawNodeStatus {
    conditions: Value,
    node_info: RawNodeInfo,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawNodeInfo {
    #[serde(deserialize_with = "or_default")]
    kubelet_version: String,
    #[serde(deserialize_with = "or_default")]
    os_image: String,
    #[serde(deserialize_with = "or_default")]
    kernel_version: String,
    #[serde(deserialize_with = "or_default")]
    container_runtime_version: String,
}

impl Source for Nodes {
    type Raw = RawNode;
    type Item = Node;
    const DEFINITION: Option<&'static str> = None;

    fn api(client: &Client) -> Api<RawNode> {
        Api::all(client.clone())
    }

    fn item(raw: RawNode) -> Node {
        let RawNode { metadata, spec, status } = raw;
        let name = name(&metadata);
        let mut labels = metadata.labels.unwrap_or_default();
        let mut annotations = metadata.annotations.unwrap_or_default();
        let info = status.node_info;
        Node {
            name,
            group: labels.remove("node.deckhouse.io/group").map(|group| harmless(&group)),
            control_plane: labels.contains_key("node-role.kubernetes.io/control-plane"),
            configuration_checksum: annotations
                .remove("node.deckhouse.io/configuration-checksum")
                .map(|checksum| harmless(&checksum)),
            update_annotations: annotations
                .into_iter()
                .filter_map(|(key, value)| Some((harmless(key.strip_prefix(UPDATE)?), harmless(&value))))
                .collect(),
            unschedulable: spec.unschedulable,
            ready: items(&status.conditions).any(|it| it["type"] == "Ready" && it["status"] == "True"),
            kubelet_version: harmless(&info.kubelet_version),
            os_image: harmless(&info.os_image),
            kernel_version: harmless(&info.kernel_version),
            container_runtime: harmless(&info.container_runtime_version),
            resource_version: metadata.resource_version,
        }
    }
}

/// `nodegroups`.
pub(crate) struct NodeGroups;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawNodeGroup {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}
lies_at!(RawNodeGroup, ClusterResourceScope, "deckhouse.io", "v1", "NodeGroup", "nodegroups");

impl Source for NodeGroups {
    type Raw = RawNodeGroup;
    type Item = NodeGroup;
    const DEFINITION: Option<&'static str> = Some("nodegroups.deckhouse.io");

    fn api(client: &Client) -> Api<RawNodeGroup> {
        Api::all(client.clone())
    }

    fn item(raw: RawNodeGroup) -> NodeGroup {
        let RawNodeGroup { metadata, spec, status } = raw;
        let conditions: BTreeMap<String, Condition> = items(&status["conditions"])
            .filter_map(|it| {
                let condition = Condition {
                    is_true: it["status"] == "True",
                    message: words(&it["message"]).unwrap_or_default(),
                };
                Some((text(&it["type"])?, condition))
            })
            .collect();
        NodeGroup {
            name: name(&metadata),
            node_type: text(&spec["nodeType"]).unwrap_or_default(),
            approval_mode: text(&spec["disruptions"]["approvalMode"]),
            cri: text(&spec["cri"]["type"]),
            nodes: count(&status["nodes"]),
            ready: count(&status["ready"]),
            up_to_date: count(&status["upToDate"]),
            error: words(&status["error"]),
            kubernetes_version: text(&status["kubernetesVersion"]),
            summary: words(&status["conditionSummary"]["statusMessage"]),
            conditions,
        }
    }
}

/// `ingressnginxcontrollers`.
pub(crate) struct IngressControllers;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawIngressController {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawIngressSpec,
}
lies_at!(
    RawIngressController,
    ClusterResourceScope,
    "deckhouse.io",
    "v1",
    "IngressNginxController",
    "ingressnginxcontrollers"
);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawIngressSpec {
    controller_version: Value,
    ingress_class: Value,
}

impl Source for IngressControllers {
    type Raw = RawIngressController;
    type Item = IngressController;
    const DEFINITION: Option<&'static str> = Some("ingressnginxcontrollers.deckhouse.io");

    fn api(client: &Client) -> Api<RawIngressController> {
        Api::all(client.clone())
    }

    fn item(raw: RawIngressController) -> IngressController {
        IngressController {
            name: name(&raw.metadata),
            version: text(&raw.spec.controller_version),
            class: text(&raw.spec.ingress_class),
        }
    }
}
