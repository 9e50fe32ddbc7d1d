//! What to know before another kernel is installed on nodes.

use super::KernelVersion;
use crate::objects::Node;

/// What to know before another kernel is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelNote {
    /// Each node reboots.
    Reboots,
    /// This node is the only master.
    OnlyMaster {
        /// Its name.
        node: String,
    },
    /// Masters are among the nodes.
    Masters {
        /// How many masters the cluster has.
        count: usize,
    },
    /// Nodes of ALT Linux, where the script does nothing.
    NotOnAlt {
        /// Their names.
        nodes: Vec<String>,
    },
    /// Nodes run a higher version.
    Downgrade {
        /// One of them.
        node: String,
        /// The version that it runs.
        running: String,
        /// How many more nodes there are.
        more: usize,
    },
}

/// What to know: that the nodes reboot, what a reboot of a master interrupts, which nodes are not changed, and which get a
/// lower version.
pub fn notes(kernel: &KernelVersion, groups: &[String], nodes: &[Node]) -> Vec<KernelNote> {
    let mut known = vec![KernelNote::Reboots];
    let own = || nodes.iter().filter(|node| node.group.as_ref().is_some_and(|group| groups.contains(group)));
    let not_done = || own().filter(|node| node.kernel_version != kernel.as_str());
    let others = || not_done().filter(|node| !node.is_alt());
    let count = nodes.iter().filter(|node| node.control_plane).count();
    if let Some(master) = others().find(|node| node.control_plane) {
        known.push(match count {
            1 => KernelNote::OnlyMaster { node: master.name.clone() },
            count => KernelNote::Masters { count },
        });
    }
    let alt: Vec<String> = not_done().filter(|node| node.is_alt()).map(|node| node.name.clone()).collect();
    if !alt.is_empty() {
        known.push(KernelNote::NotOnAlt { nodes: alt });
    }
    let mut higher = others().filter(|node| kernel.is_below(&node.kernel_version));
    if let Some(node) = higher.next() {
        let (node, running) = (node.name.clone(), node.kernel_version.clone());
        known.push(KernelNote::Downgrade { node, running, more: higher.count() });
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reboot_interrupts_and_which_nodes_are_downgraded() {
        let node = |name: &str, group: &str, kernel: &str| Node {
            name: name.to_owned(),
            group: Some(group.to_owned()),
            control_plane: group == "master",
            kernel_version: kernel.to_owned(),
            ..Node::default()
        };
        let one = vec![node("m0", "master", "5.15.0-53-generic"), node("w0", "worker", "5.15.0-53-generic")];
        let three: Vec<Node> =
            [one.clone(), vec![node("m1", "master", "6.1.0-18"), node("m2", "master", "6.1.0-18")]].concat();
        let after_the_first = |kernel: &str, group: &str, nodes: &[Node]| {
            let mut notes = notes(&kernel.parse().unwrap(), &[group.to_owned()], nodes);
            assert_eq!(notes.remove(0), KernelNote::Reboots);
            notes
        };
        let downgrade =
            KernelNote::Downgrade { node: "w0".to_owned(), running: "5.15.0-53-generic".to_owned(), more: 0 };
        for (kernel, group, nodes, expected) in [
            ("6.1.0-18", "worker", &one, vec![]),
            ("6.1.0-18", "master", &one, vec![KernelNote::OnlyMaster { node: "m0".to_owned() }]),
            ("6.1.0-18", "master", &three, vec![KernelNote::Masters { count: 3 }]),
            ("5.4.0-150-generic", "worker", &one, vec![downgrade]),
            ("5.15.0-53-generic", "master", &one, vec![]),
        ] {
            assert_eq!(after_the_first(kernel, group, nodes), expected);
        }
        // What the script does not change is not rebooted and not downgraded.
        let alt: Vec<Node> =
            one.into_iter().map(|it| Node { os_image: "ALT Server 10.2".to_owned(), ..it }).collect();
        let not_changed = |name: &str| KernelNote::NotOnAlt { nodes: vec![name.to_owned()] };
        assert_eq!(after_the_first("6.1.0-18", "master", &alt), [not_changed("m0")]);
        assert_eq!(after_the_first("5.4.0-150-generic", "worker", &alt), [not_changed("w0")]);
    }
}
