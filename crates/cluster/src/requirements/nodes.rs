//! What nodes must have: operating system, kernel, container runtime.

use std::collections::BTreeMap;

use semver::Version;

use super::{
    Answer, Fix, FoundRuntime, Holder, Runtime, Shortfall, Unmet, WhyUnknown, is_off, known, known_or_absent,
    loose, required_version,
};
use crate::{ClusterState, objects::Node};

/// The system of this name, on nodes that the platform manages; others are not looked at.
pub(super) fn system(state: &ClusterState, name: &'static str, needed: &str) -> Answer {
    let lowest = required_version(needed)?;
    let nodes = known(&state.nodes, "nodes")?.iter().filter(|node| node.group.is_some());
    let own = nodes.filter(|node| node.os_image.starts_with(name));
    let number = |node: &Node| {
        let start = node.os_image.find(|c: char| c.is_ascii_digit())?;
        loose::version(&node.os_image[start..])
    };
    below(
        own,
        number,
        |node| &node.os_image,
        &lowest,
        |found| Unmet {
            objects: Vec::new(),
            shortfall: Shortfall::OperatingSystem { found, name, lowest: needed.to_owned() },
            fix: Fix::UpgradeSystem { name, lowest: needed.to_owned() },
            may_change: false,
        },
    )
}

/// Required by the module `cni-cilium` only.
pub(super) fn kernel(state: &ClusterState, needed: &str) -> Answer {
    if is_off(state, "cni-cilium") {
        return Ok(Vec::new());
    }
    let lowest = required_version(needed)?;
    below(
        known(&state.nodes, "nodes")?.iter(),
        |node| loose::version(&node.kernel_version),
        |node| &node.kernel_version,
        &lowest,
        |found| Unmet {
            objects: Vec::new(),
            shortfall: Shortfall::Kernel { found, lowest: needed.to_owned() },
            fix: Fix::UpgradeKernel,
            may_change: false,
        },
    )
}

/// `containerdOnAllNodes`.
pub(super) fn no_docker(state: &ClusterState) -> Answer {
    let is_docker = |runtime: &str| runtime.starts_with("docker://");
    runtime(state, Runtime::Containerd, |cri| cri == "Docker", is_docker)
}

/// `checkContainerdV1NodesPresent`. The type `Containerd` is its version 1, and counts for groups without nodes and as
/// the default too (facts 3; `containerd_v1_nodes_present` of the module `node-manager`).
pub(super) fn no_old_containerd(state: &ClusterState) -> Answer {
    let is_old = |runtime: &str| runtime.starts_with("containerd://1.");
    runtime(state, Runtime::ContainerdV2, |cri| cri == "Containerd", is_old)
}

fn runtime(
    state: &ClusterState,
    needed: Runtime,
    is_wrong_type: impl Fn(&str) -> bool,
    is_wrong: impl Fn(&str) -> bool,
) -> Answer {
    let mut found: BTreeMap<FoundRuntime, Vec<Holder>> = BTreeMap::new();
    let mut unknown = None;
    match known(&state.nodes, "nodes") {
        Ok(nodes) => {
            for node in nodes.iter().filter(|node| is_wrong(&node.container_runtime)) {
                let running = FoundRuntime::Running(node.container_runtime.clone());
                found.entry(running).or_default().push(holder(node));
            }
        }
        Err(why) => unknown = Some(why),
    }
    match known_or_absent(&state.node_groups, "node groups") {
        Ok(groups) => {
            for group in groups.into_iter().flatten() {
                if let Some(cri) = group.cri.as_ref().filter(|cri| is_wrong_type(cri)) {
                    let object = Holder::object("NodeGroup", &group.name);
                    found.entry(FoundRuntime::OfGroup(cri.clone())).or_default().push(object);
                }
            }
        }
        Err(why) => unknown = Some(why),
    }
    match known_or_absent(&state.cluster_configuration, "ClusterConfiguration") {
        Ok(configuration) => {
            let default = configuration.and_then(|it| it.default_cri.as_ref());
            if let Some(cri) = default.filter(|cri| is_wrong_type(cri)) {
                let default = FoundRuntime::Default(cri.clone());
                found.entry(default).or_default().push(Holder::ClusterConfiguration);
            }
        }
        Err(why) => unknown = Some(why),
    }
    if let Some(why) = unknown.filter(|_| found.is_empty()) {
        return Err(why.into());
    }
    let reason = |(found, objects)| Unmet {
        objects,
        shortfall: Shortfall::Runtime { found, needed },
        fix: Fix::ChangeRuntime(needed),
        may_change: false,
    };
    Ok(found.into_iter().map(reason).collect())
}

/// The nodes whose version is below the lowest that is allowed, one reason for each value that they have. `unmet` makes
/// the reason for a value, without its objects.
pub(super) fn below<'a>(
    nodes: impl Iterator<Item = &'a Node>,
    version: impl Fn(&Node) -> Option<Version>,
    value: impl Fn(&Node) -> &String,
    lowest: &Version,
    unmet: impl Fn(String) -> Unmet,
) -> Answer {
    let mut found: BTreeMap<String, Vec<Holder>> = BTreeMap::new();
    let mut unread = None;
    for node in nodes {
        match version(node) {
            Some(version) if version < *lowest => {
                found.entry(value(node).clone()).or_default().push(holder(node));
            }
            Some(_) => {}
            None => {
                let value = value(node).clone();
                unread = Some(WhyUnknown::FoundNotAVersion { object: holder(node), value });
            }
        }
    }
    match unread {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found.into_iter().map(|(value, objects)| Unmet { objects, ..unmet(value) }).collect()),
    }
}

fn holder(node: &Node) -> Holder {
    Holder::Node { name: node.name.clone(), group: node.group.clone() }
}
