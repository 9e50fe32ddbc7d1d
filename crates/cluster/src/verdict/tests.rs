//! What the machine says, scene by scene.

use std::time::Duration;

use problems::{
    Advice, ClusterFact, Code, DeploymentFact, Fact, Kind, NodeFact, Object, PlatformAdvice, PodFact,
    PullCause, ReleaseFact, SourceFact,
};

use super::{scenes::*, *};
use crate::{
    ClusterState, Reading,
    objects::{Phase, Queue, Release},
};

/// A change of phases that lasts is not waited for.
#[test]
fn no_deployed_release_is_corrected_by_a_restart() {
    let undeployed = |since: i64| {
        with(quiet("1.71.0"), |state| {
            let lost = Release { transition_time: Some(at(since)), ..release("1.71.0", Phase::Superseded) };
            state.releases = Reading::Known(vec![lost]);
        })
    };
    for (since, fact) in [
        (-60, ReleaseFact::NoneDeployed),
        (-600, ReleaseFact::DeployedLost { image_tag: Some("v1.71.0".to_owned()) }),
    ] {
        let verdict = Watch::new(None).observe(&undeployed(since));
        let waited = verdict.waiting_for.iter().find(|it| it.code == Code::DeployedReleases);
        assert_eq!(waited.map(|it| it.fact.clone()), Some(fact.into()), "{verdict:?}");
    }
    let stalled = Watch::new(None).hold(&undeployed(-600), 4000).problem.expect("no progress");
    let restart = PlatformAdvice::Restart(problems::Restart::ToRestoreRelease);
    assert_eq!(stalled.advice.first(), Some(&restart.into()), "{stalled:?}");
}

#[test]
fn an_update_from_start_to_end() {
    let mut watch = Watch::new(Some("1.71.0"));
    let waiting = with(quiet("1.70.1"), |state| {
        let mut next = release("1.71.0", Phase::Pending);
        next.message =
            "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation".into();
        known(&mut state.releases).push(next);
    });
    let verdict = watch.hold(&waiting, 300);
    assert_eq!((verdict.call, verdict.stage), (Call::NotStarted, Stage::NotStarted));
    assert_eq!(verdict.waiting_for[0].object, Object::release(&version("1.71.0")));

    assert_eq!(watch.hold(&switching("1.70.1", "1.71.0"), 20).call, Call::Switching);
    assert_eq!(watch.hold(&converging("1.70.1", "1.71.0"), 300).call, Call::Converging);
    let updating = with(quiet("1.71.0"), |state| known(&mut state.alerts).push(alert("DeckhouseUpdating")));
    let verdict = watch.hold(&updating, 60);
    assert_eq!((verdict.call, codes(&verdict)), (Call::Propagating, vec![Code::Alert]));

    let verdict = watch.hold(&quiet("1.71.0"), 60);
    assert_eq!((verdict.call, codes(&verdict)), (Call::Propagating, vec![Code::Settle]));
    assert_eq!(verdict.done_at, Some(at(watch.seconds + 61)));
    let late = with(quiet("1.71.0"), |state| {
        known(&mut state.nodes)[0].update_annotations.insert("approved".to_owned(), String::new());
    });
    assert_eq!(codes(&watch.observe(&late)), [Code::Node]);
    assert_eq!(watch.hold(&quiet("1.71.0"), 120).call, Call::Propagating);
    let verdict = watch.observe(&quiet("1.71.0"));
    assert_eq!((verdict.call, verdict.since), (Call::Done, at(watch.seconds)));
    assert!(verdict.waiting_for.is_empty());
}

