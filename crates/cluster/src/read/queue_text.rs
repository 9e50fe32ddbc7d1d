//! What the controller prints about its queues: as JSON, and as text for people (facts 4.3, 4.4; shell-operator's
//! `pkg/task/dump`).

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Obstacle, Reading,
    objects::{Converge, Queue, Task},
    safe_text::{foreign, name},
};

/// The queues, whichever of the two forms `printed` has.
pub(super) fn queue_from(printed: &str) -> Reading<Queue> {
    let printed = printed.trim();
    if printed.starts_with('{') {
        serde_json::from_str(printed).map_or_else(
            |error| Reading::Unreadable(Obstacle::Malformed(format!("the list of queues: {error}"))),
            of_json,
        )
    } else {
        of_text(printed)
    }
}

/// A controller that has no queues at all is not idle: it has not begun, or is no leader.
fn without_queues() -> Reading<Queue> {
    Reading::NotNow { last: None, why: "the controller has no queues yet".to_owned() }
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    active: Vec<JsonQueue>,
    #[serde(default)]
    empty: Option<Vec<Value>>,
    summary: JsonSummary,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonQueue {
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    tasks: Vec<JsonTask>,
}

#[derive(Deserialize)]
struct JsonTask {
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonSummary {
    total_tasks: u64,
}

fn of_json(json: Json) -> Reading<Queue> {
    if json.active.is_empty() && json.empty.is_some_and(|empty| empty.is_empty()) {
        return without_queues();
    }
    let heads = json.active.into_iter().filter_map(|queue| {
        let first = queue.tasks.into_iter().next()?;
        Some(task(&queue.name, &queue.status, &first.description))
    });
    Reading::Known(Queue { tasks: json.summary.total_tasks, heads: main_first(heads.collect()) })
}

fn of_text(printed: &str) -> Reading<Queue> {
    let mut heads: Vec<Task> = Vec::new();
    let mut queue: Option<(String, String)> = None;
    let mut total = None;
    for line in printed.lines().map(str::trim) {
        if let Some((name, status)) = header(line) {
            queue = Some((name, status));
        } else if let Some(description) = line.strip_prefix("1. ") {
            if let Some((name, status)) = queue.take() {
                heads.push(task(&name, &status, description));
            }
        } else if line == "No queues." {
            return without_queues();
        } else if line.starts_with("- no tasks to handle") {
            total = Some(0);
        } else if let Some(rest) = line.strip_prefix("- total ") {
            total = rest.split(' ').next().and_then(|count| count.parse().ok());
        }
    }
    match total {
        Some(tasks) => Reading::Known(Queue { tasks, heads: main_first(heads) }),
        None => Reading::NotNow { last: None, why: "the list of queues has no summary".to_owned() },
    }
}

/// `Queue 'main': length 2, status: 'run first task'`
fn header(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix("Queue '")?.split_once("': length ")?;
    let status = rest.split_once("status: '").map_or("", |(_, status)| status.trim_end_matches('\''));
    Some((name.to_owned(), status.to_owned()))
}

/// `Type:queue:description[:failures N[:message]]`
fn task(queue: &str, status: &str, printed: &str) -> Task {
    let (description, failed) = match printed.split_once(":failures ") {
        Some((description, failed)) => (description, Some(failed)),
        None => (printed, None),
    };
    let (failures, message) = match failed.map(|failed| failed.split_once(':').unwrap_or((failed, ""))) {
        Some((count, message)) => (count.trim().parse().unwrap_or(1), message.trim()),
        None => (0, ""),
    };
    Task {
        queue: name(queue),
        status: foreign(status),
        description: foreign(description.trim()),
        failures,
        failure: (!message.is_empty()).then(|| foreign(message)),
    }
}

fn main_first(mut heads: Vec<Task>) -> Vec<Task> {
    heads.sort_by_key(|task| task.queue != "main");
    heads
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct JsonConverge {
    #[serde(default)]
    converge_in_progress: u64,
    // Without it, the answer is about something else.
    startup_converge_done: bool,
    #[serde(default)]
    startup_converge_in_progress: u64,
}

/// How far the converge is, whichever of the two forms `printed` has.
pub(super) fn converge_from(printed: &str) -> Reading<Converge> {
    let malformed =
        |why: String| Reading::Unreadable(Obstacle::Malformed(format!("/status/converge: {why}")));
    let printed = printed.trim();
    if printed.starts_with('{') {
        return match serde_json::from_str::<JsonConverge>(printed) {
            Ok(json) => Reading::Known(Converge {
                startup_done: json.startup_converge_done,
                in_progress: json.converge_in_progress + json.startup_converge_in_progress,
            }),
            Err(error) => malformed(error.to_string()),
        };
    }
    let mut converge = Converge::default();
    let mut understood = false;
    for line in printed.lines().map(str::trim) {
        let (name, count) = line.split_once(':').unwrap_or((line, ""));
        let count = || count.trim().split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(1);
        match name {
            "STARTUP_CONVERGE_DONE" => converge.startup_done = true,
            "STARTUP_CONVERGE_IN_PROGRESS" | "CONVERGE_IN_PROGRESS" => converge.in_progress += count(),
            "STARTUP_CONVERGE_NOT_STARTED" | "CONVERGE_WAIT_TASK" => {}
            _ => continue,
        }
        understood = true;
    }
    if understood { Reading::Known(converge) } else { malformed("it does not report a converge".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: &str = "\
Summary:
- 'main' queue: empty.
- 88 other queues (0 active, 88 empty): 0 tasks.
- no tasks to handle.
";
    const BUSY: &str = "\
Queue '/modules/x': length 1, status: ''

 1. ModuleHookRun:/modules/x:x/hook.sh:Schedule

Queue 'main': length 2, status: 'sleep after fail for 32s'

 1. ModuleRun:main:prometheus:doStartup:OperatorStartup:failures 7:helm: cannot: patch
 2. ConvergeModules:main:

Summary:
- 'main' queue: 2 tasks.
- 90 other queues (1 active, 89 empty): 1 task.
- total 3 tasks to handle.
";

    #[test]
    fn text_and_json_say_the_same() {
        let idle = r#"{"active":[],"empty":[{"name":"main"}],"summary":{"mainQueueTasks":0,"otherQueues":{"active":0,"empty":88,"tasks":0},"totalTasks":0}}"#;
        let busy = r#"{"active":[
            {"name":"/modules/x","tasksCount":1,"status":"","tasks":[{"index":1,"description":"ModuleHookRun:/modules/x:x/hook.sh:Schedule"}]},
            {"name":"main","tasksCount":2,"status":"sleep after fail for 32s","tasks":[
                {"index":1,"description":"ModuleRun:main:prometheus:doStartup:OperatorStartup:failures 7:helm: cannot: patch"},
                {"index":2,"description":"ConvergeModules:main:"}]}],
            "empty":[],"summary":{"mainQueueTasks":2,"otherQueues":{"active":1,"empty":89,"tasks":1},"totalTasks":3}}"#;
        let main = Task {
            queue: "main".to_owned(),
            status: "sleep after fail for 32s".into(),
            description: "ModuleRun:main:prometheus:doStartup:OperatorStartup".into(),
            failures: 7,
            failure: Some("helm: cannot: patch".into()),
        };
        let other = Task {
            queue: "/modules/x".to_owned(),
            description: "ModuleHookRun:/modules/x:x/hook.sh:Schedule".into(),
            ..Task::default()
        };
        let expected = Reading::Known(Queue { tasks: 3, heads: vec![main, other] });
        assert_eq!(queue_from(BUSY), expected);
        assert_eq!(queue_from(busy), expected);
        assert_eq!(queue_from(IDLE), Reading::Known(Queue::default()));
        assert_eq!(queue_from(idle), Reading::Known(Queue::default()));
        // Without `empty`, as a version may answer that does not know the parameter.
        let short = r#"{"active":[],"summary":{"totalTasks":0}}"#;
        assert_eq!(queue_from(short), Reading::Known(Queue::default()));
    }

    #[test]
    fn only_an_explicit_idle_counts_as_idle() {
        for printed in [
            "",
            "Summary:\n  No queues.\n",
            r#"{"active":[],"empty":[],"summary":{"totalTasks":0}}"#,
            r#"{"active":"#,
            "Queue 'main': length 38, status: 'run first task'\n",
            "curl: (7) Failed to connect",
        ] {
            assert_eq!(queue_from(printed).known(), None, "{printed}");
        }
    }

    #[test]
    fn converge_in_both_forms() {
        let known = |startup_done, in_progress| Reading::Known(Converge { startup_done, in_progress });
        for (printed, expected) in [
            (
                r#"{"CONVERGE_IN_PROGRESS":0,"CONVERGE_WAIT_TASK":true,"STARTUP_CONVERGE_DONE":true,"STARTUP_CONVERGE_IN_PROGRESS":0,"STARTUP_CONVERGE_NOT_STARTED":false}"#,
                known(true, 0),
            ),
            (
                r#"{"CONVERGE_IN_PROGRESS":0,"STARTUP_CONVERGE_DONE":false,"STARTUP_CONVERGE_IN_PROGRESS":41}"#,
                known(false, 41),
            ),
            ("STARTUP_CONVERGE_IN_PROGRESS: 12 tasks\n", known(false, 12)),
            ("STARTUP_CONVERGE_DONE\nCONVERGE_IN_PROGRESS: 1 task\n", known(true, 1)),
            ("STARTUP_CONVERGE_DONE\nCONVERGE_WAIT_TASK\n", known(true, 0)),
            ("STARTUP_CONVERGE_NOT_STARTED\n", known(false, 0)),
        ] {
            assert_eq!(converge_from(printed), expected, "{printed}");
        }
        assert_eq!(converge_from("404 page not found").known(), None);
        assert_eq!(converge_from("{").known(), None);
        assert_eq!(converge_from(r#"{"code":500,"message":"not now"}"#).known(), None);
    }

    #[test]
    fn fuzz_what_a_controller_prints() {
        fuzzing::fuzz!(
            [IDLE.as_bytes(), BUSY.as_bytes(), b"{\"active\":[],\"summary\":{\"totalTasks\":0}}"],
            |bytes: &[u8]| {
                let printed = String::from_utf8_lossy(bytes);
                if let Reading::Known(queue) = queue_from(&printed) {
                    assert!(queue.heads.len() <= printed.len());
                }
                drop(converge_from(&printed));
            }
        );
    }
}
