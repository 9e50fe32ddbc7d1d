//! The default cluster: its objects as the API has them while nothing happens.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{initial_state::InitialState, update::name_of};
use crate::kube::Kubelet;

/// What the platform's images are pulled from.
const REPOSITORY: &str = "registry.example.com/dkp/ee";
const NODE_VERSION: &str = "v1.31.6";
pub(super) const PLATFORM: &str = "deckhouse.io/v1alpha1";
/// Modules of the default cluster. The last one is not enabled.
const MODULES: [&str; 9] = [
    "admission-policy-engine",
    "cert-manager",
    "control-plane-manager",
    "deckhouse",
    "ingress-nginx",
    "node-manager",
    "prometheus",
    "user-authn",
    "delivery",
];

/// Everything that there is before releases and pods.
pub(super) fn objects(initial_state: &InitialState, kubelet: &Kubelet) -> Vec<Value> {
    let mut objects: Vec<Value> =
        nodes(initial_state).map(|(group, name)| node(kubelet, group, &name)).collect();
    objects.push(node_group("master", "Manual", initial_state.masters));
    objects.push(node_group("worker", &initial_state.approval_mode, initial_state.workers));
    objects.extend(MODULES.iter().enumerate().map(|(index, name)| module(name, index + 1 < MODULES.len())));
    objects.push(config(initial_state));
    objects.push(json!({
        "apiVersion": PLATFORM, "kind": "ModuleSource", "metadata": { "name": "deckhouse" },
        "spec": { "registry": { "repo": format!("{REPOSITORY}/modules"), "scheme": "HTTPS" } },
        "status": { "modulesCount": 1, "message": "", "modules": [{ "name": "delivery", "policy": "" }] },
    }));
    objects.extend(secrets());
    objects.push(deployment(initial_state));
    objects
}

/// All nodes with their groups.
pub(super) fn nodes(initial_state: &InitialState) -> impl Iterator<Item = (&'static str, String)> {
    let named =
        |group: &'static str, count: usize| (0..count).map(move |index| (group, format!("{group}-{index}")));
    named("master", initial_state.masters).chain(named("worker", initial_state.workers))
}

/// The platform's image with this tag.
pub(super) fn image(tag: &str) -> String {
    format!("{REPOSITORY}:{tag}")
}

fn node(kubelet: &Kubelet, group: &str, name: &str) -> Value {
    let mut node = kubelet.node(name);
    node["metadata"]["labels"] = json!({ "node.deckhouse.io/group": group });
    if group == "master" {
        node["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = json!("");
    }
    node["status"]["nodeInfo"] = json!({
        "kernelVersion": "5.15.0-130-generic", "osImage": "Ubuntu 22.04.5 LTS", "kubeletVersion": NODE_VERSION,
        "containerRuntimeVersion": "containerd://1.7.24", "architecture": "amd64", "operatingSystem": "linux",
        "bootID": "", "kubeProxyVersion": NODE_VERSION, "machineID": "", "systemUUID": "",
    });
    node
}

fn node_group(name: &str, approval_mode: &str, nodes: usize) -> Value {
    json!({
        "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": name },
        "spec": {
            "nodeType": "Static", "cri": { "type": "Containerd" }, "disruptions": { "approvalMode": approval_mode },
        },
        "status": node_group_status(nodes, nodes, ""),
    })
}

/// A group of which so many nodes are up to date. `condition` is the one that is true besides `Ready`.
pub(super) fn node_group_status(nodes: usize, up_to_date: usize, condition: &str) -> Value {
    let conditions = ["Ready", "Updating", "WaitingForDisruptiveApproval", "Error"].map(|kind| {
        let is = kind == "Ready"
            || kind == condition
            || (kind == "Updating" && condition == "WaitingForDisruptiveApproval");
        json!({ "type": kind, "status": if is { "True" } else { "False" } })
    });
    json!({
        "nodes": nodes, "ready": nodes, "upToDate": up_to_date, "kubernetesVersion": "1.31",
        "conditionSummary": { "ready": "True", "statusMessage": "" }, "conditions": conditions,
    })
}