#[test]
fn each_signal_alone_prevents_done() {
    type Change = fn(&mut ClusterState);
    let cases: [(Stage, Code, Change); 20] = [
        (Stage::Switching, Code::Image, |it| known(&mut it.deployment).image = image("1.70.1")),
        (Stage::Switching, Code::Pod, |it| known(&mut it.pods).clear()),
        (Stage::Switching, Code::Pod, |it| known(&mut it.pods)[0].terminating = true),
        (Stage::Switching, Code::Pod, |it| known(&mut it.pods)[0].phase = "Pending".to_owned()),
        (Stage::Switching, Code::Pod, |it| {
            it.pods = Reading::Known(vec![pod("deckhouse-a", "1.70.1", true)]);
        }),
        (Stage::Converging, Code::Pod, |it| known(&mut it.pods)[0].ready = false),
        (Stage::Converging, Code::Rollout, |it| known(&mut it.deployment).generation = 4),
        (Stage::Converging, Code::Rollout, |it| known(&mut it.deployment).replicas = 3),
        (Stage::Converging, Code::VersionAnnotation, |it| {
            known(&mut it.deployment).version_annotation = Some("v1.70.1".to_owned());
        }),
        (Stage::Converging, Code::Queue, |it| it.queue = Reading::Known(task("ModuleRun:main:istio", 0))),
        (Stage::Converging, Code::Converge, |it| known(&mut it.converge).startup_done = false),
        (Stage::Converging, Code::Converge, |it| known(&mut it.converge).in_progress = 2),
        (Stage::Propagating, Code::Alert, |it| {
            known(&mut it.alerts).push(alert("D8DeckhouseQueueIsHungCritical"));
        }),
        (Stage::Propagating, Code::Module, |it| known(&mut it.modules)[0].ready = Some(false)),
        (Stage::Propagating, Code::NodeGroup, |it| known(&mut it.node_groups)[0].up_to_date = 1),
        (Stage::Propagating, Code::NodeGroup, |it| known(&mut it.node_groups)[0].error = Some("no".into())),
        (Stage::Propagating, Code::NodeGroup, |it| known(&mut it.node_groups)[0].ready = 1),
        (Stage::Propagating, Code::DeployedReleases, |it| {
            known(&mut it.releases).push(release("1.70.1", Phase::Deployed));
        }),
        (Stage::Propagating, Code::DeployedReleases, |it| known(&mut it.releases).clear()),
        (Stage::Propagating, Code::IsUpdating, |it| {
            let key = "release.deckhouse.io/isUpdating".to_owned();
            known(&mut it.releases)[0].annotations.insert(key, "true".to_owned());
        }),
    ];
    for (stage, code, change) in cases {
        let verdict = Watch::new(Some("1.71.0")).hold(&with(quiet("1.71.0"), change), 600);
        assert_eq!((verdict.stage, codes(&verdict)[0]), (stage, code));
        assert_eq!(verdict.call, Call::from(stage), "{code:?}");
    }
}

#[test]
fn states_that_do_not_belong_to_an_update() {
    type Change = fn(&mut ClusterState);
    let cases: [(&str, Change); 5] = [
        ("an alert of a later release", |it| {
            known(&mut it.alerts).push(alert("DeckhouseReleaseIsWaitingManualApproval"));
        }),
        ("a disabled module", |it| {
            let module = &mut known(&mut it.modules)[0];
            (module.enabled, module.ready) = (Some(false), Some(false));
        }),
        ("a person's drain", |it| {
            known(&mut it.nodes)[0] = node("w1", &[("draining", "user")]);
            known(&mut it.nodes)[0].unschedulable = true;
            let group = &mut known(&mut it.node_groups)[0];
            group.ready = 1;
            let updating = crate::objects::Condition { is_true: true, message: "".into() };
            group.conditions.insert("Updating".to_owned(), updating);
        }),
        ("a pod that goes away after its successor is ready", |it| {
            let mut old = pod("deckhouse-0", "1.70.1", false);
            old.terminating = true;
            known(&mut it.pods).push(old);
        }),
        ("old releases", |it| known(&mut it.releases).push(release("1.69.4", Phase::Superseded))),
    ];
    for (what, change) in cases {
        let verdict = Watch::new(None).hold(&with(quiet("1.71.0"), change), 130);
        assert_eq!(verdict.call, Call::Done, "{what}: {:?}", verdict.waiting_for);
    }
}

#[test]
fn absent_sources_are_ignored_and_reported() {
    let state = with(quiet("1.71.0"), |it| {
        it.alerts = Reading::Absent("module prometheus is off".to_owned());
        it.queue = Reading::Absent("no".to_owned());
        it.node_groups = Reading::Absent("no".to_owned());
    });
    let verdict = Watch::new(None).hold(&state, 130);
    assert_eq!(verdict.call, Call::Done);
    let unknown: Vec<_> = verdict.unknown.iter().map(|it| (it.source, it.reading)).collect();
    let absent = [Source::Queue, Source::Alerts, Source::NodeGroups].map(|it| (it, Unread::Absent));
    assert_eq!(unknown, absent);
}

