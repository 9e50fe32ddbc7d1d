//! How long the Kubernetes API may be unavailable during the update to a release.
//!
//! The platform restarts the components of the control plane one after the other where a release changes them. With
//! several control-plane nodes each restart interrupts the API for 30 s to 1 min; with one there is no API for minutes
//! (issue 14, item 9). Which other components restart is known only from the changelog itself.

use serde::Serialize;

use crate::{ClusterState, KubernetesSetting, changelog::ReleaseChanges};

/// What is known about an interruption of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Interruption {
    /// Whether the release changes the control plane; `None` if its changelog is not known.
    pub changes_control_plane: Option<bool>,
    /// Number of control-plane nodes, if it is known.
    pub control_plane_nodes: Option<u64>,
    /// Whether the platform chooses the version of Kubernetes (its setting is `Automatic`, `Default` or not there): then a
    /// release may change it, and its changelog need not show that. `None` if it is not known.
    pub automatic_kubernetes: Option<bool>,
}

impl Interruption {
    /// What follows from the changes of a release, for a cluster in this state.
    pub fn of(state: &ClusterState, changes: &ReleaseChanges) -> Self {
        Self {
            changes_control_plane: changes.known().map(crate::changelog::Changelog::changes_control_plane),
            control_plane_nodes: control_plane_nodes(state),
            automatic_kubernetes: match KubernetesSetting::of(state) {
                Ok(setting) => Some(setting.is_some_and(|it| it.is_automatic())),
                Err(_) => None,
            },
        }
    }
}

/// By the label of the nodes; where these cannot be read, by the node group of the masters.
fn control_plane_nodes(state: &ClusterState) -> Option<u64> {
    let nodes = state.nodes.known().map(|all| all.iter().filter(|it| it.control_plane).count() as u64);
    let in_group = || {
        let groups = state.node_groups.known()?;
        groups.iter().find(|it| it.name == "master").map(|it| it.nodes)
    };
    nodes.or_else(in_group).filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Obstacle, Reading,
        objects::{ClusterConfiguration, ModuleConfig, Node, NodeGroup},
    };

    fn masters(count: usize) -> Reading<Vec<Node>> {
        let node = |control_plane| Node { control_plane, ..Node::default() };
        Reading::Known((0..count).map(|_| node(true)).chain([node(false)]).collect())
    }

    #[test]
    fn the_interruption_follows_from_the_changelog_and_the_number_of_masters() {
        let changes = |section: &str| {
            let spec = json!({ "changelog": { section: { "fixes": [{ "summary": "x" }] } } });
            ReleaseChanges::of(&spec, &ClusterState::default())
        };
        let group = NodeGroup { name: "master".to_owned(), nodes: 3, ..NodeGroup::default() };
        let unreadable = || Reading::Unreadable(Obstacle::Forbidden("list nodes".to_owned()));
        for (nodes, groups, count) in [
            (masters(3), Reading::default(), Some(3)),
            (masters(1), Reading::Known(vec![group.clone()]), Some(1)),
            // A managed control plane has no such nodes.
            (masters(0), Reading::Known(Vec::new()), None),
            (unreadable(), Reading::Known(vec![group]), Some(3)),
            (unreadable(), Reading::default(), None),
        ] {
            let state = ClusterState { nodes, node_groups: groups, ..ClusterState::default() };
            let it = Interruption::of(&state, &changes("control-plane-manager"));
            assert_eq!((it.changes_control_plane, it.control_plane_nodes), (Some(true), count), "{state:?}");
        }
        let configuration = ClusterConfiguration {
            kubernetes_version: Some("Automatic".to_owned()),
            ..ClusterConfiguration::default()
        };
        let mut state = ClusterState {
            cluster_configuration: Reading::Known(configuration),
            module_configs: Reading::Known(Vec::new()),
            ..ClusterState::default()
        };
        let it = Interruption::of(&state, &changes("candi"));
        assert_eq!((it.changes_control_plane, it.automatic_kubernetes), (Some(false), Some(true)));
        // The newer place wins.
        state.module_configs = Reading::Known(vec![ModuleConfig {
            name: "control-plane-manager".to_owned(),
            settings: json!({ "kubernetesVersion": "1.34" }),
            ..ModuleConfig::default()
        }]);
        assert_eq!(Interruption::of(&state, &changes("candi")).automatic_kubernetes, Some(false));
        let it = Interruption::of(&ClusterState::default(), &ReleaseChanges::Absent { link: None });
        assert_eq!((it.changes_control_plane, it.automatic_kubernetes), (None, None));
    }
}
