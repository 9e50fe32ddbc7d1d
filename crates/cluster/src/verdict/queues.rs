//! Whether the controller's queues are idle, and whether their first tasks fail more and more often.
//!
//! Periodic hooks make queues flicker at any time, so a single reading proves neither.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use problems::{Advice, Code, Kind, Object, Problem, QueueFact};

use super::clock;
use crate::objects::{Queue, Task};

/// The queues are idle after this number of consecutive readings without a task.
pub(super) const IDLE_READINGS: u32 = 3;

/// What is busy for less than this, and neither fails nor applies modules, is a periodic hook.
const SHORT: Duration = Duration::from_secs(10);

/// Kinds of tasks that apply modules, other than hooks that run on a schedule or for an event.
const MODULE_TASKS: [&str; 7] = [
    "ConvergeModules",
    "GlobalHookRun",
    "ModuleRun",
    "ModuleDelete",
    "ModulePurge",
    "ParallelModuleRun",
    "ApplyKubeConfigValues",
];

/// How often the failures of a first task must have grown, and how many there must be, for it to count as failing.
/// A module that waits for another one fails once or twice in any update.
const GROWN: u32 = 2;
const FAILURES: u64 = 3;

/// What the readings of the queues have shown so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Queues {
    activity: Activity,
    idle_readings: u32,
    busy_since: Option<Timestamp>,
    /// Number of the last reading; `None` if the queues of this leader were not read yet.
    last_reading: Option<u64>,
    heads: BTreeMap<(String, String), Growth>,
}

/// What the readings of the queues show together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Activity {
    /// There are not enough readings.
    #[default]
    Unknown,
    /// The last consecutive readings found no task.
    Idle,
    /// A task lasts, fails, or applies modules.
    Busy,
}

/// How the failures of a first task have grown.
#[derive(Debug, Clone)]
struct Growth {
    failures: u64,
    grown: u32,
}

impl Queues {
    /// Adds the reading with this number.
    pub(super) fn observe(&mut self, queue: &Queue, number: u64, now: Timestamp) {
        let last = self.last_reading.replace(number);
        if last == Some(number) {
            return;
        }
        if queue.tasks == 0 {
            self.busy_since = None;
            // If a reading between them is missing, it may have found a task.
            let in_a_row = last.is_some_and(|last| number == last + 1);
            self.idle_readings = if in_a_row { self.idle_readings + 1 } else { 1 };
            if self.idle_readings >= IDLE_READINGS {
                self.activity = Activity::Idle;
            }
        } else {
            self.idle_readings = 0;
            let since = *self.busy_since.get_or_insert(now);
            let lasting = clock::between(since, now) >= SHORT;
            if lasting || queue.heads.iter().any(|head| head.failures > 0 || applies_modules(head)) {
                self.activity = Activity::Busy;
            }
        }
        self.compare(&queue.heads);
    }

    /// The queues cannot be read currently: only consecutive idle readings count.
    pub(super) fn interrupt(&mut self) {
        self.idle_readings = 0;
        self.busy_since = None;
    }

