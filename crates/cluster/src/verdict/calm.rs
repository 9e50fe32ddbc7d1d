//! Whether the controller's queues are at rest, and whether their heads fail more and more.
//!
//! Periodic hooks make queues flicker at any time, so a single look proves nothing in either direction.

use std::{collections::BTreeMap, time::Duration};

use commands::{Kubectl, Logs, Pods, Sentence};
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
            let key = (head.queue.clone(), head.description.to_string());
            self.heads.get(&key).is_some_and(|it| it.grown >= GROWN && it.failures >= FAILURES)
        })?;
        let why = head.failure.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
        Some(Diagnosis {
            code: "queueFails",
            object: format!("Queue/{}", head.queue),
            text: format!("its first task {} has failed {}{why}", head.description, times(head.failures)).into(),
            remedy: Sentence::from(
                "nothing behind it runs until it succeeds: correct what it complains about, often a ModuleConfig; ",
            )
            .command(Kubectl::Logs(Logs::of(Pods::Leader)))
            .text(" shows the whole error"),
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

#[cfg(test)]
mod tests {
    use super::{
        super::{Call, Machine, Settings, scenes::*},
        *,
    };
    use crate::{ClusterState, Reading};

    #[test]
    fn a_queue_that_cannot_be_asked_just_now_moves_no_stage() {
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 20);
        let away_queue = with(quiet("1.71.0"), |it| it.queue = away());
        assert_eq!(watch.hold(&away_queue, 4000).call, Call::Propagating);
        watch.hold(&converging("1.70.1", "1.71.0"), 5);
        let verdict = watch.hold(&away_queue, 4000);
        assert_eq!((verdict.call, codes(&verdict)), (Call::Converging, vec!["notNow"]));
    }

    #[test]
    fn flicker_is_no_disturbance_and_no_quiet() {
        let flicker = with(quiet("1.71.0"), |it| it.queue = Reading::Known(task("ModuleHookRun:main:x", 0)));
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        for _ in 0..10 {
            assert_eq!(watch.hold(&flicker, 2).call, Call::Propagating);
            assert_eq!(watch.hold(&quiet("1.71.0"), 8).call == Call::Done, watch.seconds >= 124);
        }
        assert_eq!(watch.look(&flicker).call, Call::Propagating, "not in the middle of one");
        // Idle and busy in turns is never idle.
        let mut watch = Watch::new(None);
        for _ in 0..600 {
            watch.look(&flicker);
            assert_ne!(watch.hold(&quiet("1.71.0"), 2).call, Call::Done);
        }
        // What lasts, or belongs to a round over modules, does disturb.
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        assert_eq!(watch.hold(&flicker, 11).call, Call::Converging);
        watch.hold(&quiet("1.71.0"), 60);
        let round = with(quiet("1.71.0"), |it| it.queue = Reading::Known(task("ModuleRun:main:x", 0)));
        assert_eq!(watch.look(&round).call, Call::Converging);
    }

    #[test]
    fn a_head_that_fails_more_and_more() {
        let failing = |failures| {
            with(converging("1.70.1", "1.71.0"), |it| {
                it.queue = Reading::Known(task("ModuleRun:main:istio", failures));
            })
        };
        let mut watch = Watch::new(None);
        for failures in [1, 2, 2] {
            assert_eq!(watch.hold(&failing(failures), 20).call, Call::Converging, "{failures}");
        }
        let verdict = watch.look(&failing(3));
        assert_eq!((verdict.call, verdict.diagnosis.unwrap().code), (Call::Failed, "queueFails"));
        assert_eq!(watch.look(&converging("1.70.1", "1.71.0")).call, Call::Converging);
        // Many failures that do not grow are the past.
        assert_eq!(Watch::new(None).hold(&failing(40), 600).call, Call::Converging);
    }

    #[test]
    fn another_pod_has_other_queues() {
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        let other =
            with(quiet("1.71.0"), |it| it.pods = Reading::Known(vec![pod("deckhouse-z", "1.71.0", true)]));
        assert_eq!(codes(&watch.look(&other)), ["queue"], "idle must be seen anew");
    }

    #[test]
    fn a_look_at_the_queues_counts_once() {
        let settings = Settings { settle: Duration::ZERO, ..Settings::default() };
        let codes_after = |looks: &[(ClusterState, i64)]| {
            let mut machine = Machine::new(None, settings);
            let verdicts = looks.iter().enumerate().map(|(time, (state, number))| {
                machine.observe(&looked_at(state, *number), at(i64::try_from(time).unwrap()))
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
        for (looks, call) in [
            // The state changes for other reasons while one look takes long.
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
            let numbers: Vec<_> = looks.iter().map(|(_, number)| *number).collect();
            assert_eq!(codes_after(&looks), call, "{numbers:?}");
        }
    }

    #[test]
    fn what_the_last_leader_answered_is_none_of_the_next_ones() {
        let mut watch = Watch::new(None);
        watch.hold(&quiet("1.71.0"), 60);
        let mut other =
            with(quiet("1.71.0"), |it| it.pods = Reading::Known(vec![pod("deckhouse-z", "1.71.0", true)]));
        other.queue_look = looked_at(&quiet("1.71.0"), watch.seconds).queue_look;
        for second in 1..10 {
            let verdict = watch.machine.observe(&other, at(watch.seconds + second));
            assert_eq!(
                (codes(&verdict), verdict.waiting_for[0].text.clone()),
                (vec!["queue"], "their new leader has not been asked yet".into())
            );
        }
    }
}
