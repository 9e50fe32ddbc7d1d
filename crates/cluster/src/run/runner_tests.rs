//! What a run does after each observation, for given verdicts.

use std::time::Duration;

use jiff::Timestamp;
use problems::{Advice, ClusterFact, Code, Fact, Object, Problem, ReleaseFact, WaitReason};
use semver::Version;

use super::{
    Blocked, Move, Runner,
    tests::{cluster, releases, version},
};
use crate::{
    ClusterState, Reading,
    approve::{ApproveError, Timing},
    objects::{Alert, EtcdBackupJob, ModuleConfig, Queue, Task},
    verdict::{Call, Machine, Settings, Stage, Verdict},
    wait_reason,
};

/// A run with a limit of ten seconds, and its clock: one observation a second.
struct TestRun {
    runner: Runner,
    second: i64,
}

impl TestRun {
    fn new(to: Option<&str>, timing: Timing) -> Self {
        let settings = Settings {
            problem_limit: Duration::from_secs(10),
            stalled_after: Some(Duration::from_secs(20)),
            ..Settings::default()
        };
        Self { runner: Runner::new(to.map(version), timing, settings), second: 0 }
    }

    /// One observation of this state, with this verdict of the machine.
    fn observe(&mut self, state: &ClusterState, call: Call) -> (Verdict, Move) {
        self.second += 1;
        let verdict = Self::verdict(call);
        self.runner.judge(state, verdict, at(self.second))
    }

    fn verdict(call: Call) -> Verdict {
        let reached = match call {
            Call::NotStarted => Stage::NotStarted,
            Call::Done => Stage::Done,
            Call::Converging => Stage::Converging,
            _ => Stage::Propagating,
        };
        let unread = Machine::new(None, Settings::default()).observe(&ClusterState::default(), at(0));
        Verdict {
            call,
            stage: reached,
            release: Some(version("1.70.1")),
            waiting_for: Vec::new(),
            unknown: Vec::new(),
            ..unread
        }
    }

    /// Observes the state for this many seconds; returns the last verdict and move.
    fn hold(&mut self, state: &ClusterState, call: Call, seconds: i64) -> (Verdict, Move) {
        (0..seconds).map(|_| self.observe(state, call)).last().unwrap()
    }