fn module(name: &str, enabled: bool) -> Value {
    json!({
        "apiVersion": PLATFORM, "kind": "Module", "metadata": { "name": name },
        "properties": { "source": if enabled { "Embedded" } else { "deckhouse" }, "weight": 340 },
        "status": if enabled { module_status("Ready", true, "") } else { json!({ "phase": "Available", "conditions": [
            { "type": "EnabledByModuleManager", "status": "False" },
        ] }) },
    })
}

/// An enabled module.
pub(super) fn module_status(phase: &str, ready: bool, message: &str) -> Value {
    let ready = if ready { "True" } else { "False" };
    json!({
        "phase": phase,
        "conditions": [
            { "type": "EnabledByModuleManager", "status": "True" },
            { "type": "IsReady", "status": ready, "message": message },
        ],
    })
}

fn config(initial_state: &InitialState) -> Value {
    let mut update = if initial_state.update.is_object() { initial_state.update.clone() } else { json!({}) };
    if let Some(mode) = &initial_state.mode {
        update["mode"] = json!(mode);
    }
    let mut settings = json!({ "bundle": "Default", "logLevel": "Info", "update": update });
    if let Some(channel) = &initial_state.channel {
        settings["releaseChannel"] = json!(channel);
    }
    json!({
        "apiVersion": PLATFORM, "kind": "ModuleConfig", "metadata": { "name": "deckhouse" },
        "spec": { "version": 1, "enabled": true, "settings": settings }, "status": { "version": "1", "message": "" },
    })
}

fn secrets() -> [Value; 2] {
    let encoded = |text: &str| BASE64_STANDARD.encode(text);
    let (host, path) = REPOSITORY.split_once('/').unwrap_or((REPOSITORY, ""));
    let login = json!({ "auths": { host: { "auth": encoded("reader:not-a-secret") } } });
    let cluster = "apiVersion: deckhouse.io/v1\nkind: ClusterConfiguration\nkubernetesVersion: \"1.31\"\ndefaultCRI: Containerd\n";
    [
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
            "data": {
                ".dockerconfigjson": encoded(&login.to_string()), "address": encoded(host),
                "path": encoded(&format!("/{path}")), "scheme": encoded("https"), "imagesRegistry": encoded(REPOSITORY),
            },
        }),
        json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": "d8-cluster-configuration", "namespace": "kube-system" },
            "data": {
                "cluster-configuration.yaml": encoded(cluster),
                "maxUsedControlPlaneKubernetesVersion": encoded("1.31"),
                "deckhouseDefaultKubernetesVersion": encoded("1.31"),
            },
        }),
    ]
}

fn deployment(initial_state: &InitialState) -> Value {
    let tag = initial_state.tag.as_ref().unwrap_or(&initial_state.deployed);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "deckhouse", "namespace": "d8-system",
            "annotations": {
                "core.deckhouse.io/version": name_of(&initial_state.deployed), "core.deckhouse.io/edition": "EE",
            },
        },
        "spec": {
            "replicas": initial_state.masters, "strategy": { "type": "Recreate" },
            "selector": { "matchLabels": { "app": "deckhouse" } },
            "template": {
                "metadata": { "labels": { "app": "deckhouse" } },
                "spec": { "containers": containers(&image(tag)) },
            },
        },
    })
}

/// The containers of the platform's pods.
pub(super) fn containers(image: &str) -> Value {
    json!([
        { "name": "deckhouse", "image": image },
        { "name": "kube-rbac-proxy", "image": format!("{REPOSITORY}@sha256:{}", "2b".repeat(32)) },
    ])
}

/// A pod of the platform on a node.
pub(super) fn pod(name: &str, node: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": "d8-system", "labels": { "app": "deckhouse" } },
        "spec": { "nodeName": node, "hostNetwork": true, "containers": containers(image) },
        "status": { "phase": "Pending" },
    })
}

/// A firing alert.
pub(super) fn alert(name: &str, summary: &str, severity: u8) -> Value {
    json!({
        "apiVersion": PLATFORM, "kind": "ClusterAlert", "metadata": { "name": alert_id(name) },
        "alert": { "name": name, "severityLevel": severity.to_string(), "summary": summary, "description": "", "labels": {} },
        "status": { "alertStatus": "firing" },
    })
}

/// The name of an alert's object: a fingerprint.
pub(super) fn alert_id(name: &str) -> String {
    let sum = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)));
    format!("{sum:016x}")
}
