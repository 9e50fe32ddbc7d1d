//! Nodes and node groups.

use foreign_text::ForeignText;

/// What is so of a node or a node group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeFact {
    /// The group has an error.
    GroupError(Option<ForeignText>),
    /// A disruption of a node of the group must be approved.
    GroupNeedsApproval {
        /// The node that waits for it, where it is known.
        node: Option<String>,
    },
    /// Not all nodes of the group are up to date.
    GroupUpToDate {
        /// Those that are.
        count: u64,
        /// All.
        all: u64,
    },
    /// The nodes of the group are being updated.
    GroupUpdating,
    /// Not all nodes of the group are ready.
    GroupReady {
        /// Those that are.
        count: u64,
        /// All.
        all: u64,
    },
    /// The disruption of the node must be approved.
    NeedsApproval,
    /// The node is drained and continues with its disruptive update.
    Drained,
    /// The node is being drained.
    Draining,
    /// Another node of the group is updated first.
    InQueue,
    /// The node is being updated.
    Updating,
    /// Nodes are not ready.
    NotReady {
        /// The nodes.
        nodes: Vec<String>,
        /// The control-plane nodes among them.
        control_plane: Vec<String>,
    },
    /// A user has drained the node.
    DrainedByUser,
}

impl NodeFact {
    /// Whether a person's approval is waited for.
    pub fn is_approval(&self) -> bool {
        matches!(self, Self::GroupNeedsApproval { .. } | Self::NeedsApproval)
    }
}
