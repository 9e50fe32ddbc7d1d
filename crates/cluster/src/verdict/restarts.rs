//! Whether the platform's pod goes down again and again.
//!
//! A controller that crashes in the middle of its first round may run for minutes each time, and seems healthy then.
//! So what counts is how often it was started again, until the pod has shown that it stays up.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::clock;
use crate::objects::{ContainerState, DeckhousePod};

/// Reasons of a container that cannot run.
const CRASH: [&str; 4] =
    ["CrashLoopBackOff", "RunContainerError", "CreateContainerError", "CreateContainerConfigError"];

/// So many new starts of one pod are no accident any more: one or two happen in an update that goes well.
const LOOP: i32 = 3;

/// What was seen of the containers over time.
#[derive(Debug, Clone, Default)]
pub(super) struct Restarts {
    containers: BTreeMap<(String, String), History>,
}

#[derive(Debug, Clone)]
struct History {
    /// The count when the pod last stayed up; 0 if it never has, since an update makes a new pod.
    held_out: i32,
    count: i32,
    /// Whether it was seen going down since then.
    crashed: bool,
    ready_since: Option<Timestamp>,
}

impl Restarts {
    /// Records how the pods are. One that is ready for `stable` without a new start stays up.
    pub(super) fn observe(&mut self, pods: &[DeckhousePod], stable: Duration, now: Timestamp) {
        let mut before = std::mem::take(&mut self.containers);
        for pod in pods.iter().filter(|pod| !pod.terminating) {
            for container in &pod.containers {
                let key = (pod.name.clone(), container.name.clone());
                let mut history = before.remove(&key).unwrap_or_else(|| History::new(pod, container));
                history.observe(pod, container, stable, now);
                self.containers.insert(key, history);
            }
        }
    }

    /// Whether this container does not stay up: it is down, or was so too often to believe that it is up now.
    pub(super) fn is_failing(&self, pod: &DeckhousePod, container: &ContainerState) -> bool {
        let history = self.containers.get(&(pod.name.clone(), container.name.clone()));
        is_down(container) || history.is_some_and(|it| it.crashed && it.count - it.held_out >= LOOP)
    }
}

impl History {
    fn new(pod: &DeckhousePod, container: &ContainerState) -> Self {
        let held_out = if pod.ready { container.restarts } else { 0 };
        Self { held_out, count: container.restarts, crashed: false, ready_since: None }
    }

    fn observe(&mut self, pod: &DeckhousePod, container: &ContainerState, stable: Duration, now: Timestamp) {
        let again = container.restarts > self.count;
        self.crashed |= again || is_down(container);
        self.count = container.restarts;
        if again || !pod.ready {
            self.ready_since = None;
        }
        if !pod.ready {
            return;
        }
        let since = *self.ready_since.get_or_insert(now);
        if clock::between(since, now) >= stable {
            self.held_out = self.count;
            self.crashed = false;
        }
    }
}

fn is_down(container: &ContainerState) -> bool {
    container.waiting_reason.as_deref().is_some_and(|reason| CRASH.contains(&reason))
}

#[cfg(test)]
mod tests {
    use problems::{Advice, Code, Fact, PodFact, PodState};

    use super::{
        super::{Call, Machine, Settings, Stage, scenes::*},
        *,
    };
    use crate::{ClusterState, Reading};

    #[test]
    fn a_pod_that_crashes() {
        let crashing = with(converging("1.70.1", "1.71.0"), |it| {
            let container = &mut known(&mut it.pods)[0].containers[0];
            container.waiting_reason = Some("CrashLoopBackOff".to_owned());
            container.last_end = Some("Error, exit code 1".into());
        });
        let mut watch = Watch::new(None);
        let verdict = watch.observe(&crashing);
        let problem = verdict.problem.unwrap();
        assert_eq!((verdict.call, problem.code), (Call::Failed, Code::CrashLoop));
        let Fact::Pod(PodFact::CrashLoop { last_end, .. }) = &problem.fact else { panic!("{problem:?}") };
        assert_eq!(last_end.as_deref(), Some("Error, exit code 1"));
        assert!(matches!(problem.advice[0], Advice::ReadLog { previous: true, .. }), "{problem:?}");
        assert_eq!(watch.hold(&converging("1.70.1", "1.71.0"), 10).call, Call::Failed);
        assert_eq!(watch.hold(&converging("1.70.1", "1.71.0"), 30).call, Call::Converging);
    }

