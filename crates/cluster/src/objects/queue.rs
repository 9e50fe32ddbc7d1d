//! The controller's task queues, and how far its converge is.

use foreign_text::ForeignText;
use serde::Serialize;

/// What the leader's queues hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Tasks in all queues. Zero means idle.
    pub tasks: u64,
    /// The heads of the queues that are not empty, `main` first.
    pub heads: Vec<Task>,
}

/// Which look at the queues a reading is from. What is seen again for another reason is no new look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueLook {
    /// Grows by one with each look, also with those that fail.
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
    /// What the queue does just now, as `sleep after fail for 32s`.
    pub status: ForeignText,
    /// The task without its failures, as `ModuleRun:main:prometheus:doStartup`.
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
