//! Which step is next, case by case.

use problems::{Advice, Fact, ModuleAdvice, ReleaseFact, SettingsFact, SourceFact, WaitReason};
use semver::Version;
use serde_json::json;

use super::*;
use crate::{
    ClusterState, Reading,
    approve::Timing,
    objects::{Converge, DeckhousePod, Module, ModuleConfig, ModuleRelease, Phase, Queue, Release, Task},
};

pub(super) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn release(text: &str, phase: Phase) -> Release {
    Release {
        name: format!("v{text}"),
        version_text: format!("v{text}"),
        version: Some(version(text)),
        phase: Some(phase),
        ..Release::default()
    }
}

/// v1.70.1 is deployed, and these wait.
pub(super) fn cluster(mode: &str, waiting: &[&str]) -> ClusterState {
    let pod = DeckhousePod { phase: "Running".to_owned(), ready: true, ..DeckhousePod::default() };
    let config = ModuleConfig {
        name: "deckhouse".to_owned(),
        settings: json!({"releaseChannel": "Stable", "update": {"mode": mode}}),
        ..ModuleConfig::default()
    };
    let mut releases = vec![release("1.70.1", Phase::Deployed), release("1.69.3", Phase::Superseded)];
    releases.extend(waiting.iter().map(|it| release(it, Phase::Pending)));
    ClusterState {
        releases: Reading::Known(releases),
        module_configs: Reading::Known(vec![config]),
        pods: Reading::Known(vec![pod]),
        queue: Reading::Known(Queue::default()),
        converge: Reading::Known(Converge { startup_done: true, in_progress: 0 }),
        ..ClusterState::default()
    }
}

pub(super) fn releases(state: &mut ClusterState) -> &mut Vec<Release> {
    match &mut state.releases {
        Reading::Known(releases) => releases,
        _ => panic!("is known"),
    }
}

fn set_mode(state: &mut ClusterState, mode: &str) {
    let Reading::Known(configs) = &mut state.module_configs else { panic!("is known") };
    configs[0].settings["update"]["mode"] = json!(mode);
}

fn next(state: &ClusterState, to: Option<&Version>) -> Step {
    super::next(state, to, Timing::Scheduled)
}

fn approve(text: &str) -> Step {
    Step::Approve(version(text))
}

fn watch(text: &str) -> Step {
    Step::Watch(version(text))
}

