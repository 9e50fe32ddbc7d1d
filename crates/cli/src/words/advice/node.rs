//! Steps about nodes.

use commands::{Kubectl, Update};
use problems::NodeAdvice;

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &NodeAdvice) -> Step {
    match advice {
        NodeAdvice::FixError => {
            Step::here("correct what the error and the conditions of the node group report")
        }
        NodeAdvice::Uncordon { node } => {
            with("when the maintenance is done, make the node schedulable", Kubectl::Uncordon(node.clone()))
        }
        NodeAdvice::RemoveDrainAnnotations { node } => {
            with("remove the drain annotations from the node", Kubectl::ForgetDrain(node.clone()))
        }
        NodeAdvice::UpgradeSystem => Step::here(
            "upgrade the operating system of the nodes that the alert is about, or replace these nodes",
        ),
        NodeAdvice::UpgradeKernel => {
            with("upgrade the kernel of a node group (its nodes reboot)", Update::KernelOfGroup)
        }
    }
}
