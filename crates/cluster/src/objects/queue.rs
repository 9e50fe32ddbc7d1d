//! The controller's task queues, and how far its converge is.

use foreign_text::ForeignText;
use serde::Serialize;

/// What the leader's queues contain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Tasks in all queues. Zero means idle.
    pub tasks: u64,
    /// The heads of the queues that are not empty, `main` first.
    pub heads: Vec<Task>,
}

/// Which reading of the queues a state contains. A state that changes for another reason contains the same reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRead {
    /// Grows by one with each reading, also with one that fails.
    pub number: u64,
    /// Who was asked: [`DeckhousePod::incarnation`](super::DeckhousePod::incarnation) of the leader.
    pub leader: String,
}

/// The first task of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Name of the queue.
    pub queue: String,
    /// What the queue does currently, such as `sleep after fail for 32s`.
    pub status: ForeignText,
    /// The task without its failures, such as `ModuleRun:main:prometheus:doStartup`.
    pub description: ForeignText,
    /// How often it has failed.
    pub failures: u64,
    /// What its last failure said.
    pub failure: Option<ForeignText>,
}

/// `/status/converge` of the leader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Converge {
    /// Whether the converge after the start has ended.
    pub startup_done: bool,
    /// Tasks of any converge that are still to do.
    pub in_progress: u64,
}
