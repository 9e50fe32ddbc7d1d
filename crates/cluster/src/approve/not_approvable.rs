//! Why something cannot be approved, as data.

use crate::modules::NotNext;

/// Why something cannot be approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotApprovable {
    /// The release does not wait for an approval of its disruptions: it has this phase.
    DisruptionsDone {
        /// Its phase.
        phase: String,
    },
    /// The release of the module is not the next one.
    Module(NotNext),
    /// The releases of modules cannot be read; why.
    ModuleReleasesUnknown(String),
    /// The module has no such release.
    NoModuleRelease {
        /// The releases of the module that are waiting, ascending.
        waiting: Vec<String>,
    },
    /// There is no such node.
    NoNode {
        /// The nodes of the cluster.
        known: Vec<String>,
    },
    /// The node does not wait for an approval.
    NodeNotWaiting,
}
