//! Whether the nodes run the kernel.

use problems::NodeFact;

use super::KernelVersion;
use crate::{
    node_waits,
    objects::{Node, NodeGroup},
};

/// Why an upgrade of the kernel is not complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lagging {
    /// There is no such group.
    NoSuchGroup {
        /// The group that was named.
        group: String,
        /// The groups of the cluster.
        known: Vec<String>,
    },
    /// The group has no nodes: nothing shows that the upgrade works.
    NoNodes {
        /// The group.
        group: String,
    },
    /// A node runs another kernel.
    Node {
        /// Its name.
        node: String,
        /// Its group.
        group: String,
        /// What it runs.
        kernel: String,
        /// How far its update is; `None` if none is running.
        update: Option<NodeFact>,
    },
    /// All nodes run it, but the group is not settled.
    Group {
        /// The group.
        group: String,
        /// Why not.
        fact: NodeFact,
    },
}

/// What is still missing, group by group in the order asked for. Empty: it has happened.
pub fn lagging(
    kernel: &KernelVersion,
    wanted: &[String],
    groups: &[NodeGroup],
    nodes: &[Node],
) -> Vec<Lagging> {
    let mut missing = Vec::new();
    for name in wanted {
        let Some(group) = groups.iter().find(|it| it.name == *name) else {
            let known = groups.iter().map(|it| it.name.clone()).collect();
            missing.push(Lagging::NoSuchGroup { group: name.clone(), known });
            continue;
        };
        let own = || nodes.iter().filter(|node| node.group.as_ref() == Some(name));
        if own().next().is_none() {
            missing.push(Lagging::NoNodes { group: name.clone() });
            continue;
        }
        let others: Vec<_> = own().filter(|node| node.kernel_version != kernel.as_str()).collect();
        if others.is_empty() {
            let wait = node_waits::of_group(group, nodes);
            missing.extend(wait.map(|fact| Lagging::Group { group: name.clone(), fact }));
        }
        missing.extend(others.into_iter().map(|node| Lagging::Node {
            node: node.name.clone(),
            group: name.clone(),
            kernel: node.kernel_version.clone(),
            update: node_waits::of_node(node),
        }));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, kernel: &str, annotations: &[&str]) -> Node {
        Node {
            name: name.to_owned(),
            group: Some("worker".to_owned()),
            kernel_version: kernel.to_owned(),
            update_annotations: annotations.iter().map(|key| ((*key).to_owned(), String::new())).collect(),
            ..Node::default()
        }
    }

    fn group(up_to_date: u64, ready: u64) -> NodeGroup {
        NodeGroup { name: "worker".to_owned(), nodes: 2, up_to_date, ready, ..NodeGroup::default() }
    }

    #[test]
    fn what_is_missing_is_found() {
        let kernel: KernelVersion = "6.1.0-18-amd64".parse().unwrap();
        let (new, old) = ("6.1.0-18-amd64", "5.10.0-9-amd64");
        let both = [node("a", new, &[]), node("b", new, &[])];
        let one = [node("a", new, &[]), node("b", old, &["disruption-required"])];
        let name = || "worker".to_owned();
        let node = Lagging::Node {
            node: "b".to_owned(),
            group: name(),
            kernel: old.to_owned(),
            update: Some(NodeFact::NeedsApproval),
        };
        let group_is = |fact| Lagging::Group { group: name(), fact };
        let unknown_group = Lagging::NoSuchGroup { group: "w".to_owned(), known: vec![name()] };
        for (wanted, group, nodes, expected) in [
            ("worker", group(2, 2), &both[..], None),
            ("worker", group(1, 2), &one[..], Some(node)),
            ("worker", group(1, 2), &both[..], Some(group_is(NodeFact::GroupUpToDate { count: 1, all: 2 }))),
            ("worker", group(2, 1), &both[..], Some(group_is(NodeFact::GroupReady { count: 1, all: 2 }))),
            ("worker", group(0, 0), &[], Some(Lagging::NoNodes { group: name() })),
            ("w", group(2, 2), &both[..], Some(unknown_group)),
        ] {
            let missing = lagging(&kernel, &[wanted.to_owned()], &[group], nodes);
            assert_eq!(missing, Vec::from_iter(expected));
        }
    }
}