    /// Another pod has the queues now: earlier readings do not count.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn compare(&mut self, heads: &[Task]) {
        let mut next = BTreeMap::new();
        for head in heads.iter().filter(|head| head.failures > 0) {
            let key = (head.queue.clone(), head.description.to_string());
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

    /// Whether the last consecutive readings found no task.
    pub(super) fn is_idle(&self) -> bool {
        self.idle_readings >= IDLE_READINGS
    }

    /// Whether the queues of the current leader were read.
    pub(super) fn were_asked(&self) -> bool {
        self.last_reading.is_some()
    }

    /// The number of consecutive readings without a task.
    pub(super) fn idle_readings(&self) -> u32 {
        self.idle_readings
    }

    /// What the readings show.
    pub(super) fn activity(&self) -> Activity {
        self.activity
    }

    /// The problem with a first task that fails more and more often, if there is one.
    pub(super) fn failing(&self, queue: &Queue) -> Option<Problem> {
        let head = queue.heads.iter().find(|head| {
            let key = (head.queue.clone(), head.description.to_string());
            self.heads.get(&key).is_some_and(|it| it.grown >= GROWN && it.failures >= FAILURES)
        })?;
        let fact = QueueFact::Failing {
            task: head.description.clone(),
            failures: head.failures,
            error: head.failure.clone(),
        };
        let problem = Problem::new(Code::QueueFails, Object::new(Kind::Queue, &*head.queue), fact);
        Some(problem.advise(Advice::ReadLeaderLog).advise(Advice::CorrectSettings))
    }
}

/// Whether a task applies modules, other than a hook that runs on a schedule or for an event.
pub(super) fn applies_modules(head: &Task) -> bool {
    let kind = head.description.split(':').next().unwrap_or_default();
    MODULE_TASKS.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Call, Machine, Settings, scenes::*},
        *,
    };
    use crate::{ClusterState, Reading};

    #[test]
    fn a_queue_that_cannot_be_read_currently_changes_no_stage() {
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 20);
        let away_queue = with(quiet("1.71.0"), |it| it.queue = away());
        assert_eq!(watch.hold(&away_queue, 4000).call, Call::Propagating);
        watch.hold(&converging("1.70.1", "1.71.0"), 5);
        let verdict = watch.hold(&away_queue, 4000);
        assert_eq!((verdict.call, codes(&verdict)), (Call::Converging, vec![Code::NotNow]));
    }

    #[test]
    fn a_short_task_neither_resets_the_settle_time_nor_ends_it() {
        let flicker = with(quiet("1.71.0"), |it| it.queue = Reading::Known(task("ModuleHookRun:main:x", 0)));
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        for _ in 0..10 {
            assert_eq!(watch.hold(&flicker, 2).call, Call::Propagating);
            assert_eq!(watch.hold(&quiet("1.71.0"), 8).call == Call::Done, watch.seconds >= 124);
        }
        assert_eq!(watch.observe(&flicker).call, Call::Propagating, "not in the middle of one");
        // Idle and busy in turns is never idle.
        let mut watch = Watch::new(None);
        for _ in 0..600 {
            watch.observe(&flicker);
            assert_ne!(watch.hold(&quiet("1.71.0"), 2).call, Call::Done);
        }
        // What lasts, or belongs to a round over modules, does disturb.
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        assert_eq!(watch.hold(&flicker, 11).call, Call::Converging);
        watch.hold(&quiet("1.71.0"), 60);
        let round = with(quiet("1.71.0"), |it| it.queue = Reading::Known(task("ModuleRun:main:x", 0)));
        assert_eq!(watch.observe(&round).call, Call::Converging);
    }

    #[test]
    fn a_first_task_that_fails_more_and_more_often() {
        let failing = |failures| {
            with(converging("1.70.1", "1.71.0"), |it| {
                it.queue = Reading::Known(task("ModuleRun:main:istio", failures));
            })
        };
        let mut watch = Watch::new(None);
        for failures in [1, 2, 2] {
            assert_eq!(watch.hold(&failing(failures), 20).call, Call::Converging, "{failures}");
        }
        let verdict = watch.observe(&failing(3));
        assert_eq!((verdict.call, verdict.problem.unwrap().code), (Call::Failed, Code::QueueFails));
        assert_eq!(watch.observe(&converging("1.70.1", "1.71.0")).call, Call::Converging);
        // Many failures that do not grow are the past.
        assert_eq!(Watch::new(None).hold(&failing(40), 600).call, Call::Converging);
    }

    #[test]
    fn another_pod_has_other_queues() {
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        let other =
            with(quiet("1.71.0"), |it| it.pods = Reading::Known(vec![pod("deckhouse-z", "1.71.0", true)]));
        assert_eq!(codes(&watch.observe(&other)), [Code::Queue], "idle must be seen anew");
    }

    #[test]
    fn a_reading_of_the_queues_counts_once() {
        let settings = Settings { settle: Duration::ZERO, ..Settings::default() };
        let codes_after = |readings: &[(ClusterState, i64)]| {
            let mut machine = Machine::new(None, settings);
            let verdicts = readings.iter().enumerate().map(|(time, (state, number))| {
                machine.observe(&with_queue_read(state, *number), at(i64::try_from(time).unwrap()))
            });
            verdicts.last().unwrap().call
        };
        let idle = |number| (quiet("1.71.0"), number);
        let busy = |number| {
            (with(quiet("1.71.0"), |it| it.queue = Reading::Known(task("ModuleHookRun:main:x", 0))), number)
        };
        let away = |number| (with(quiet("1.71.0"), |it| it.queue = away()), number);
        let again = |number| {
            let mut state = quiet("1.71.0");
            known(&mut state.pods)[0].containers[0].restarts = 1;
            (state, number)
        };
        for (readings, call) in [
            // The state changes for other reasons while one reading takes long.
            (vec![idle(1), idle(1), idle(1), idle(1), idle(1)], Call::Propagating),
            (vec![idle(1), idle(2), idle(2), idle(2)], Call::Propagating),
            (vec![idle(1), idle(2), idle(3)], Call::Done),
            // What the third has found was never seen.
            (vec![idle(1), idle(2), idle(4)], Call::Propagating),
            (vec![idle(1), idle(2), idle(4), idle(5), idle(6)], Call::Done),
            (vec![idle(1), busy(2), idle(3), idle(4)], Call::Propagating),
            (vec![idle(1), idle(2), away(3), idle(4), idle(5)], Call::Propagating),
            // The container was started again within its pod: other queues.
            (vec![idle(1), idle(2), again(3), again(4)], Call::Propagating),
            (vec![idle(1), idle(2), again(3), again(4), again(5)], Call::Done),
        ] {
            let numbers: Vec<_> = readings.iter().map(|(_, number)| *number).collect();
            assert_eq!(codes_after(&readings), call, "{numbers:?}");
        }
    }

    #[test]
    fn what_the_previous_leader_answered_does_not_count_for_the_next() {
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        let mut other =
            with(quiet("1.71.0"), |it| it.pods = Reading::Known(vec![pod("deckhouse-z", "1.71.0", true)]));
        other.queue_read = with_queue_read(&quiet("1.71.0"), watch.seconds).queue_read;
        for second in 1..10 {
            let verdict = watch.machine.observe(&other, at(watch.seconds + second));
            assert_eq!(
                (codes(&verdict), verdict.waiting_for[0].fact.clone()),
                (vec![Code::Queue], QueueFact::NotAsked.into())
            );
        }
    }
}