#[test]
fn an_unreadable_source_prevents_done_and_is_named() {
    let state = with(quiet("1.71.0"), |it| it.alerts = forbidden());
    let mut watch = Watch::new(None);
    assert_eq!(watch.hold(&state, 60).call, Call::Propagating);
    let verdict = watch.hold(&state, 90);
    assert_eq!(verdict.call, Call::Stalled);
    let problem = verdict.problem.unwrap();
    assert_eq!((problem.code, problem.object), (Code::Unreadable, Object::any(Kind::ClusterAlert)));
    assert_eq!(problem.advice, [Advice::Grant { queues: false, user: None }]);
    assert!(!verdict.gives_up);
    assert!(watch.hold(&state, 600).gives_up);
    // Read at last: only now does quiet begin.
    assert_eq!(watch.hold(&quiet("1.71.0"), 120).call, Call::Propagating);
    assert_eq!(watch.observe(&quiet("1.71.0")).call, Call::Done);
}

#[test]
fn permissions_are_no_remedy_for_an_answer_that_is_not_understood() {
    let malformed =
        || crate::Obstacle::Malformed("/status/converge: it does not report a converge".to_owned());
    let state = with(quiet("1.71.0"), |it| it.converge = Reading::Unreadable(malformed()));
    let verdict = Watch::new(None).hold(&state, 150);
    assert_eq!(verdict.call, Call::Stalled, "it is unknown, and not done");
    let problem = verdict.problem.unwrap();
    assert_eq!((problem.code, problem.object), (Code::Unreadable, Object::any(Kind::ConvergeStatus)));
    assert_eq!(problem.advice, [Advice::ReadLeaderLog]);
}

#[test]
fn a_cluster_without_the_platform() {
    let state = with(quiet("1.71.0"), |it| it.releases = Reading::Absent("no such kind".to_owned()));
    let verdict = Watch::new(None).hold(&state, 5);
    assert_eq!((verdict.call, verdict.problem.unwrap().code), (Call::Failed, Code::NoPlatform));
}

#[test]
fn an_unavailable_api_changes_and_ends_nothing() {
    let gone = ClusterState {
        releases: away(),
        deployment: away(),
        pods: away(),
        queue: away(),
        converge: away(),
        alerts: away(),
        modules: away(),
        applications: away(),
        cluster_applications: away(),
        node_groups: away(),
        nodes: away(),
        ..ClusterState::default()
    };
    let mut watch = Watch::new(Some("1.71.0"));
    watch.hold(&converging("1.70.1", "1.71.0"), 60);
    let verdict = watch.hold(&gone, 7200);
    assert_eq!((verdict.call, codes(&verdict)), (Call::Converging, vec![Code::NotNow]));
    let Fact::Source(SourceFact::NotNow { others, why }) = &verdict.waiting_for[0].fact else { panic!() };
    assert!(why.contains("does not answer") && others.len() == 10, "{:?}", verdict.waiting_for);
    assert_eq!(watch.hold(&converging("1.70.1", "1.71.0"), 60).call, Call::Converging);
    watch.hold(&quiet("1.71.0"), 100);
    watch.hold(&gone, 10);
    assert_eq!(watch.hold(&quiet("1.71.0"), 120).call, Call::Propagating, "settling began again");
    assert_eq!(watch.hold(&quiet("1.71.0"), 2).call, Call::Done);
}

#[test]
fn a_missing_image() {
    let failing = |reason: Option<&str>, message: &str| {
        with(switching("1.70.1", "1.71.0"), |it| {
            let mut new = pod("deckhouse-b", "1.71.0", false);
            new.phase = "Pending".to_owned();
            new.containers[0].waiting_reason = reason.map(str::to_owned);
            new.containers[0].waiting_message = Some(message.into());
            it.pods = Reading::Known(vec![new]);
        })
    };
    let mut watch = Watch::new(Some("1.71.0"));
    let verdict = watch.observe(&failing(Some("ErrImagePull"), "v1.71.0: not found"));
    assert_eq!((verdict.call, verdict.stage), (Call::Failed, Stage::Switching));
    let problem = verdict.problem.unwrap();
    let push = Advice::Push { registry: "registry.example/deckhouse/ee".to_owned() };
    assert!(problem.advice.contains(&push), "{problem:?}");
    assert!(
        matches!(problem.fact, Fact::Pod(PodFact::ImagePull { cause: PullCause::Missing, .. })),
        "{problem:?}"
    );
    // The kubelet tries again: that alone heals nothing.
    let verdict = watch.hold(&failing(Some("ContainerCreating"), ""), 20);
    assert_eq!((verdict.call, verdict.since), (Call::Failed, at(1)));
    let verdict = watch.hold(&failing(Some("ImagePullBackOff"), "401 Unauthorized"), 300);
    assert!(!verdict.gives_up);
    assert_eq!(verdict.problem.unwrap().advice, [Advice::CorrectRegistryLogin]);
    assert!(watch.hold(&failing(Some("ImagePullBackOff"), ""), 300).gives_up);
    // Somebody pushes it.
    let verdict = watch.observe(&converging("1.70.1", "1.71.0"));
    assert_eq!((verdict.call, verdict.problem, verdict.gives_up), (Call::Converging, None, false));
}

