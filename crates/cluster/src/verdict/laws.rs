//! What holds for any course of events.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{scenes::*, *};
use crate::{ClusterState, objects::Phase};

const SETTLE: i64 = 12;

/// What a cluster may show next.
#[derive(Debug, Clone, Copy)]
enum Scene {
    Quiet,
    Waiting,
    Switching,
    Converging,
    Alert,
    Forbidden,
    Gone,
    QueueAway,
    Failing(u64),
    NoImage,
    /// So many new starts so far; down, or up.
    Crashing(i32, bool),
}

fn scene() -> impl Strategy<Value = Scene> {
    prop_oneof![
        8 => Just(Scene::Quiet),
        1 => Just(Scene::Waiting),
        1 => Just(Scene::Switching),
        1 => Just(Scene::Converging),
        1 => Just(Scene::Alert),
        1 => Just(Scene::Forbidden),
        1 => Just(Scene::Gone),
        1 => Just(Scene::QueueAway),
        1 => (0..6_u64).prop_map(Scene::Failing),
        1 => Just(Scene::NoImage),
        2 => (0..6, any::<bool>()).prop_map(|(restarts, up)| Scene::Crashing(restarts, up)),
    ]
}

/// Scenes, each with the seconds that it lasts.
fn course() -> impl Strategy<Value = Vec<(Scene, i64)>> {
    prop::collection::vec((scene(), 1..20_i64), 1..40)
}

fn state(scene: Scene) -> ClusterState {
    match scene {
        Scene::Quiet => quiet("1.71.0"),
        Scene::Waiting => {
            with(quiet("1.70.1"), |it| known(&mut it.releases).push(release("1.71.0", Phase::Pending)))
        }
        Scene::Switching => switching("1.70.1", "1.71.0"),
        Scene::Converging => converging("1.70.1", "1.71.0"),
        Scene::Alert => with(quiet("1.71.0"), |it| known(&mut it.alerts).push(alert("DeckhouseUpdating"))),
        Scene::Forbidden => with(quiet("1.71.0"), |it| it.nodes = forbidden()),
        Scene::Gone => gone(),
        Scene::QueueAway => with(quiet("1.71.0"), |it| it.queue = away()),
        Scene::Failing(count) => {
            with(quiet("1.71.0"), |it| it.queue = crate::Reading::Known(task("ModuleRun:main:x", count)))
        }
        Scene::NoImage => with(switching("1.70.1", "1.71.0"), |it| {
            let mut new = pod("deckhouse-b", "1.71.0", false);
            new.phase = "Pending".to_owned();
            new.containers[0].waiting_reason = Some("ImagePullBackOff".to_owned());
            it.pods = crate::Reading::Known(vec![new]);
        }),
        Scene::Crashing(restarts, up) => with(converging("1.70.1", "1.71.0"), |it| {
            let mut again = pod("deckhouse-a", "1.71.0", false);
            again.containers[0].restarts = restarts;
            again.containers[0].waiting_reason = (!up).then(|| "CrashLoopBackOff".to_owned());
            it.pods = crate::Reading::Known(vec![again]);
        }),
    }
}

fn gone() -> ClusterState {
    ClusterState::default()
}

fn machine() -> Machine {
    let settle = Duration::from_secs(SETTLE.unsigned_abs());
    Machine::new(Some(version("1.71.0")), Settings { settle, ..Settings::default() })
}

/// Observes the scenes of a course, once a second.
fn play(machine: &mut Machine, course: &[(Scene, i64)], mut each: impl FnMut(Scene, i64, &Verdict)) {
    let mut second = 0;
    for (scene, seconds) in course {
        let state = state(*scene);
        for _ in 0..*seconds {
            second += 1;
            each(*scene, second, &machine.observe(&with_queue_read(&state, second), at(second)));
        }
    }
}

proptest! {
    #[test]
    fn done_is_never_reported_before_the_settle_time(course in course()) {
        let mut quiet_since = None;
        play(&mut machine(), &course, |scene, second, verdict| {
            let since = matches!(scene, Scene::Quiet).then(|| *quiet_since.get_or_insert(second));
            quiet_since = since;
            if verdict.call == Call::Done {
                assert!(since.is_some_and(|since| second - since >= SETTLE), "{second} {since:?}");
                assert!(verdict.waiting_for.is_empty() && verdict.problem.is_none());
            } else {
                assert!(!verdict.waiting_for.is_empty());
            }
        });
    }

    #[test]
    fn being_healthy_for_the_settle_time_is_done_regardless_of_history(course in course()) {
        let mut machine = machine();
        let mut end = 0;
        play(&mut machine, &course, |_, second, _| end = second);
        let last = (end + 1..=end + SETTLE + 4)
            .map(|second| machine.observe(&with_queue_read(&state(Scene::Quiet), second), at(second)))
            .last();
        prop_assert_eq!(last.unwrap().call, Call::Done);
    }

    #[test]
    fn since_never_goes_back(course in course()) {
        let mut before: Option<Timestamp> = None;
        play(&mut machine(), &course, |_, second, verdict| {
            assert!(before.is_none_or(|before| before <= verdict.since) && verdict.since <= at(second));
            before = Some(verdict.since);
        });
    }

    #[test]
    fn an_unavailable_api_changes_only_the_time(course in course(), cut in 0..40_usize, seconds in 1..2000_i64) {
        let (before, after) = course.split_at(cut.min(course.len()));
        // Runs of a scene that is itself away say nothing about this.
        prop_assume!(!after.is_empty());
        let mut with_it = machine();
        let mut last = None;
        let mut end = 0;
        play(&mut with_it, before, |_, second, verdict| {
            last = Some(verdict.clone());
            end = second;
        });
        let mut held = None;
        for second in 1..=seconds {
            let verdict = with_it.observe(&gone(), at(end + second));
            if let Some(last) = &last {
                let stage = last.stage.min(Stage::Propagating);
                prop_assert_eq!(verdict.stage, stage);
                prop_assert_eq!(&verdict.problem, &last.problem);
                prop_assert!(!verdict.gives_up);
            }
            held = Some(verdict);
        }
        prop_assert!(held.is_some_and(|it| it.call != Call::Done));
    }
}
