//! The controller's queues and its modules.

use foreign_text::ForeignText;

/// What is so of the controller's queues.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QueueFact {
    /// The new leader has not been asked for its queues yet.
    NotAsked,
    /// They were empty, and not yet often enough to be called idle.
    Idle {
        /// So many times in a row.
        seen: u32,
        /// As often as it must be.
        needed: u32,
    },
    /// They have tasks.
    Busy {
        /// All tasks.
        tasks: u64,
        /// The first task of a queue, where it is known.
        first: Option<ForeignText>,
        /// How often that has failed.
        failures: u64,
    },
    /// The first task of a queue fails again and again.
    Failing {
        /// The task.
        task: ForeignText,
        /// How often it has failed.
        failures: u64,
        /// Its error.
        error: Option<ForeignText>,
    },
}

/// What is so of the modules that the controller applies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConvergeFact {
    /// It applies all modules for the first time after its start.
    Startup,
    /// It applies modules again.
    Running {
        /// Tasks that are left.
        left: u64,
    },
}
