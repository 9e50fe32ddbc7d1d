//! Whether the controller's queues are at rest, and whether their heads fail more and more.
//!
//! Periodic hooks make queues flicker at any time, so a single look proves nothing in either direction.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    Diagnosis, Stage, clock,
    signal::{Signal, tasks},
};
use crate::objects::{Queue, Task};

/// So many looks in a row without a task make the queues idle.
const IDLE_LOOKS: u32 = 3;

/// What is busy for less than this, and neither fails nor belongs to a round over modules, is a flicker.
const FLICKER: Duration = Duration::from_secs(10);

/// Tasks of a round over modules. Hooks that run by the clock or for an event are none.
const ROUND: [&str; 7] = [
    "ConvergeModules",
    "GlobalHookRun",
    "ModuleRun",
    "ModuleDelete",
    "ModulePurge",
    "ParallelModuleRun",
    "ApplyKubeConfigValues",
];

/// So often the failures of a head must have grown, and so many it must have at least, to be called failing.
/// A module that waits for another one fails once or twice in any update.
const GROWN: u32 = 2;
const FAILURES: u64 = 3;

/// What was seen of the queues over time.
#[derive(Debug, Clone, Default)]
pub(super) struct Calm {
    mood: Mood,
    idle_looks: u32,
    busy_since: Option<Timestamp>,
    /// Number of the last look; none if nobody has looked at the queues of this leader.
    last_look: Option<u64>,
    heads: BTreeMap<(String, String), Growth>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mood {
    #[default]
    Unknown,
    Idle,
    Busy,
}

#[derive(Debug, Clone)]
struct Growth {
    failures: u64,
    grown: u32,
}

impl Calm {
    /// Takes note of what the look of this number has found.
    pub(super) fn look(&mut self, queue: &Queue, number: u64, now: Timestamp) {
        let last = self.last_look.replace(number);
        if last == Some(number) {
            return;
        }
        if queue.tasks == 0 {
            self.busy_since = None;
            // What a look between has found is not known here.
            let in_a_row = last.is_some_and(|last| number == last + 1);
            self.idle_looks = if in_a_row { self.idle_looks + 1 } else { 1 };
            if self.idle_looks >= IDLE_LOOKS {
                self.mood = Mood::Idle;
            }
        } else {
            self.idle_looks = 0;
            let since = *self.busy_since.get_or_insert(now);
            let lasting = clock::between(since, now) >= FLICKER;
            if lasting || queue.heads.iter().any(|head| head.failures > 0 || is_of_a_round(head)) {
                self.mood = Mood::Busy;
            }
        }
        self.compare(&queue.heads);
    }

    /// The queues cannot be seen just now: idle looks must follow on each other.
    pub(super) fn look_away(&mut self) {
        self.idle_looks = 0;
        self.busy_since = None;
    }

    /// Another pod works off the queues now: nothing that was seen counts.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    fn compare(&mut self, heads: &[Task]) {
        let mut next = BTreeMap::new();
        for head in heads.iter().filter(|head| head.failures > 0) {
            let key = (head.queue.clone(), head.description.clone());
            let mut growth = self.heads.remove(&key).unwrap_or(Growth { failures: head.failures, grown: 0 });
            if head.failures > growth.failures {
                growth.grown += 1;
            } else if head.failures < growth.failures {
                growth.grown = 0;
            }
            growth.failures = head.failures;
            next.insert(key, growth);
        }
        self.heads = next;
    }

    /// Whether the last looks in a row were all without a task.
    pub(super) fn is_idle(&self) -> bool {
        self.idle_looks >= IDLE_LOOKS
    }

    /// What keeps the update from being quiet.
    pub(super) fn signal(&self, queue: Option<&Queue>) -> Option<Signal> {
        let queue = queue?;
        let level = match self.mood {
            Mood::Idle => return None,
            Mood::Busy => Stage::Converging,
            Mood::Unknown => Stage::Propagating,
        };
        if self.last_look.is_none() {
            let text = "their new leader has not been asked yet";
            return Some(Signal::new(level, "queue", "the queues", text));
        }
        let Some(head) = queue.heads.first().filter(|_| queue.tasks > 0) else {
            let text = if queue.tasks > 0 {
                tasks(queue.tasks)
            } else {
                format!("idle in {} of {IDLE_LOOKS} looks in a row", self.idle_looks)
            };
            return Some(Signal::new(level, "queue", "the queues", text));
        };
        let mut text = format!("{}, first {}", tasks(queue.tasks), head.description);
        if head.failures > 0 {
            text += &format!(", failed {}", times(head.failures));
        }
        // A queue that hangs grows behind its head; what moves is the head.
        Some(
            Signal::new(level, "queue", format!("Queue/{}", head.queue), text)
                .measured(head.description.clone()),
        )
    }

    /// The head that fails more and more, if there is one.
    pub(super) fn failing(&self, queue: &Queue) -> Option<Diagnosis> {
        let head = queue.heads.iter().find(|head| {
            let key = (head.queue.clone(), head.description.clone());
            self.heads.get(&key).is_some_and(|it| it.grown >= GROWN && it.failures >= FAILURES)
        })?;
        let why = head.failure.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
        Some(Diagnosis {
            code: "queueFails",
            object: format!("Queue/{}", head.queue),
            text: format!("its first task {} has failed {}{why}", head.description, times(head.failures)),
            remedy: "nothing behind it runs until it succeeds: correct what it complains about, often a ModuleConfig; \
                     kubectl -n d8-system logs -l app=deckhouse,leader=true -c deckhouse shows the whole error"
                .to_owned(),
        })
    }
}

fn is_of_a_round(head: &Task) -> bool {
    let kind = head.description.split(':').next().unwrap_or_default();
    ROUND.contains(&kind)
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