    /// At the wait for v1.71.4, which needs no approval any more.
    fn waiting(timing: Timing) -> Self {
        let mut test = Self::new(None, timing);
        test.observe(&approved(""), Call::Done);
        assert_eq!(test.runner.goal(), Some(&version("1.71.4")));
        test
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// v1.71.4 is approved, and waits with this message.
fn approved(message: &str) -> ClusterState {
    let mut state = unapproved(message);
    releases(&mut state)[2].approved_field = true;
    state
}

fn unapproved(message: &str) -> ClusterState {
    let mut state = cluster("Manual", &["1.71.4"]);
    releases(&mut state)[2].message = message.into();
    state
}

const UNMET: &str = "\"k8s\" requirement for DeckhouseRelease \"1.71.4\" not met: lower than required";
const UNKNOWN: &str =
    "\"k8s\" requirement for DeckhouseRelease \"1.71.4\" not met: minUsedVersion is not set";
const WINDOW: &str = "Release is postponed, waiting for the update window until 02 Jan 2027 22:00 UTC";
const DISRUPTION: &str = "release blocked, disruption approval required: (`kubectl annotate …`)";
const NOTIFICATION: &str = "Release is blocked, failed to send release notification: Post: refused";

#[test]
fn the_next_release_is_approved_when_all_is_done_and_not_before() {
    let state = cluster("Manual", &["1.71.4"]);
    let mut test = TestRun::new(None, Timing::Scheduled);
    assert_eq!(test.observe(&state, Call::Propagating).1, Move::Wait);
    assert_eq!(test.observe(&state, Call::Done).1, Move::Approve(version("1.71.4")));
    // The question may stand for long.
    assert_eq!(test.observe(&state, Call::Propagating).1, Move::Wait);
    assert_eq!(test.observe(&state, Call::Done).1, Move::Approve(version("1.71.4")));
    test.runner.approved(version("1.71.4"));
    // The state may be older than the approval.
    assert_eq!(test.observe(&state, Call::NotStarted).0.call, Call::NotStarted);
    assert_eq!(test.runner.goal(), Some(&version("1.71.4")));
    assert_eq!(test.observe(&cluster("Manual", &[]), Call::Done).1, Move::Finish);
}

#[test]
fn a_busy_queue_prevents_done_and_the_next_approval() {
    let mut state = cluster("Manual", &["1.71.4"]);
    state.queue = Reading::Known(Queue { tasks: 1, heads: vec![Task::default()] });
    let mut test = TestRun::new(None, Timing::Scheduled);
    let (verdict, step) = test.observe(&state, Call::Done);
    assert_eq!((verdict.call, step), (Call::Propagating, Move::Wait));
    assert_eq!(verdict.waiting_for[0].fact, ClusterFact::QueueBusy.into());
}

#[test]
fn an_approved_release_above_the_target_is_not_waited_for() {
    let mut test = TestRun::new(Some("1.70.1"), Timing::Scheduled);
    assert_eq!(test.observe(&approved(UNMET), Call::Done).1, Move::Finish);
}

#[test]
fn a_problem_for_a_person_is_reported_immediately_and_ends_the_run_after_the_limit() {
    let unset = || {
        let mut state = approved("");
        state.module_configs =
            Reading::Known(vec![ModuleConfig { name: "deckhouse".to_owned(), ..ModuleConfig::default() }]);
        state
    };
    let missing = cluster("Manual", &["1.72.1"]);
    for (state, code) in [
        (approved(UNMET), Code::Requirement),
        (unapproved(UNMET), Code::Requirement),
        (unset(), Code::Channel),
        (missing, Code::NotItsTurn),
        (approved(DISRUPTION), Code::DisruptionApproval),
        (approved(NOTIFICATION), Code::Notification),
    ] {
        let mut test = TestRun::new(None, Timing::Scheduled);
        let (verdict, _) = test.observe(&state, Call::Done);
        assert_eq!((verdict.call, verdict.stage), (Call::Stalled, Stage::NotStarted), "{code:?}");
        assert_eq!(verdict.problem.as_ref().unwrap().code, code);
        assert!(verdict.target.is_some(), "{code:?}");
        assert_eq!(verdict.waiting_for[0].fact, ClusterFact::GivesUpAt(at(11)).into(), "{code:?}");
        assert_eq!(verdict.waiting_for[1], verdict.problem.unwrap(), "{code:?}");
        // A flicker of the queues changes nothing of it.
        test.hold(&state, Call::Propagating, 3);
        assert!(!test.hold(&state, Call::Done, 6).0.gives_up, "{code:?}");
        let (verdict, step) = test.observe(&state, Call::Done);
        assert!(verdict.gives_up && step == Move::Wait, "{code:?}: {verdict:?}");
    }
    // The same once the release is waited for.
    for (state, code) in [
        (approved(UNMET), Code::Requirement),
        (unset(), Code::Channel),
        (approved(DISRUPTION), Code::DisruptionApproval),
        (approved(NOTIFICATION), Code::Notification),
        (unapproved(""), Code::ApprovalLost),
    ] {
        let mut test = TestRun::waiting(Timing::Scheduled);
        test.observe(&approved(""), Call::NotStarted);
        assert!(!test.hold(&state, Call::NotStarted, 10).0.gives_up, "{code:?}");
        let (verdict, _) = test.observe(&state, Call::NotStarted);
        assert!(verdict.gives_up && verdict.call == Call::Stalled, "{code:?}");
        assert_eq!(verdict.problem.unwrap().code, code);
    }
}

#[test]
fn an_approval_removed_early_is_reported() {
    let mut test = TestRun::new(None, Timing::Scheduled);
    test.observe(&unapproved(""), Call::Done);
    test.runner.approved(version("1.71.4"));
    let (verdict, _) = test.hold(&unapproved(""), Call::NotStarted, 10);
    assert_eq!((verdict.call, verdict.problem), (Call::NotStarted, None), "it may not be seen yet");
    let (verdict, _) = test.observe(&unapproved(""), Call::NotStarted);
    assert_eq!((verdict.call, verdict.problem.unwrap().code), (Call::Stalled, Code::ApprovalLost));
    assert!(test.hold(&unapproved(""), Call::NotStarted, 10).0.gives_up);
}

#[test]
fn a_problem_fixed_in_time_lets_the_run_continue() {
    let mut test = TestRun::waiting(Timing::Scheduled);
    test.hold(&approved(UNMET), Call::NotStarted, 9);
    let (verdict, _) = test.observe(&approved(""), Call::NotStarted);
    assert_eq!((verdict.call, verdict.problem), (Call::NotStarted, None));
    assert!(!test.hold(&approved(UNMET), Call::NotStarted, 9).0.gives_up, "the time starts over");
    let mut test = TestRun::new(None, Timing::Scheduled);
    test.hold(&unapproved(UNMET), Call::Done, 9);
    assert_eq!(test.observe(&unapproved(""), Call::Done).1, Move::Approve(version("1.71.4")));
    // While the API is away nothing is held against anybody.
    let mut away = unapproved(UNMET);
    away.releases = Reading::default();
    test.hold(&unapproved(UNMET), Call::Done, 9);
    test.hold(&away, Call::Propagating, 60);
    assert!(!test.hold(&unapproved(UNMET), Call::Done, 9).0.gives_up);
}

#[test]
fn temporary_states_are_waited_for_without_limit() {
    for message in [
        WINDOW,
        "Release is postponed by notification until 02 Jan 2027 15:04 UTC",
        "Release is postponed until: 02 Jan 27 15:04 UTC",
        "Release is in cooldown until: 02 Jan 27 15:04 UTC",
    ] {
        let mut test = TestRun::waiting(Timing::Scheduled);
        let (verdict, _) = test.hold(&approved(message), Call::NotStarted, 600);
        assert_eq!((verdict.call, verdict.gives_up), (Call::NotStarted, false), "{message}");
    }
    let mut test = TestRun::new(None, Timing::Scheduled);
    let (verdict, _) = test.hold(&approved(UNKNOWN), Call::Done, 10);
    assert_eq!((verdict.call, verdict.problem), (Call::NotStarted, None), "it is no fault");
    let fact = &verdict.waiting_for[0].fact;
    assert!(matches!(fact, Fact::Release(ReleaseFact::RequirementsNotKnown(_))), "{fact:?}");
    assert!(test.observe(&approved(UNKNOWN), Call::Done).0.gives_up, "and ends anyway");
}

/// What is observed right after the write is often older.
#[test]
fn an_approval_that_was_just_given_is_not_asked_for() {
    let approve = Advice::ApproveRelease(version("1.71.4"));
    let waits = Problem::new(
        Code::Release,
        Object::release(&version("1.71.4")),
        ReleaseFact::Waits(vec![WaitReason::Approval]),
    )
    .advise(approve);
    let mut test = TestRun::new(None, Timing::Scheduled);
    let before = unapproved("Waiting for manual approval");
    assert_eq!(test.observe(&before, Call::Done).1, Move::Approve(version("1.71.4")));
    test.runner.approved(version("1.71.4"));
    let mut verdict = TestRun::verdict(Call::NotStarted);
    verdict.waiting_for.push(waits);
    let (verdict, _) = test.runner.judge(&before, verdict, at(2));
    let expected = ReleaseFact::Waits(vec![WaitReason::NotTakenUp { disruption: false }]);
    assert_eq!(verdict.waiting_for[0].fact, expected.into());
    assert_eq!(verdict.waiting_for[0].advice, []);
}

#[test]
fn a_silent_controller_is_not_waited_for_without_limit() {
    for message in ["", "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation"] {
        let mut test = TestRun::waiting(Timing::Scheduled);
        assert_eq!(test.hold(&approved(message), Call::NotStarted, 19).0.call, Call::NotStarted);
        assert_eq!(test.observe(&approved(message), Call::NotStarted).0.call, Call::Stalled);
        assert!(test.hold(&approved(message), Call::NotStarted, 10).0.gives_up, "{message}");
    }
}

#[test]
fn alerts_and_a_notification_may_be_why_a_release_waits_without_a_message() {
    type Change = fn(&mut ClusterState);
    let settings = |state: &mut ClusterState, key: &str, value: serde_json::Value| {
        let Reading::Known(configs) = &mut state.module_configs else { unreachable!() };
        configs[0].settings["update"][key] = value;
    };
    let cases: [(Change, ReleaseFact); 3] = [
        (|_| {}, ReleaseFact::Silent { approved: true }),
        (
            |it| {
                let alert = Alert {
                    name: "A".to_owned(),
                    severity: Some(6),
                    severity_is_text: true,
                    ..Alert::default()
                };
                it.alerts = Reading::Known(vec![alert]);
            },
            ReleaseFact::HeldByAlerts { alerts: vec!["A".into()], threshold: 4 },
        ),
        (|it| it.alerts = Reading::Known(Vec::new()), ReleaseFact::NotificationMayFail { alert: false }),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut test = TestRun::waiting(Timing::Scheduled);
        let mut state = approved("");
        if number > 0 {
            settings(&mut state, "blockOnAlerts", serde_json::json!({ "enabled": true }));
            settings(
                &mut state,
                "notification",
                serde_json::json!({ "webhook": "https://alerts.example.com" }),
            );
        }
        change(&mut state);
        let (verdict, _) = test.hold(&state, Call::NotStarted, 21);
        assert_eq!(verdict.problem.map(|it| it.fact), Some(Fact::Release(expected)));
    }
}

#[test]
fn an_attempt_with_a_temporary_failure_is_repeated() {
    let state = cluster("Manual", &["1.71.4"]);
    let release = version("1.71.4");
    let refusal = |reason: &str| {
        let error = ApproveError::Unmet {
            object: problems::Object::settings(),
            reasons: vec![wait_reason::unmet(None, reason)],
        };
        Blocked::by(error, &state, &release).unwrap()
    };
    for (reason, call) in [("k8s is not set", Call::NotStarted), ("k8s is too low", Call::Stalled)] {
        let mut test = TestRun::new(None, Timing::Scheduled);
        assert_eq!(test.observe(&state, Call::Done).1, Move::Approve(release.clone()));
        test.runner.refused(&release, refusal(reason));
        let (verdict, step) = test.hold(&state, Call::Done, 4);
        assert_eq!((verdict.call, step), (call, Move::Wait), "{reason}");
        assert_eq!(test.observe(&state, Call::Propagating).1, Move::Wait, "not while it is busy");
        assert_eq!(test.observe(&state, Call::Done).1, Move::Approve(release.clone()));
        test.runner.refused(&release, refusal(reason));
        assert!(test.hold(&state, Call::Done, 5).0.gives_up, "{reason}: for ten seconds in a row");
    }
}

#[test]
fn an_approved_release_can_still_be_set_to_apply_now() {
    let mut test = TestRun::new(None, Timing::Now);
    let mut state = approved(WINDOW);
    assert_eq!(test.observe(&state, Call::Done).1, Move::Approve(version("1.71.4")));
    let key = "release.deckhouse.io/apply-now".to_owned();
    releases(&mut state)[2].annotations.insert(key, "true".to_owned());
    assert_eq!(test.observe(&state, Call::Done).1, Move::Wait);
    assert_eq!(test.runner.goal(), Some(&version("1.71.4")));
}

#[test]
fn a_higher_patch_replaces_the_awaited_one() {
    let mut test = TestRun::waiting(Timing::Scheduled);
    let mut state = cluster("Manual", &["1.71.4", "1.71.5"]);
    releases(&mut state)[2].approved_field = true;
    test.observe(&state, Call::NotStarted);
    assert_eq!(test.runner.goal(), None::<&Version>);
    assert_eq!(test.observe(&state, Call::Done).1, Move::Approve(version("1.71.5")));
}

#[test]
fn nothing_is_approved_without_the_backup_that_is_required() {
    let job = |second: Option<i64>| EtcdBackupJob {
        name: "d8-etcd-backup-a".to_owned(),
        last_success: second.map(at),
        ..EtcdBackupJob::default()
    };
    let with = |reading| ClusterState { etcd_backups: reading, ..unapproved("Waiting for manual approval") };
    let mut run = TestRun::new(None, Timing::Scheduled);
    run.runner = run.runner.requiring_backup(Some(Duration::from_mins(10)));

    // It is being read.
    let (verdict, step) = run.observe(&with(Reading::default()), Call::Done);
    assert_eq!((verdict.call, step), (Call::NotStarted, Move::Wait));
    let old = with(Reading::Known(vec![job(None), job(Some(-600))]));
    let (verdict, step) = run.observe(&old, Call::Done);
    assert_eq!((verdict.call, step), (Call::Stalled, Move::Wait));
    assert_eq!(verdict.problem.map(|it| it.code), Some(Code::EtcdBackup));
    let (verdict, step) = run.observe(&with(Reading::Known(vec![job(Some(1))])), Call::Done);
    assert_eq!((verdict.problem, step), (None, Move::Approve(version("1.71.4"))));

    // An approval that was given is waited for, however old the backup gets.
    run.runner.approved(version("1.71.4"));
    let (verdict, _) =
        run.observe(&ClusterState { etcd_backups: old.etcd_backups, ..approved("") }, Call::NotStarted);
    assert_eq!(verdict.problem, None);
    // The next release needs one, too.
    let (verdict, _) = run.hold(&with(Reading::Known(Vec::new())), Call::Done, 12);
    assert!(verdict.gives_up, "{verdict:?}");
}
