//! That all commands decide the same, case by case.

use problems::LicenseState;
use serde_json::json;

use super::*;
use crate::{
    Reading,
    approve::{ApprovalNote, ApproveError, Timing, release as approve},
    doctor::{Details, Severity, diagnose},
    objects::{Application, Converge, License, Phase, Queue, RegistryCondition, RegistryModule, Task},
    plan::{Plan, PlanInput},
    run::{Step, next},
    verdict::{
        scenes::{at, known, pod, quiet, release, version},
        unsettled,
    },
};

const APPROVAL: &str = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";

/// v1.71.0 is deployed and done, and v1.72.3 waits for its approval.
fn idle() -> ClusterState {
    let config = ModuleConfig {
        name: "deckhouse".to_owned(),
        settings: json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } }),
        ..ModuleConfig::default()
    };
    let mut state = quiet("1.71.0");
    state.module_configs = Reading::Known(vec![config]);
    known(&mut state.releases)
        .push(Release { message: APPROVAL.into(), ..release("1.72.3", Phase::Pending) });
    known(&mut state.node_groups)[0].approval_mode = Some("Manual".to_owned());
    state
}

fn annotate(state: &mut ClusterState, keys: &[&str]) {
    let annotations = keys.iter().map(|key| ((*key).to_owned(), String::new()));
    known(&mut state.nodes)[0].update_annotations = annotations.collect();
}

fn failing(failures: u64) -> Reading<Queue> {
    let head = Task {
        queue: "main".to_owned(),
        description: "ModuleRun:main:prometheus".into(),
        failures,
        ..Task::default()
    };
    Reading::Known(Queue { tasks: 3, heads: vec![head] })
}

fn application(state: &str) -> Reading<Vec<Application>> {
    Reading::Known(vec![Application {
        namespace: Some("shop".to_owned()),
        name: "console".to_owned(),
        state: state.to_owned(),
        ..Application::default()
    }])
}

fn switching() -> Reading<RegistryModule> {
    Reading::Known(RegistryModule {
        mode: Some("Unmanaged".to_owned()),
        target: Some("Direct".to_owned()),
        conditions: vec![RegistryCondition { kind: "Ready".to_owned(), is_true: false, message: "".into() }],
        storage: None,
    })
}

/// What the commands do about the next release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// It may be approved.
    Free,
    /// The previous update is waited for.
    Waits,
    /// A person has to do something before.
    Blocks,
}

/// What `approve` shows to the person who decides, instead of refusing.
const NOTED: [&str; 9] = [
    "the queue's head failed often",
    "the queue's head failed once",
    "modules are applied",
    "a converge runs",
    "a node is drained",
    "a node waits for the platform",
    "a group is not up to date",
    "an application fails",
    "an application is updated",
];

