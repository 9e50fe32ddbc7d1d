//! The cluster as a whole, and the wait for it.

use std::time::Duration;

use foreign_text::ForeignText;
use jiff::Timestamp;

use super::Fact;

/// What is so of the cluster, or of the command that watches it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClusterFact {
    /// Everything is healthy, and must stay so for the settle time.
    Settling,
    /// The platform's pod is not ready, so nothing can be decided.
    PodNotReady,
    /// The controller applies its modules, so nothing can be decided.
    Converging,
    /// The queues have tasks, so nothing can be decided.
    QueueBusy,
    /// Nothing has changed for too long.
    NoProgress {
        /// For at least this long.
        limit: Duration,
        /// What is waited for.
        waiting_for: Box<Fact>,
    },
    /// No backup of etcd is as young as it has to be.
    BackupTooOld {
        /// It has to be younger than this.
        limit: Duration,
        /// When the newest that the cluster shows was made.
        last: Option<Timestamp>,
    },
    /// It is unknown whether there is a backup of etcd.
    BackupUnknown {
        /// Why.
        why: ForeignText,
    },
    /// The command waits until then for somebody to correct what is wrong.
    GivesUpAt(Timestamp),
}