    /// A pod that is not ready, or is, whose container was started again so often; down, or up.
    fn started_again(restarts: i32, up: bool, ready: bool) -> ClusterState {
        let state = if ready { quiet("1.71.0") } else { converging("1.70.1", "1.71.0") };
        with(state, |it| {
            let mut pod = pod("deckhouse-b", "1.71.0", ready);
            pod.containers[0].restarts = restarts;
            pod.containers[0].waiting_reason = (!up).then(|| "CrashLoopBackOff".to_owned());
            it.pods = Reading::Known(vec![pod]);
        })
    }

    #[test]
    fn a_pod_that_runs_long_between_its_crashes() {
        let settings = Settings { problem_limit: Duration::from_mins(10), ..Settings::default() };
        let mut watch = Watch { machine: Machine::new(None, settings), seconds: 0 };
        let (down, up) =
            (|count| started_again(count, false, false), |count| started_again(count, true, false));
        // One or two are normal, and heal with the time.
        for count in [1, 2] {
            assert_eq!(watch.hold(&down(count), 20).call, Call::Failed, "{count}");
            assert_eq!(watch.hold(&up(count), 60).call, Call::Converging, "{count}");
        }
        let mut since = None;
        for count in 3..8 {
            for (state, seconds) in [(down(count), 20), (up(count), 90)] {
                let verdict = watch.hold(&state, seconds);
                let problem = verdict.problem.unwrap();
                assert_eq!((verdict.call, problem.code), (Call::Failed, Code::CrashLoop), "{count}");
                assert_eq!(*since.get_or_insert(verdict.since), verdict.since, "the time continues");
                assert_eq!(verdict.gives_up, watch.seconds - 160 > 600, "{count}");
            }
        }
    }

    #[test]
    fn an_unseen_crash_is_counted_by_the_new_start_time() {
        let up = |count| started_again(count, true, false);
        let mut watch = Watch::new(None);
        for count in [0, 1, 2] {
            assert_eq!(watch.hold(&up(count), 60).call, Call::Converging, "{count}");
        }
        let verdict = watch.hold(&up(3), 60);
        assert_eq!((verdict.call, verdict.problem.unwrap().code), (Call::Failed, Code::CrashLoop));
        // A machine that has only just begun has not seen it go down, and sees it the next time.
        let mut late = Watch::new(None);
        assert_eq!(late.hold(&up(6), 60).call, Call::Converging);
        assert_eq!(late.hold(&up(7), 60).call, Call::Failed);
        // The next update, or a rollback, makes a new pod.
        let new =
            with(converging("1.70.1", "1.71.0"), |it| known(&mut it.pods)[0].name = "deckhouse-c".to_owned());
        assert_eq!(late.observe(&new).call, Call::Converging);
    }

    #[test]
    fn a_pod_that_has_crashed_must_show_that_it_stays_up() {
        let ready = |count| started_again(count, true, true);
        let mut watch = Watch::new(None);
        watch.hold(&started_again(4, false, false), 500);
        let verdict = watch.hold(&ready(4), 100);
        assert_eq!((verdict.call, verdict.stage), (Call::Failed, Stage::Propagating));
        let fact = verdict.problem.unwrap().fact;
        assert!(matches!(fact, Fact::Pod(PodFact::CrashLoop { state: PodState::Ready, .. })), "{fact:?}");
        // It crashes again; the time before counts, except for the time when it was ready.
        assert!(!watch.hold(&started_again(5, false, false), 50).gives_up);
        assert!(watch.hold(&started_again(5, false, false), 60).gives_up);
        assert_eq!(watch.hold(&ready(5), 120).call, Call::Failed);
        assert_eq!(watch.observe(&ready(5)).call, Call::Propagating);
        assert_eq!(watch.hold(&ready(5), 2).call, Call::Done);
        // What it went through before is the past.
        assert_eq!(watch.hold(&started_again(6, true, false), 60).call, Call::Converging);
    }

    #[test]
    fn restarts_before_the_watch_are_not_a_crash_loop() {
        let mut watch = Watch::new(None);
        assert_eq!(watch.hold(&started_again(12, true, true), 130).call, Call::Done);
        assert_eq!(watch.hold(&started_again(13, true, false), 60).call, Call::Converging);
        assert_eq!(watch.hold(&started_again(13, true, true), 130).call, Call::Done);
    }
}
