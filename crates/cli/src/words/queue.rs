//! The controller's queues and its modules.

use commands::Sentence;
use problems::{ConvergeFact, QueueFact};

use super::times;
use crate::format::count;

pub(super) fn predicate(fact: &QueueFact) -> Sentence {
    match fact {
        QueueFact::NotAsked => "have not been read from the new leader yet".to_owned(),
        QueueFact::Idle { seen, needed } => {
            if *seen == 1 {
                format!("were empty in the last check; {needed} in a row are needed")
            } else {
                format!("were empty in the last {seen} checks; {needed} in a row are needed")
            }
        }
        QueueFact::Busy { tasks, first: None, .. } => format!("have {}", count(*tasks, "task")),
        QueueFact::Busy { tasks, first: Some(first), failures } => {
            let failed =
                if *failures > 0 { format!(" (failed {})", times(*failures)) } else { String::new() };
            format!("has {}; the first one is {first}{failed}", count(*tasks, "task"))
        }
        QueueFact::Failing { task, failures, error } => {
            let error = error.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            format!("is stuck: its first task {task} has failed {}{error}", times(*failures))
        }
    }
    .into()
}

pub(super) fn converge(fact: &ConvergeFact) -> Sentence {
    match fact {
        ConvergeFact::Startup => "is applying all modules for the first time since it started".to_owned(),
        ConvergeFact::Running { left } => format!("is applying its modules: {} left", count(*left, "task")),
    }
    .into()
}