#[test]
fn the_next_release_in_each_mode() {
    for (mode, waiting, to, expected) in [
        ("Manual", &["1.71.0", "1.71.4", "1.72.1"][..], None, approve("1.71.4")),
        ("Manual", &["1.70.3", "1.71.4"], None, approve("1.70.3")),
        ("Manual", &["1.71.4", "1.72.1"], Some("1.71.4"), approve("1.71.4")),
        ("Manual", &["1.71.4"], Some("1.70.1"), Step::Finished),
        ("Manual", &["1.71.4"], Some("1.69.0"), Step::Finished),
        ("Manual", &[], None, Step::Finished),
        ("AutoPatch", &["1.70.3"], None, watch("1.70.3")),
        ("AutoPatch", &["1.71.4"], None, approve("1.71.4")),
        ("Auto", &["1.71.2", "1.71.4"], None, watch("1.71.4")),
    ] {
        let to = to.map(version);
        assert_eq!(next(&cluster(mode, waiting), to.as_ref()), expected, "{mode} {waiting:?} {to:?}");
    }
    let unset = |waiting: &[&str]| {
        let mut state = cluster("", waiting);
        state.module_configs = Reading::Known(vec![ModuleConfig {
            name: "deckhouse".to_owned(),
            settings: json!({"releaseChannel": "Stable"}),
            ..ModuleConfig::default()
        }]);
        state
    };
    assert_eq!(next(&unset(&["1.71.4"]), None), watch("1.71.4"), "versions before 1.78 take it for Auto");
    let mut asks = unset(&["1.71.4"]);
    releases(&mut asks).last_mut().unwrap().message =
        "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation".into();
    assert_eq!(next(&asks, None), approve("1.71.4"), "the controller's message counts more");
    let mut approved = cluster("Manual", &["1.71.4"]);
    releases(&mut approved).last_mut().unwrap().approved_field = true;
    assert_eq!(next(&approved, None), watch("1.71.4"));
    assert_eq!(next(&approved, Some(&version("1.71.4"))), watch("1.71.4"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_blocks() {
    type Change = fn(&mut ClusterState);
    type Is = fn(&Fact) -> bool;
    let cases: [(&[&str], Option<&str>, Is, Change); 13] = [
        (
            &["1.71.4", "1.72.1"],
            None,
            |it| matches!(it, Fact::Settings(SettingsFact::MinorsAtOnce { .. })),
            |it| set_mode(it, "Auto"),
        ),
        // Both are approved: they are deployed at once unless one approval is taken back.
        (
            &["1.71.4", "1.72.1"],
            None,
            |it| matches!(it, Fact::Release(ReleaseFact::ApprovedAhead { .. })),
            |it| releases(it)[2..].iter_mut().for_each(|release| release.approved_field = true),
        ),
        // The controller would deploy both at once.
        (
            &["1.71.4", "1.72.1"],
            Some("1.71.4"),
            |it| matches!(it, Fact::Release(ReleaseFact::ApprovedAhead { .. })),
            |it| releases(it).last_mut().unwrap().approved_field = true,
        ),
        (
            &["1.72.1"],
            None,
            |it| matches!(it, Fact::Release(ReleaseFact::MissingMinors { minors: (71, 71), .. })),
            |_| {},
        ),
        (
            &["1.71.2", "1.71.4"],
            Some("1.71.2"),
            |it| matches!(it, Fact::Release(ReleaseFact::HigherPatch(_))),
            |_| {},
        ),
        (&[], Some("1.71.4"), |it| *it == ReleaseFact::NotInCluster.into(), |_| {}),
        (
            &["1.71.4"],
            Some("1.80.0"),
            |it| *it == ReleaseFact::NotInCluster.into(),
            |it| releases(it).last_mut().unwrap().approved_field = true,
        ),
        // Before the first approval, not after the last.
        (&["1.71.4"], Some("1.80.0"), |it| *it == ReleaseFact::NotInCluster.into(), |_| {}),
        (
            &["1.71.4"],
            Some("1.72.1"),
            |it| *it == ReleaseFact::Withdrawn.into(),
            |it| {
                releases(it).push(release("1.72.1", Phase::Suspended));
            },
        ),
        (
            &["1.71.4"],
            None,
            |it| matches!(it, Fact::Release(ReleaseFact::Duplicate { .. })),
            |it| {
                let mut duplicate = release("1.71.4", Phase::Pending);
                duplicate.name = "v1-71-4".to_owned();
                releases(it).push(duplicate);
            },
        ),
        (
            &["1.71.4"],
            None,
            |it| *it == SettingsFact::ChannelUnset { interrupted: None }.into(),
            |it| {
                let config = ModuleConfig { name: "deckhouse".to_owned(), ..ModuleConfig::default() };
                it.module_configs = Reading::Known(vec![config]);
            },
        ),
        (
            &["1.71.4"],
            None,
            |it| matches!(it, Fact::Release(ReleaseFact::Unmet(_))),
            |it| {
                releases(it).last_mut().unwrap().message =
                    "\"k8s\" requirement for DeckhouseRelease \"1.71.4\" not met: lower than required".into();
            },
        ),
        (
            &["1.71.4"],
            None,
            |it| matches!(it, Fact::Source(SourceFact::Unreadable { .. })),
            |it| {
                it.releases = Reading::Unreadable(crate::Obstacle::Forbidden("list".to_owned()));
            },
        ),
    ];
    for (waiting, to, is, change) in cases {
        let mut state = cluster("Manual", waiting);
        change(&mut state);
        match next(&state, to.map(version).as_ref()) {
            Step::Blocked(blocked) => {
                assert!(is(&blocked.problem.fact) && !blocked.problem.advice.is_empty(), "{blocked:?}");
            }
            other => panic!("{waiting:?} {to:?}: {other:?}"),
        }
    }
    // What is not understood is unknown, and more permissions do not change that.
    let mut state = cluster("Manual", &["1.71.4"]);
    state.converge =
        Reading::Unreadable(crate::Obstacle::Malformed("it does not report a converge".to_owned()));
    match next(&state, None) {
        Step::Blocked(blocked) => assert_eq!(blocked.problem.advice, [problems::Advice::ReadLeaderLog]),
        other => panic!("{other:?}"),
    }
    // A suspended minor between closes the gap for the controller, not for this.
    let mut state = cluster("Manual", &["1.72.1"]);
    releases(&mut state).push(release("1.71.4", Phase::Suspended));
    let Step::Blocked(blocked) = next(&state, None) else { panic!("a minor version is suspended") };
    assert_eq!(blocked.problem.object, problems::Object::release(&version("1.71.4")));
    assert_eq!(blocked.problem.fact, ReleaseFact::Withdrawn.into());
    assert_eq!(blocked.release, Some(version("1.72.1")));
    assert_eq!(blocked.problem.advice.last(), Some(&Advice::Prepare(problems::PrepareFor::CreateReleases)));
}

/// Immediately, approved or not, with what helps against it.
#[test]
fn a_module_that_does_not_work_with_the_release_blocks() {
    let release_of = |version: &str, phase, range: &str| ModuleRelease {
        name: format!("console-v{version}"),
        module: "console".to_owned(),
        version_text: format!("v{version}"),
        version: Some(self::version(version)),
        phase: Some(phase),
        requirements: [("deckhouse".to_owned(), range.to_owned())].into(),
        ..ModuleRelease::default()
    };
    let disable = Advice::from(ModuleAdvice::Disable { module: "console".to_owned(), configured: false });
    let update =
        ModuleAdvice::UpdateFirst { module: "console".to_owned(), version: "v1.1.0".to_owned() }.into();
    let pull = ModuleAdvice::PullNewer { module: "console".to_owned() }.into();
    let push = Advice::Push { registry: "HOST/PATH".to_owned() };
    let module = |source: &str| Module {
        name: "console".to_owned(),
        source: Some(source.to_owned()),
        ..Module::default()
    };
    for (message, approved, source, range, advice) in [
        (
            "requirements of the 'console' module are not satisfied: 1.71.4 is greater than 1.70",
            false,
            "deckhouse",
            ">= 1.60",
            vec![update, disable.clone(), Advice::MeetRequirements],
        ),
        (
            "requirements of console are not satisfied: 1.71.4 is greater than 1.70",
            true,
            "deckhouse",
            "< 1.71",
            vec![pull, push, disable.clone(), Advice::MeetRequirements],
        ),
        (
            "the 'console' module`s requirements not met: the '1.33' kubernetes version is not suitable",
            false,
            "Embedded",
            "",
            vec![disable, Advice::MeetRequirements],
        ),
    ] {
        let mut state = cluster("Manual", &["1.71.4"]);
        let last = releases(&mut state).last_mut().unwrap();
        (last.message, last.approved_field) = (message.into(), approved);
        state.module_releases = Reading::Known(vec![
            release_of("1.0.0", Phase::Deployed, "< 1.71"),
            release_of("1.1.0", Phase::Pending, range),
        ]);
        state.modules = Reading::Known(vec![module(source)]);
        let Step::Blocked(blocked) = next(&state, None) else { panic!("{message}") };
        let reasons = match &blocked.problem.fact {
            Fact::Release(ReleaseFact::Unmet(reasons)) if !approved => reasons,
            Fact::Release(ReleaseFact::ApprovedButUnmet(reasons)) if approved => reasons,
            other => panic!("{other:?}"),
        };
        assert!(matches!(&reasons[..], [WaitReason::ModuleConstraint { module, .. }] if module == "console"));
        assert_eq!((blocked.problem.advice, blocked.passes), (advice, false), "{message}");
    }
}

#[test]
fn nothing_is_approved_while_the_platform_is_busy_or_unknown() {
    type Change = fn(&mut ClusterState);
    let cases: [Change; 7] = [
        |it| it.queue = Reading::Known(Queue { tasks: 1, heads: vec![Task::default()] }),
        |it| it.converge = Reading::Known(Converge { startup_done: false, in_progress: 3 }),
        |it| it.pods = Reading::Known(Vec::new()),
        |it| it.pods = Reading::default(),
        |it| it.queue = Reading::default(),
        |it| it.releases = Reading::default(),
        |it| releases(it).remove(0).phase = None,
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let mut state = cluster("Manual", &["1.71.4"]);
        change(&mut state);
        assert!(matches!(next(&state, None), Step::Wait(_)), "{number}");
    }
    // A cluster that has no such source is not held up by it.
    let mut state = cluster("Manual", &["1.71.4"]);
    state.converge = Reading::Absent("too old".to_owned());
    assert_eq!(next(&state, None), approve("1.71.4"));
}
