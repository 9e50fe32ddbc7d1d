//! What the script does on the nodes of a group.

use super::{Configuration, KernelVersion};
use crate::objects::Node;

/// What an upgrade does on the nodes of a group, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnNodes {
    /// How many nodes run the version already.
    pub done: usize,
    /// The nodes that the script upgrades.
    pub upgraded: Vec<String>,
    /// Nodes of ALT Linux, where the script does nothing.
    pub alt: Vec<String>,
}

impl OnNodes {
    /// Of the nodes of this group.
    pub fn of(kernel: &KernelVersion, group: &str, nodes: &[Node]) -> Self {
        let mut all = Self::default();
        for node in nodes.iter().filter(|node| node.group.as_deref() == Some(group)) {
            if node.kernel_version == kernel.as_str() {
                all.done += 1;
            } else if node.is_alt() {
                all.alt.push(node.name.clone());
            } else {
                all.upgraded.push(node.name.clone());
            }
        }
        all
    }

    /// Whether the nodes of the group need no configuration: nothing is left that the script would change, and no other
    /// version that `existing` installs. Of a group without nodes nothing is known.
    pub fn need_nothing(&self, kernel: &KernelVersion, existing: Option<&Configuration>) -> bool {
        let is_pending = existing.and_then(Configuration::kernel).is_some_and(|it| it != *kernel);
        self.upgraded.is_empty() && (self.done > 0 || !self.alt.is_empty()) && !is_pending
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn which_nodes_the_script_changes() {
        let kernel: KernelVersion = "6.1.0-18-amd64".parse().unwrap();
        let node = |name: &str, kernel: &str, system: &str| Node {
            name: name.to_owned(),
            group: Some("worker".to_owned()),
            kernel_version: kernel.to_owned(),
            os_image: system.to_owned(),
            ..Node::default()
        };
        let debian = |name, kernel| node(name, kernel, "Debian GNU/Linux 12");
        let alt = |name, kernel| node(name, kernel, "ALT SP Server 11100-01");
        let (new, old) = ("6.1.0-18-amd64", "5.10.0-9-amd64");
        let pending = Configuration {
            owned: true,
            resource_version: None,
            spec: json!({ "content": "# Written\nkernel=\"6.1.0-20-amd64\"\n" }),
        };
        for (nodes, upgraded, in_alt, needs_nothing) in [
            (vec![debian("a", new), debian("b", old)], &["b"][..], &[][..], false),
            (vec![debian("a", new)], &[], &[], true),
            (vec![debian("a", old), alt("b", old)], &["a"], &["b"], false),
            (vec![debian("a", new), alt("b", old), alt("c", new)], &[], &["b"], true),
            (vec![alt("b", old)], &[], &["b"], true),
            (Vec::new(), &[], &[], false),
            (vec![Node { group: None, ..debian("a", new) }], &[], &[], false),
        ] {
            let on_nodes = OnNodes::of(&kernel, "worker", &nodes);
            assert_eq!(on_nodes.upgraded, upgraded, "{nodes:?}");
            assert_eq!(on_nodes.alt, in_alt, "{nodes:?}");
            assert_eq!(on_nodes.need_nothing(&kernel, None), needs_nothing, "{nodes:?}");
            assert!(!on_nodes.need_nothing(&kernel, Some(&pending)), "{nodes:?}");
        }
    }
}