/// What only a run waits for.
const STRICT_RUN: [&str; 4] = [
    "a node is not ready",
    "an application fails",
    "an application is updated",
    "sources that cannot be read",
];

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn all_commands_agree_on_what_comes_before_an_approval() {
    use Expected::{Blocks, Free, Waits};
    type Change = fn(&mut ClusterState);
    let cases: [(&str, Change, Expected); 19] = [
        ("nothing", |_| {}, Free),
        ("the queue's head failed often", |it| it.queue = failing(40), Blocks),
        ("the queue's head failed once", |it| it.queue = failing(1), Waits),
        ("modules are applied", |it| it.queue = failing(0), Waits),
        (
            "a converge runs",
            |it| it.converge = Reading::Known(Converge { startup_done: true, in_progress: 3 }),
            Waits,
        ),
        ("a node is drained", |it| annotate(it, &["draining"]), Waits),
        ("a node waits for a person", |it| annotate(it, &["approved", "disruption-required"]), Blocks),
        (
            "a node waits for the platform",
            |it| {
                known(&mut it.node_groups)[0].approval_mode = Some("Auto".to_owned());
                annotate(it, &["approved", "disruption-required"]);
            },
            Waits,
        ),
        ("a group is not up to date", |it| known(&mut it.node_groups)[0].up_to_date = 1, Waits),
        ("a node is not ready", |it| known(&mut it.node_groups)[0].ready = 1, Free),
        ("the pod is not ready", |it| it.pods = Reading::Known(vec![pod("a", "1.71.0", false)]), Waits),
        ("an application fails", |it| it.applications = application("Failed"), Free),
        ("an application is updated", |it| it.applications = application("Updating"), Free),
        (
            "the license",
            |it| {
                let state = LicenseState::NoUpdateRight;
                it.license = Reading::Known(License { state, ..crate::license::tests::license("Valid", "") });
            },
            Blocks,
        ),
        ("the registry is switched", |it| it.registry_module = switching(), Blocks),
        (
            "a later release is approved",
            |it| {
                let later = Release { approved_field: true, ..release("1.73.1", Phase::Pending) };
                known(&mut it.releases).push(later);
            },
            Blocks,
        ),
        (
            "requirements, before the controller has checked them",
            |it| {
                let next = &mut known(&mut it.releases)[1];
                next.message = "".into();
                next.requirements = [("kubernetesVersionMigrated".to_owned(), "true".to_owned())].into();
                next.requirements.insert("disabledModules".to_owned(), "prometheus".to_owned());
            },
            Blocks,
        ),
        (
            "the same after it has",
            |it| {
                let next = &mut known(&mut it.releases)[1];
                next.requirements = [("disabledModules".to_owned(), "prometheus".to_owned())].into();
            },
            Free,
        ),
        ("sources that cannot be read", |it| (it.queue, it.nodes) = <_>::default(), Free),
    ];
    let mut wrong = Vec::new();
    for (name, change, expected) in cases {
        let mut state = idle();
        change(&mut state);
        let approved = match approve(&state, &version("1.72.3"), Timing::Scheduled) {
            Ok(Some(approval)) if NOTED.contains(&name) => {
                let is_noted = |note: &ApprovalNote| matches!(note, ApprovalNote::Unsettled(_));
                assert!(approval.notes.iter().any(is_noted), "{name}");
                expected
            }
            Ok(Some(_)) => Free,
            Err(ApproveError::Held { .. } | ApproveError::NotItsTurn { .. }) if expected != Free => expected,
            other => panic!("{name}: {other:?}"),
        };
        let plan = Plan::make(&state, &PlanInput { now: at(3600), ..PlanInput::default() }).unwrap();
        let planned = match plan.next.map(|it| it.to_string()).as_deref() {
            Some("dhctl update approve v1.72.3") => Free,
            Some("dhctl update watch") => Waits,
            None => Blocks,
            other => panic!("{name}: {other:?}"),
        };
        let is_planned = plan.blocking.is_empty() == (expected != Blocks);
        let report = diagnose(&state, &Details::default(), at(3600));
        let blocks = report.findings.iter().any(|it| it.severity == Severity::Blocks);
        let mut advice = report.findings.iter().flat_map(|it| &it.problem.advice);
        let advises = advice.any(|it| matches!(it, Advice::ApproveRelease(_)));
        let step = next(&state, None, Timing::Scheduled);
        // A run continues only when nothing is running.
        let runs = matches!(step, Step::Approve(_)) && unsettled(&state, at(3600)).is_empty();
        let is_run = runs == (expected == Free) || STRICT_RUN.contains(&name);
        let is_diagnosed = blocks == (expected == Blocks) && advises == (expected == Free);
        if (approved, planned) != (expected, expected) || !is_planned || !is_diagnosed || !is_run {
            wrong.push(format!(
                "{name}: {approved:?} {planned:?} {:?} blocks {blocks} advises {advises} {step:?} {:?}",
                plan.blocking,
                before(&state, &state.releases.known().unwrap()[1]),
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The controller deploys it while the pod is not ready, and it may be the only way out.
#[test]
fn a_patch_of_a_broken_release_can_be_approved() {
    let mut state = idle();
    known(&mut state.releases).push(release("1.71.1", Phase::Pending));
    state.pods = Reading::Known(vec![pod("a", "1.71.0", false)]);
    known(&mut state.deployment).ready = 0;
    state.queue = failing(40);
    annotate(&mut state, &["draining"]);
    state.applications = application("Failed");
    let patch = version("1.71.1");
    assert!(matches!(approve(&state, &patch, Timing::Scheduled), Ok(Some(_))));
    // The change to another version has begun.
    known(&mut state.deployment).image = "registry.example/deckhouse/ee:v1.70.9".to_owned();
    assert!(matches!(approve(&state, &patch, Timing::Scheduled), Err(ApproveError::NotItsTurn { .. })));
}
