//! Saying what a role that only reads leaves out, once for all clusters that a command looks at.

use std::sync::atomic::{AtomicBool, Ordering};

use cluster::{ClusterState, missing_permissions};

use crate::printer;

/// Whether it was said.
#[derive(Debug, Default)]
pub(super) struct LeftOut(AtomicBool);

impl LeftOut {
    /// Says how to get the rights for what this account does not see, if that is so and was not said before.
    pub(super) fn say(&self, state: &ClusterState) {
        if let Some(text) = missing_permissions::left_out(state)
            && !self.0.swap(true, Ordering::Relaxed)
        {
            printer::say("note", &text.to_string());
        }
    }
}
