//! What to know before a cluster is changed.

use cluster::{
    approve::ApprovalNote,
    kernel::{KernelNote, KernelVersion},
    objects::Phase,
    prepare::PrepareNote,
    release_order::KeepReason,
};
use commands::Sentence;

use super::{left_out, list, module_release};

pub(crate) fn approval(note: &ApprovalNote) -> Sentence {
    let text = match note {
        ApprovalNote::Interrupts(what) => format!("the release disrupts {}", what.join(", ")),
        ApprovalNote::NoDisruptions => "the release lists no disruptions".to_owned(),
        ApprovalNote::DisruptionsNotWaitedFor => {
            "this approval has no effect: disruptionApprovalMode of this cluster is not Manual".to_owned()
        }
        ApprovalNote::NoChannel => {
            "no release channel is set: nothing is updated until one is set".to_owned()
        }
        ApprovalNote::AutoMode => {
            "the update mode is Auto: releases are deployed without an approval".to_owned()
        }
        ApprovalNote::Module(note) => module_release::note(note),
        ApprovalNote::Unsettled(problem) => {
            format!("the previous update may not be done: {}", super::what(problem))
        }
        ApprovalNote::SkippedBefore(problem) => super::what(problem).to_string(),
        ApprovalNote::NoNodeGroup => "the node does not belong to a node group".to_owned(),
        ApprovalNote::GroupNeedsApproval { group } => {
            format!("NodeGroup/{group} requires an approval of each disruption")
        }
        ApprovalNote::GroupApproves { group, mode } => format!(
            "NodeGroup/{group} has disruptions.approvalMode {mode}: the platform approves the disruptions of this \
             group automatically, even without this command"
        ),
        ApprovalNote::GroupUnknown { group } => {
            format!("it is unknown whether NodeGroup/{group} requires approval of disruptions")
        }
        ApprovalNote::OnlyMaster => {
            "this is the only control-plane node: during the disruption, the Kubernetes API will be unavailable for several \
             minutes".to_owned()
        }
        ApprovalNote::OneOfMasters { count } => format!(
            "this is one of {count} control-plane nodes: during the disruption, the Kubernetes API may be slow, or \
             interrupted for a few seconds"
        ),
    };
    text.into()
}

/// What the script for a kernel does not do.
pub(crate) const KERNEL_NOT_ON_ALT: &str =
    "on nodes with ALT Linux the script does nothing; upgrade their kernel by hand";

/// More nodes than these are only counted.
const NODES_SHOWN: usize = 8;

pub(crate) fn kernel(note: &KernelNote, kernel: &KernelVersion) -> String {
    match note {
        KernelNote::Reboots => {
            "each node of these groups reboots; the disruption settings of the group decide when it \
             reboots, and whether it is drained first"
                .to_owned()
        }
        KernelNote::OnlyMaster { node } => {
            format!(
                "{node} is the only control-plane node: while it reboots, the Kubernetes API will be unavailable for several minutes"
            )
        }
        KernelNote::Masters { count } => format!(
            "some of these nodes are control-plane nodes (the cluster has {count}): while one reboots, the Kubernetes \
             API may be slow, or interrupted for a few seconds"
        ),
        KernelNote::NotOnAlt { nodes } => {
            let nodes: Vec<String> = nodes.iter().map(|name| format!("Node/{name}")).collect();
            format!("{KERNEL_NOT_ON_ALT}: {}", list(&nodes, NODES_SHOWN))
        }
        KernelNote::Downgrade { node, running, more } => match more {
            0 => format!("{kernel} is older than the kernel that {node} runs ({running})"),
            more => format!(
                "{kernel} is older than the kernel that {} nodes run (such as {node}: {running})",
                more + 1
            ),
        },
    }
}

pub(crate) fn prepare(note: &PrepareNote) -> String {
    match note {
        PrepareNote::LeftOut { versions, reason } => {
            let names: Vec<String> = versions.iter().map(|version| format!("v{version}")).collect();
            format!("left out: {}: {}", names.join(", "), left_out::reason(reason))
        }
        PrepareNote::ApprovedUnderOtherName { version, name } => {
            format!(
                "v{version} is not created: DeckhouseRelease/{name} is the same release and is already approved"
            )
        }
        PrepareNote::DuplicateKept { name, reason } => {
            format!("DeckhouseRelease/{name} is a duplicate and is not deleted: {}", keep_reason(reason))
        }
        PrepareNote::NotProcessedYet { names } => format!(
            "no phase yet: {}: created less than 5 minutes ago, and the controller normally processes a new release within \
             a minute; if there is still no phase in 5 minutes, run this command again",
            names.join(", ")
        ),
        PrepareNote::OneAtATime { versions, first } => {
            let names: Vec<String> = versions.iter().map(|version| format!("v{version}")).collect();
            format!(
                "not created yet: {}: in Auto mode, the controller may skip minor versions if several are waiting; run this \
                 command again when the update to v{first} is done",
                names.join(", ")
            )
        }
        PrepareNote::NoChannel => {
            "no release channel is set, so nothing is going to be updated: set one with --channel".to_owned()
        }
    }
}

/// Why a duplicate object is not deleted.
pub(crate) fn keep_reason(reason: &KeepReason) -> String {
    match reason {
        KeepReason::Phase(phase) if phase == Phase::Deployed.name() => {
            format!("it is {phase}, and only waiting duplicates are deleted")
        }
        KeepReason::Phase(phase) => {
            format!("it is {phase}, so it does not affect updates (no action is needed)")
        }
        KeepReason::NoOther { name } => {
            format!(
                "the regular object of this release, DeckhouseRelease/{name}, does not exist, so this one is needed"
            )
        }
        KeepReason::OnlyItIsApproved { other } => {
            format!("it is approved, and DeckhouseRelease/{other} is not")
        }
        KeepReason::OtherIgnored { other, phase } => format!("DeckhouseRelease/{other} is {phase}"),
    }
}
