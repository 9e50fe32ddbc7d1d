//! Tasks that fail again and again.

use commands::{Command, Controller, Filter, Kubectl, Objects, Output, Resource};

use crate::doctor::{
    finding::{Finding, Severity},
    limits,
    look::Look,
};
use crate::safe_text::short;

/// The head of a queue fails: everything behind it waits.
pub(super) fn failures(look: &Look<'_>) -> Vec<Finding> {
    let heads = look.state.queue.known().map_or(&[][..], |queue| queue.heads.as_slice());
    heads
        .iter()
        .filter(|task| task.failures >= limits::HICCUPS)
        .map(|task| {
            let main = task.queue == "main";
            let severity = if main && task.failures >= limits::HOPELESS { Severity::Blocks } else { Severity::Slows };
            let module = module_of(&task.description);
            let said = task.failure.as_deref().map_or(String::new(), |failure| format!(": {}", short(failure)));
            let finding = Finding::new(
                "queue-failures",
                severity,
                format!("queue {}", task.queue),
                format!("{} has failed {} times{said}", task.description, task.failures),
            )
            .why(if main {
                "all modules go through this queue one after the other: an update is not over before it is empty"
            } else {
                "what this queue is for waits; the update itself does not"
            })
            .remedy("mostly a wrong ModuleConfig, or a Helm release that cannot be put in place; the failure above says which")
            .command(look.ask(Controller::QueueMain));
            let errors = Command::kubectl(look.recent_log()).piped(Filter::errors());
            match module {
                Some(module) => finding
                    // A module that its bundle switches on has no ModuleConfig.
                    .command(Kubectl::Get(Objects::one(Resource::Module, module), Output::Yaml))
                    .command(errors.piped(Filter::Grep(module.to_owned()))),
                None => finding.command(errors),
            }
            .seen_in("queues of the platform's pod")
        })
        .collect()
}

/// The module of a task, as `prometheus` in `ModuleRun:main:prometheus:doStartup`.
fn module_of(description: &str) -> Option<&str> {
    let mut parts = description.split(':');
    let kind = parts.next()?;
    let name = parts.nth(1)?;
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (kind.starts_with("Module") && is_name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_tasks() {
        for (description, module) in [
            ("ModuleRun:main:prometheus:doStartup:OperatorStartup", Some("prometheus")),
            ("ModuleHookRun:main:node-manager", Some("node-manager")),
            ("ConvergeModules:main:x", None),
            ("ModuleRun:main", None),
            ("ModuleRun:main:a b; rm", None),
            ("", None),
        ] {
            assert_eq!(module_of(description), module, "{description}");
        }
    }
}
