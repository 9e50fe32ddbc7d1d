//! What somebody wants to approve. It is decided more than once: before it is confirmed, and before it is written.

use semver::Version;

use super::{Approval, ApproveError, Timing, disruption, module_release, node, release};
use crate::{ClusterState, objects::Phase};

/// One thing to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalRequest {
    /// A release of the platform.
    Release {
        /// Its version.
        version: Version,
        /// How far it is meant to go.
        timing: Timing,
    },
    /// The disruptions of a release of the platform.
    Disruption {
        /// Its version.
        version: Version,
    },
    /// A release of a module.
    ModuleRelease {
        /// The module.
        module: String,
        /// Its version.
        version: Version,
        /// How far it is meant to go.
        timing: Timing,
    },
    /// The disruption of a node.
    Node {
        /// Its name.
        name: String,
    },
}

impl ApprovalRequest {
    /// Its approval in this state; `None` if it is given already.
    pub fn decide(&self, state: &ClusterState) -> Result<Option<Approval>, ApproveError> {
        match self {
            Self::Release { version, timing } => release(state, version, *timing),
            Self::Disruption { version } => disruption(state, version),
            Self::ModuleRelease { module, version, timing } => {
                module_release(state, module, version, *timing)
            }
            Self::Node { name } => node(state, name),
        }
    }

    /// Whether it is a release that is deployed.
    pub fn is_deployed(&self, state: &ClusterState) -> bool {
        match self {
            Self::Release { version, .. } => state
                .releases
                .known()
                .into_iter()
                .flatten()
                .any(|it| it.version.as_ref() == Some(version) && it.phase == Some(Phase::Deployed)),
            Self::ModuleRelease { module, version, .. } => {
                state.module_releases.known().into_iter().flatten().any(|it| {
                    it.module == *module
                        && it.version.as_ref() == Some(version)
                        && it.phase == Some(Phase::Deployed)
                })
            }
            Self::Disruption { .. } | Self::Node { .. } => false,
        }
    }

    /// What the decision needs and cannot be read just now; why not.
    pub fn lacks(&self, state: &ClusterState) -> Option<String> {
        let lacks = match self {
            Self::Node { .. } => state.nodes.passing().or_else(|| state.node_groups.passing()),
            Self::ModuleRelease { .. } => state.module_releases.passing(),
            // The configuration says whether the channel is LTS, the webhook whether it can be asked beforehand, the pods
            // and nodes whether the update before is finished; the license and a switch of the registry forbid it.
            Self::Release { .. } | Self::Disruption { .. } => {
                let all = [
                    state.releases.passing(),
                    state.module_configs.passing(),
                    state.release_webhook.passing(),
                    state.deployment.passing(),
                    state.pods.passing(),
                    state.nodes.passing(),
                    state.node_groups.passing(),
                    state.license.passing(),
                    state.registry_module.passing(),
                ];
                all.into_iter().flatten().next()
            }
        };
        lacks.map(str::to_owned)
    }
}