#[test]
fn an_image_without_the_tag_of_a_version_is_reported_immediately() {
    for (image, tag) in [("r/d:stable", Some("stable")), ("r/d@sha256:0", None)] {
        let state = with(quiet("1.71.0"), |it| known(&mut it.deployment).image = image.to_owned());
        let mut watch = Watch::new(None);
        let verdict = watch.observe(&state);
        assert_eq!((verdict.call, verdict.stage), (Call::Failed, Stage::Switching));
        let problem = verdict.problem.unwrap();
        let tag = tag.map(str::to_owned);
        assert_eq!(problem.fact, DeploymentFact::MovingTag { image: image.to_owned(), tag }.into());
        let set = Advice::SetImage { repository: "r/d".to_owned(), version: version("1.71.0") };
        assert_eq!(problem.advice, [set]);
        assert!(!watch.hold(&state, 590).gives_up);
        assert!(watch.hold(&state, 20).gives_up);
        assert_eq!(watch.observe(&quiet("1.71.0")).call, Call::Propagating);
    }
}

#[test]
fn a_release_that_needs_a_person() {
    let next = |phase| with(quiet("1.70.1"), |it| known(&mut it.releases).push(release("1.71.0", phase)));
    let mut watch = Watch::new(Some("1.71.0"));
    assert_eq!(watch.hold(&quiet("1.70.1"), 5).call, Call::NotStarted, "never there: not vanished");
    watch.hold(&next(Phase::Pending), 5);
    let verdict = watch.hold(&quiet("1.70.1"), 5);
    assert_eq!((verdict.call, verdict.problem.unwrap().code), (Call::Failed, Code::ReleaseVanished));
    assert_eq!(watch.hold(&next(Phase::Pending), 5).call, Call::NotStarted);
    for (phase, code) in [(Phase::Suspended, Code::Suspended), (Phase::Skipped, Code::Skipped)] {
        let verdict = watch.hold(&next(phase), 5);
        assert_eq!((verdict.call, verdict.problem.unwrap().code), (Call::Failed, code));
    }
}

#[test]
fn a_stage_without_progress_is_stalled() {
    let rolling =
        |up_to_date| with(quiet("1.71.0"), |it| known(&mut it.node_groups)[0].up_to_date = up_to_date);
    let mut watch = Watch::new(None);
    watch.hold(&rolling(0), 1700);
    assert_eq!(watch.hold(&rolling(1), 1700).call, Call::Propagating, "one node further");
    let verdict = watch.hold(&rolling(1), 110);
    let problem = verdict.problem.unwrap();
    assert_eq!((verdict.call, problem.object), (Call::Stalled, Object::new(Kind::NodeGroup, "worker")));
    let waiting_for = Box::new(NodeFact::GroupUpToDate { count: 1, all: 2 }.into());
    let limit = Duration::from_mins(30);
    assert_eq!(problem.fact, ClusterFact::NoProgress { limit, waiting_for }.into());
    // To and fro is no progress.
    assert_eq!(watch.hold(&rolling(0), 1900).call, Call::Stalled);
    assert_eq!(watch.observe(&quiet("1.71.0")).call, Call::Propagating);
}

#[test]
fn a_stalled_verdict_stays_the_same_until_something_changes() {
    let rolling = with(quiet("1.71.0"), |it| known(&mut it.node_groups)[0].up_to_date = 1);
    let mut watch = Watch::new(None);
    let verdict = watch.hold(&rolling, 1810);
    assert_eq!(verdict.call, Call::Stalled);
    assert_eq!(watch.hold(&rolling, 60), verdict);
}

