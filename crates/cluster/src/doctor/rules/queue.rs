//! Tasks that fail again and again.

use commands::{Command, Controller, Filter, Kubectl, Logs, Objects, Output, Resource};
use problems::{Advice, Kind, Object, QueueFact, Rule, See};

use crate::{
    doctor::{
        context::{Context, see},
        finding::{Finding, Severity},
        limits,
        source::Source,
    },
    safe_text::short,
};

/// The first task of a queue fails: everything behind it waits.
pub(super) fn failures(context: &Context<'_>) -> Vec<Finding> {
    let heads = context.state.queue.known().map_or(&[][..], |queue| queue.heads.as_slice());
    heads
        .iter()
        .filter(|task| task.failures >= limits::TASK_FAILURES_SLOW)
        .map(|task| {
            let main = task.queue == "main";
            let blocks = main && task.failures >= limits::TASK_FAILURES_BLOCK;
            let severity = if blocks { Severity::Blocks } else { Severity::Slows };
            let fact = QueueFact::Failing {
                task: task.description.clone(),
                failures: task.failures,
                error: task.failure.as_deref().map(short),
            };
            Finding::new(Rule::QueueFailures, severity, Object::new(Kind::Queue, &task.queue), fact)
                .advise(context.see_queue(Controller::QueueMain))
                .advise_all(see_module(context, module_of(&task.description)))
                .advise(Advice::CorrectSettings)
                .seen_in(Source::Queues)
        })
        .collect()
}

fn see_module(context: &Context<'_>, module: Option<&str>) -> Vec<Advice> {
    let Some(module) = module else {
        return vec![context.see_log(See::LogErrors, Filter::errors())];
    };
    // A module that its bundle enables has no ModuleConfig.
    let get = Kubectl::Get(Objects::one(Resource::Module, module), Output::Yaml);
    let log = Kubectl::Logs(Logs::of(context.leader()).recent());
    let errors = Command::kubectl(log).piped(Filter::errors()).piped(Filter::Grep(module.to_owned()));
    vec![see(See::Module, get), see(See::LogErrorsOfModule, errors)]
}

/// The module of a task, such as `prometheus` in `ModuleRun:main:prometheus:doStartup`.
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
