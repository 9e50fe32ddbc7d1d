//! Whether the nodes run the kernel.

use std::fmt;

use commands::{ClusterFlags, Sentence};
use serde::Serialize;

use super::KernelVersion;
use crate::{
    interim, node_waits,
    objects::{Node, NodeGroup},
};

/// What keeps an upgrade from being complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Lagging {
    /// There is no such group.
    NoSuchGroup {
        /// The group that was asked for.
        group: String,
        /// The groups that there are.
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
        /// How far its update is: `is being drained`; `None` where none goes on.
        waits_for: Option<Sentence>,
    },
    /// All nodes run it, but the group has not settled.
    Group {
        /// The group.
        group: String,
        /// Why not, in plain words.
        why: Sentence,
    },
}

impl Lagging {
    /// The same, with commands that name the cluster so.
    #[must_use]
    pub fn addressed(mut self, flags: &ClusterFlags) -> Self {
        let text = match &mut self {
            Self::NoSuchGroup { .. } | Self::NoNodes { .. } => None,
            Self::Node { waits_for, .. } => waits_for.as_mut(),
            Self::Group { why, .. } => Some(why),
        };
        if let Some(text) = text {
            *text = std::mem::take(text).addressed(flags);
        }
        self
    }
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
            missing.extend(
                wait.map(|it| Lagging::Group { group: name.clone(), why: interim::node_wait(&it, "NAME") }),
            );
        }
        missing.extend(others.into_iter().map(|node| Lagging::Node {
            node: node.name.clone(),
            group: name.clone(),
            kernel: node.kernel_version.clone(),
            waits_for: node_waits::of_node(node).map(|it| interim::node_wait(&it, &node.name)),
        }));
    }
    missing
}

impl fmt::Display for Lagging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchGroup { group, known } => {
                write!(f, "NodeGroup/{group}: there is no such group; there are: {}", known.join(", "))
            }
            Self::NoNodes { group } => write!(f, "NodeGroup/{group}: has no nodes"),
            Self::Node { node, group, kernel, waits_for } => {
                write!(f, "Node/{node} of NodeGroup/{group}: runs {kernel}")?;
                waits_for.as_ref().map_or(Ok(()), |what| write!(f, ", {what}"))
            }
            Self::Group { group, why } => write!(f, "NodeGroup/{group}: {why}"),
        }
    }
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
    fn what_is_missing_is_named() {
        let kernel: KernelVersion = "6.1.0-18-amd64".parse().unwrap();
        let (new, old) = ("6.1.0-18-amd64", "5.10.0-9-amd64");
        let both = [node("a", new, &[]), node("b", new, &[])];
        let one = [node("a", new, &[]), node("b", old, &["disruption-required"])];
        for (wanted, group, nodes, text) in [
            ("worker", group(2, 2), &both[..], ""),
            (
                "worker",
                group(1, 2),
                &one[..],
                "Node/b of NodeGroup/worker: runs 5.10.0-9-amd64, waits until somebody approves its \
                 disruption: dhctl update approve --node b",
            ),
            ("worker", group(1, 2), &both[..], "NodeGroup/worker: 1 of 2 nodes are up to date"),
            ("worker", group(2, 1), &both[..], "NodeGroup/worker: 1 of 2 nodes are ready"),
            ("worker", group(0, 0), &[], "NodeGroup/worker: has no nodes"),
            ("w", group(2, 2), &both[..], "NodeGroup/w: there is no such group; there are: worker"),
        ] {
            let missing = lagging(&kernel, &[wanted.to_owned()], &[group], nodes);
            let said: Vec<String> = missing.iter().map(ToString::to_string).collect();
            assert_eq!(said.join("\n"), text);
        }
    }
}
