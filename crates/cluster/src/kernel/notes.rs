//! What is worth knowing before the nodes of groups are told to run another kernel.

use super::KernelVersion;
use crate::objects::Node;

/// In plain words: that the nodes reboot, what a master takes with it, and which nodes would get a lower kernel.
pub fn notes(kernel: &KernelVersion, groups: &[String], nodes: &[Node]) -> Vec<String> {
    let mut told = vec![
        "each node of these groups reboots; the platform takes one at a time, as the group says".to_owned(),
    ];
    let own = || nodes.iter().filter(|node| node.group.as_ref().is_some_and(|group| groups.contains(group)));
    let others = || own().filter(|node| node.kernel_version != kernel.as_str());
    let masters = nodes.iter().filter(|node| node.control_plane).count();
    if let Some(master) = others().find(|node| node.control_plane) {
        told.push(match masters {
            1 => format!(
                "{} is the only master: the API and everything that needs it are away for minutes",
                master.name
            ),
            _ => format!(
                "{masters} nodes are masters: while one of them reboots the API may answer slowly or break off for seconds"
            ),
        });
    }
    let lower: Vec<String> = others()
        .filter(|node| kernel.is_below(&node.kernel_version))
        .map(|node| format!("{} runs {}", node.name, node.kernel_version))
        .collect();
    if let Some((first, more)) = lower.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(", and {} more nodes", more.len()) };
        told.push(format!("{kernel} is lower than what runs now: {first}{more}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reboot_interrupts_and_what_goes_down_is_told() {
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
        let said = |kernel: &str, group: &str, nodes: &[Node]| {
            notes(&kernel.parse().unwrap(), &[group.to_owned()], nodes)[1..].join("; ")
        };
        for (kernel, group, nodes, text) in [
            ("6.1.0-18", "worker", &one, ""),
            (
                "6.1.0-18",
                "master",
                &one,
                "m0 is the only master: the API and everything that needs it are away for minutes",
            ),
            (
                "6.1.0-18",
                "master",
                &three,
                "3 nodes are masters: while one of them reboots the API may answer slowly or break off for seconds",
            ),
            (
                "5.4.0-150-generic",
                "worker",
                &one,
                "5.4.0-150-generic is lower than what runs now: w0 runs 5.15.0-53-generic",
            ),
            ("5.15.0-53-generic", "master", &one, ""),
        ] {
            assert_eq!(said(kernel, group, nodes), text);
        }
    }
}
