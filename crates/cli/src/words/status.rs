//! What the report on a cluster says of its parts.

use cluster::{
    KubernetesSetting,
    status::{NotReady, ReleaseWait},
};
use commands::{Approve, Sentence};
use problems::{Fact, NodeFact};

use super::{predicate, release};

/// Why a release is waiting.
pub(crate) fn release_wait(wait: &ReleaseWait) -> Sentence {
    match wait {
        ReleaseWait::ChannelUnset => "no release channel is set: the controller ignores all releases".into(),
        ReleaseWait::NotNext(fact) => predicate(&Fact::Release(fact.clone())),
        ReleaseWait::Controller(reason) => release::wait_reason(reason).into(),
        ReleaseWait::NoReason => "waiting; the controller gives no reason".into(),
        ReleaseWait::NotProcessed => "waiting for the controller to check it".into(),
    }
}

/// What a node group waits for, with the command where it is an approval.
pub(crate) fn node_group(fact: &NodeFact) -> Sentence {
    let text = predicate(&Fact::Node(fact.clone()));
    match fact {
        NodeFact::GroupNeedsApproval { node } => {
            let node = node.clone().unwrap_or_else(|| "NAME".to_owned());
            text.text(": ").command(Approve::Node(node))
        }
        _ => text,
    }
}

/// What an update interrupts, with so many control-plane nodes.
pub(crate) fn interruption(control_plane_nodes: usize) -> [&'static str; 2] {
    let api = match control_plane_nodes {
        0 => {
            "the control plane does not run on the nodes of this cluster: ask its provider what an update interrupts"
        }
        1 => {
            "one control-plane node: if an update restarts the control plane, the Kubernetes API is unavailable for \
             several minutes"
        }
        _ => {
            "several control-plane nodes: an update interrupts the Kubernetes API for up to 1 min each time that a control-plane component restarts"
        }
    };
    [api, "the platform's controller and its webhooks are not available while its pod is replaced"]
}

/// Where the version of Kubernetes is set.
pub(crate) fn kubernetes_setting(setting: &KubernetesSetting) -> String {
    let place = <&str>::from(setting.place);
    match &setting.value {
        Some(value) if setting.is_automatic() => {
            format!("the platform chooses the version: kubernetesVersion is {value} in {place}")
        }
        Some(value) => format!("kubernetesVersion is {value} in {place}"),
        None => "the platform chooses the version: kubernetesVersion is not set".to_owned(),
    }
}

/// A module that is not ready.
pub(crate) fn not_ready(module: &NotReady) -> String {
    let message = if module.message.is_empty() { String::new() } else { format!(": {}", module.message) };
    format!("{}: {}{message}", module.module, module.phase)
}
