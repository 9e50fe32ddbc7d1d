//! What the controller in its pod answers about its queues and its converge, all from one state.

use serde::Deserialize;
use serde_json::json;

use crate::kube::{Answer, Kubelet};

/// Queues that are not `main`.
const OTHERS: u64 = 88;
const CURL_REFUSED: i32 = 7;

/// What the queues hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Queue {
    /// Nothing.
    #[default]
    Idle,
    /// Nobody answers.
    Gone,
    /// This text is answered, whatever it means.
    Raw(String),
    /// Tasks.
    #[serde(untagged)]
    Busy(Busy),
}

/// A queue with tasks in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Busy {
    tasks: u64,
    /// The first one.
    #[serde(default = "usual_head")]
    head: String,
    #[serde(default)]
    failures: u64,
    #[serde(default)]
    failure: Option<String>,
    /// Another queue than `main`.
    #[serde(default = "main")]
    queue: String,
}

/// How far the round over all modules is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Converge {
    /// The first round of this pod is over, and no other goes on.
    #[default]
    Done,
    /// The first round has so many tasks left.
    Starting(u64),
    /// A later round has so many tasks left.
    Running(u64),
    /// Nobody answers: the controller is too old for the question.
    Unknown,
    /// This text is answered, whatever it means.
    Raw(String),
}

fn usual_head() -> String {
    "ModuleRun:main:prometheus:doStartup:OperatorStartup".to_owned()
}

fn main() -> String {
    "main".to_owned()
}

impl Queue {
    pub(super) fn busy(tasks: u64) -> Self {
        Self::Busy(Busy { tasks, head: usual_head(), failures: 0, failure: None, queue: main() })
    }

    /// From now on this is answered. With `old` only by the command, as by controllers without their own API.
    pub(super) fn answer(&self, kubelet: &Kubelet, old: bool) {
        let (api, command) = match self {
            Self::Gone => (None, None),
            Self::Raw(text) => (Some(text.clone()), Some(text.clone())),
            Self::Idle => (Some(idle_json()), Some(idle_text())),
            Self::Busy(busy) => (Some(busy.json()), Some(busy.text())),
        };
        let printed = |text: Option<String>| {
            let refused = || Answer::fails(CURL_REFUSED, "Failed to connect to 127.0.0.1 port 9652\n");
            text.map_or_else(refused, Answer::prints)
        };
        kubelet.on("/queue/list.json", printed(api.filter(|_| !old)));
        kubelet.on("deckhouse-controller queue list", printed(command));
    }
}

impl Converge {
    pub(super) fn answer(&self, kubelet: &Kubelet) {
        let (startup, later) = match self {
            Self::Done => (0, 0),
            Self::Starting(tasks) => (*tasks, 0),
            Self::Running(tasks) => (0, *tasks),
            Self::Raw(text) => {
                kubelet.on("/status/converge", Answer::prints(text.clone()));
                return;
            }
            Self::Unknown => {
                kubelet.on("/status/converge", Answer::fails(CURL_REFUSED, "Failed to connect\n"));
                return;
            }
        };
        let json = json!({
            "CONVERGE_IN_PROGRESS": later,
            "CONVERGE_WAIT_TASK": startup == 0 && later == 0,
            "STARTUP_CONVERGE_DONE": startup == 0,
            "STARTUP_CONVERGE_IN_PROGRESS": startup,
            "STARTUP_CONVERGE_NOT_STARTED": false,
        });
        kubelet.on("/status/converge", Answer::prints(json.to_string()));
    }
}

impl Busy {
    /// The task as the controller prints it.
    fn task(&self) -> String {
        let failures = match (self.failures, &self.failure) {
            (0, _) => String::new(),
            (count, None) => format!(":failures {count}"),
            (count, Some(why)) => format!(":failures {count}:{why}"),
        };
        format!("{}{failures}", self.head)
    }

    fn status(&self) -> &'static str {
        if self.failures > 0 { "sleep after fail for 32s" } else { "run first task" }
    }

    /// Tasks in `main`, and in the others.
    fn counts(&self) -> (u64, u64) {
        if self.queue == "main" { (self.tasks, 0) } else { (0, self.tasks) }
    }

    fn json(&self) -> String {
        let (main, others) = self.counts();
        let waiting = (2..=self.tasks.min(3))
            .map(|index| json!({ "index": index, "description": "ConvergeModules:main:OperatorStartup" }));
        let first = json!({ "index": 1, "description": self.task() });
        json!({
            "active": [{
                "name": self.queue, "tasksCount": self.tasks, "status": self.status(),
                "tasks": std::iter::once(first).chain(waiting).collect::<Vec<_>>(),
            }],
            "summary": {
                "mainQueueTasks": main,
                "otherQueues": { "active": u64::from(others > 0), "empty": OTHERS - u64::from(others > 0), "tasks": others },
                "totalTasks": self.tasks,
            },
        })
        .to_string()
    }

    fn text(&self) -> String {
        let (main, others) = self.counts();
        let plural = |count: u64| if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
        let main = if main == 0 { "empty".to_owned() } else { plural(main) };
        let active = u64::from(others > 0);
        format!(
            "Queue '{}': length {}, status: '{}'\n\n 1. {}\n\nSummary:\n- 'main' queue: {main}.\n- {OTHERS} other queues ({active} active, {} empty): {}.\n- total {} to handle.\n",
            self.queue,
            self.tasks,
            self.status(),
            self.task(),
            OTHERS - active,
            plural(others),
            plural(self.tasks),
        )
    }
}

fn idle_json() -> String {
    json!({
        "active": [], "empty": [{ "name": "main", "tasksCount": 0, "status": "waiting for task 4s" }],
        "summary": {
            "mainQueueTasks": 0, "otherQueues": { "active": 0, "empty": OTHERS, "tasks": 0 }, "totalTasks": 0,
        },
    })
    .to_string()
}

fn idle_text() -> String {
    format!(
        "Summary:\n- 'main' queue: empty.\n- {OTHERS} other queues (0 active, {OTHERS} empty): 0 tasks.\n- no tasks to handle.\n"
    )
}
