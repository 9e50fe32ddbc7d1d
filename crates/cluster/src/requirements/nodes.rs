//! What nodes must have: operating system, kernel, container runtime.

use std::collections::BTreeMap;

use commands::{Sentence, Update};
use semver::Version;

use super::{Answer, Unmet, is_off, known, known_or_absent, loose, required_version};
use crate::{ClusterState, objects::Node};

/// The system of this name, on nodes that the platform manages; others are not looked at.
pub(super) fn system(state: &ClusterState, name: &str, needed: &str) -> Answer {
    let lowest = required_version(needed)?;
    let nodes = known(&state.nodes, "nodes")?.iter().filter(|node| node.group.is_some());
    let own = nodes.filter(|node| node.os_image.starts_with(name));
    let number = |node: &Node| {
        let start = node.os_image.find(|c: char| c.is_ascii_digit())?;
        loose::version(&node.os_image[start..])
    };
    let fix = format!("bring these nodes to {name} {needed} or later, or replace them").into();
    below(own, number, |node| &node.os_image, &lowest, (&format!("{name} {needed}"), &fix, false))
}

/// Asked for by the module `cni-cilium` alone.
pub(super) fn kernel(state: &ClusterState, needed: &str) -> Answer {
    if is_off(state, "cni-cilium") {
        return Ok(Vec::new());
    }
    let lowest = required_version(needed)?;
    let fix = Sentence::from("upgrade the kernel: ").command(Update::KernelOfGroup);
    below(
        known(&state.nodes, "nodes")?.iter(),
        |node| loose::version(&node.kernel_version),
        |node| &node.kernel_version,
        &lowest,
        (needed, &fix, false),
    )
}

/// `containerdOnAllNodes`.
pub(super) fn no_docker(state: &ClusterState) -> Answer {
    let fix =
        "move to Containerd: set spec.cri.type of the node groups, or defaultCRI of ClusterConfiguration";
    runtime(state, "Containerd", fix, |cri| cri == "Docker", |runtime| runtime.starts_with("docker://"))
}

/// `checkContainerdV1NodesPresent`. The type `Containerd` is its version 1, and counts for groups without nodes and as
/// the default too (facts 3; `containerd_v1_nodes_present` of the module `node-manager`).
pub(super) fn no_old_containerd(state: &ClusterState) -> Answer {
    let fix = "set spec.cri.type: ContainerdV2 in the node groups, and defaultCRI: ContainerdV2 in \
               ClusterConfiguration; it needs kernel 5.8, systemd 244, cgroup v2 and the kernel's module erofs";
    let is_old = |runtime: &str| runtime.starts_with("containerd://1.");
    runtime(state, "containerd 2", fix, |cri| cri == "Containerd", is_old)
}

fn runtime(
    state: &ClusterState,
    needed: &str,
    fix: &str,
    is_wrong_type: impl Fn(&str) -> bool,
    is_wrong: impl Fn(&str) -> bool,
) -> Answer {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unknown = None;
    match known(&state.nodes, "nodes") {
        Ok(nodes) => {
            for node in nodes.iter().filter(|node| is_wrong(&node.container_runtime)) {
                found.entry(node.container_runtime.clone()).or_default().push(name(node));
            }
        }
        Err(why) => unknown = Some(why),
    }
    match known_or_absent(&state.node_groups, "node groups") {
        Ok(groups) => {
            for group in groups.into_iter().flatten() {
                if let Some(cri) = group.cri.as_ref().filter(|cri| is_wrong_type(cri)) {
                    let object = format!("NodeGroup/{}", group.name);
                    found.entry(format!("spec.cri.type: {cri}")).or_default().push(object);
                }
            }
        }
        Err(why) => unknown = Some(why),
    }
    match known_or_absent(&state.cluster_configuration, "ClusterConfiguration") {
        Ok(configuration) => {
            let default = configuration.and_then(|it| it.default_cri.as_ref());
            if let Some(cri) = default.filter(|cri| is_wrong_type(cri)) {
                found
                    .entry(format!("defaultCRI: {cri}"))
                    .or_default()
                    .push("ClusterConfiguration".to_owned());
            }
        }
        Err(why) => unknown = Some(why),
    }
    match unknown {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(reasons(found, (needed, &fix.into(), false))),
    }
}

/// The nodes whose version is below the lowest that is allowed, one reason for each value that they have.
pub(super) fn below<'a>(
    nodes: impl Iterator<Item = &'a Node>,
    version: impl Fn(&Node) -> Option<Version>,
    value: impl Fn(&Node) -> &String,
    lowest: &Version,
    needed_fix_may_change: (&str, &Sentence, bool),
) -> Answer {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unread = None;
    for node in nodes {
        match version(node) {
            Some(version) if version < *lowest => {
                found.entry(value(node).clone()).or_default().push(name(node));
            }
            Some(_) => {}
            None => {
                unread = Some(format!("{} reports '{}', which is not a version", name(node), value(node)));
            }
        }
    }
    match unread {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(reasons(found, needed_fix_may_change)),
    }
}

fn reasons(
    found: BTreeMap<String, Vec<String>>,
    (needed, fix, may_change): (&str, &Sentence, bool),
) -> Vec<Unmet> {
    let reason =
        |(value, objects)| Unmet { objects, value, needed: needed.to_owned(), fix: fix.clone(), may_change };
    found.into_iter().map(reason).collect()
}

fn name(node: &Node) -> String {
    match &node.group {
        Some(group) => format!("Node/{} (NodeGroup/{group})", node.name),
        None => format!("Node/{}", node.name),
    }
}