#[test]
fn a_disruption_that_nobody_approves_is_never_stalled() {
    let waiting = with(quiet("1.71.0"), |it| {
        let condition = crate::objects::Condition { is_true: true, message: "".into() };
        let group = &mut known(&mut it.node_groups)[0];
        group.up_to_date = 0;
        group.conditions.insert("WaitingForDisruptiveApproval".to_owned(), condition);
        known(&mut it.nodes)[0] = node("w1", &[("approved", ""), ("disruption-required", "")]);
        known(&mut it.nodes)[1] = node("w2", &[("waiting-for-approval", "")]);
    });
    let mut watch = Watch::new(None);
    let verdict = watch.hold(&waiting, 20_000);
    assert_eq!((verdict.call, verdict.problem), (Call::Propagating, None));
    // Once it is approved, time is held against it again, from then on.
    let approved = with(waiting.clone(), |it| {
        known(&mut it.node_groups)[0].conditions.clear();
        known(&mut it.nodes)[0] = node("w1", &[("approved", ""), ("disruption-approved", "")]);
    });
    assert_eq!(watch.hold(&approved, 1700).call, Call::Propagating);
    assert_eq!(watch.hold(&approved, 200).call, Call::Stalled);
    // What does not move beside it is a fault all the same.
    let module = with(waiting, |it| known(&mut it.modules)[0].ready = Some(false));
    let verdict = Watch::new(None).hold(&module, 1900);
    let object = verdict.problem.unwrap().object;
    assert_eq!((verdict.call, object), (Call::Stalled, Object::new(Kind::Module, "prometheus")));
}

#[test]
fn waiting_for_a_decision_is_never_stalled() {
    let next = with(quiet("1.70.1"), |it| known(&mut it.releases).push(release("1.71.0", Phase::Pending)));
    let verdict = Watch::new(Some("1.71.0")).hold(&next, 20_000);
    assert_eq!((verdict.call, verdict.problem), (Call::NotStarted, None));
}

#[test]
fn without_a_target_the_deployed_release_counts_or_one_that_is_approved() {
    let next = |approved| {
        with(quiet("1.70.1"), |it| {
            let mut next = release("1.71.0", Phase::Pending);
            next.approved_field = approved;
            known(&mut it.releases).push(next);
        })
    };
    let verdict = Watch::new(None).hold(&next(false), 130);
    assert_eq!((verdict.call, verdict.release, verdict.target), (Call::Done, Some(version("1.70.1")), None));
    let verdict = Watch::new(None).hold(&next(true), 130);
    assert_eq!((verdict.call, verdict.target), (Call::NotStarted, Some(version("1.71.0"))));
    let passed = Watch::new(Some("1.69.0")).hold(&quiet("1.70.1"), 130);
    assert_eq!((passed.call, passed.release), (Call::Done, Some(version("1.70.1"))));
}

#[test]
fn the_releases_of_a_chain_are_processed_one_by_one() {
    let between = with(quiet("1.70.1"), |it| known(&mut it.releases).push(release("1.71.0", Phase::Pending)));
    let mut watch = Watch::new(Some("1.71.0"));
    watch.hold(
        &with(converging("1.69.2", "1.70.1"), |it| {
            known(&mut it.releases).push(release("1.71.0", Phase::Pending));
        }),
        30,
    );
    let verdict = watch.hold(&between, 100);
    assert_eq!((verdict.call, verdict.release), (Call::Propagating, Some(version("1.70.1"))));
    assert_eq!(watch.hold(&between, 30).call, Call::NotStarted);
}

#[test]
fn the_image_comes_before_the_objects() {
    let state = with(switching("1.70.1", "1.71.0"), |it| {
        it.releases =
            Reading::Known(vec![release("1.70.1", Phase::Deployed), release("1.71.0", Phase::Pending)]);
    });
    let verdict = Watch::new(None).observe(&state);
    assert_eq!((verdict.call, verdict.release), (Call::Switching, Some(version("1.71.0"))));
}

#[test]
fn unobserved_time_does_not_count_as_healthy() {
    let mut machine = Machine::new(None, Settings { settle: Duration::from_mins(1), ..Settings::default() });
    for seconds in (0..40).chain(500..540) {
        assert_ne!(
            machine.observe(&with_queue_read(&quiet("1.71.0"), seconds), at(seconds)).call,
            Call::Done,
            "{seconds}"
        );
    }
    assert_eq!(machine.observe(&with_queue_read(&quiet("1.71.0"), 540), at(560)).call, Call::Done);
}

#[test]
fn nothing_is_known_at_first() {
    let verdict = Watch::new(None).observe(&ClusterState::default());
    assert_eq!((verdict.call, codes(&verdict)), (Call::NotStarted, vec![Code::NotNow]));
    let Fact::Source(SourceFact::NotNow { why, .. }) = &verdict.waiting_for[0].fact else { panic!() };
    assert_eq!(why, "not read yet");
    assert_eq!(Queue::default().tasks, 0);
    assert!(!were_tried(&ClusterState::default()));
    let mut state = with(quiet("1.71.0"), |it| it.alerts = away());
    assert!(!were_tried(&state), "the settings are not read");
    state.module_configs = Reading::Known(Vec::new());
    assert!(were_tried(&state), "what is away was tried");
    state.queue = Reading::default();
    assert!(!were_tried(&state));
}
