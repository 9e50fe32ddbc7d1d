//! Steps about nodes.

/// A step about nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeAdvice {
    /// Fix the error of the group.
    FixError,
    /// Make a node schedulable again after maintenance.
    Uncordon {
        /// The node.
        node: String,
    },
    /// Remove the annotations of a drain.
    RemoveDrainAnnotations {
        /// The node.
        node: String,
    },
    /// Upgrade or replace the node.
    UpgradeSystem,
    /// Upgrade the kernel of a node group.
    UpgradeKernel,
}
