//! No update is "done" while a minor version was skipped, whatever happens: a model of the real controller, with random
//! approvals, update modes and times of the pod, and in front of it a run or a watch that is killed and started again.
//!
//! The model follows what was observed with the real controller's logic (cluster-2026.md, 1.1): while the old pod still
//! answers its readiness probe, the controller deploys the next release that needs no approval, and may take the following
//! ones in the same tick.

use std::{collections::BTreeSet, time::Duration};

use deckhouse::version::minor_of;
use problems::{Fact, Problem, ReleaseFact};
use proptest::prelude::*;
use semver::Version;
use serde_json::json;

use super::{Move, Runner};
use crate::{
    ClusterState, Reading,
    approve::{ApprovalNote, Timing},
    minors,
    objects::{Converge, ModuleConfig, Phase, PlatformReplicaSet, Release, ReleaseStart},
    verdict::{
        Call, Machine, Settings,
        scenes::{at, image, known, pod, quiet, release, version, with_queue_read},
    },
};

const RELEASES: [&str; 6] = ["1.71.3", "1.71.5", "1.72.5", "1.73.2", "1.74.1", "1.75.0"];
const SETTLE: Duration = Duration::from_secs(10);
/// How often the controller looks at the releases.
const TICK: i64 = 15;
/// The cluster is observed once in so many seconds.
const STEP: i64 = 4;
/// A course ends after this many seconds.
const END: i64 = 600;

/// What somebody does.
#[derive(Debug, Clone)]
enum Act {
    Approve(usize),
    TakeBack(usize),
    Mode(Option<&'static str>),
    /// The command is killed and started again.
    Restart,
}

#[derive(Debug, Clone)]
struct Course {
    mode: Option<&'static str>,
    acts: Vec<(i64, Act)>,
    /// For how many seconds the old pod still answers after the image was changed, one after the other.
    lingers: Vec<i64>,
    /// How long a pod takes from its start until it is ready.
    boots: Vec<i64>,
    /// Whether the controller takes the next release in the same tick.
    same_tick: Vec<bool>,
    /// Whether `ReplicaSets`, and events, show what was deployed.
    shows: (bool, bool),
}

fn mode() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![Some("Manual"), Some("Manual"), Some("Auto"), Some("AutoPatch"), None])
}

fn act() -> impl Strategy<Value = Act> {
    let release = || 1..RELEASES.len();
    prop_oneof![
        6 => release().prop_map(Act::Approve),
        1 => release().prop_map(Act::TakeBack),
        2 => mode().prop_map(Act::Mode),
        3 => Just(Act::Restart),
    ]
}

fn course() -> impl Strategy<Value = Course> {
    (
        mode(),
        prop::collection::vec((0..END * 2 / 3, act()), 0..12),
        prop::collection::vec(0..20_i64, 6),
        prop::collection::vec(35..90_i64, 6),
        prop::collection::vec(prop::bool::weighted(0.8), 12),
        any::<(bool, bool)>(),
    )
        .prop_map(|(mode, acts, lingers, boots, same_tick, shows)| Course {
            mode,
            acts,
            lingers,
            boots,
            same_tick,
            shows,
        })
}

/// The cluster with the controller.
struct Model {
    course: Course,
    mode: Option<&'static str>,
    releases: Vec<Release>,
    /// The pod that runs: its version, and when it is ready.
    pod: (Version, i64),
    /// When the old pod stops to answer, and the pod of the deployed release starts.
    replaced_at: Option<i64>,
    /// How often the image was changed, and how often a tick could take one more.
    changes: usize,
    chances: usize,
    sets: Vec<PlatformReplicaSet>,
    starts: Vec<ReleaseStart>,
    /// The versions whose pod existed.
    ran: BTreeSet<Version>,
}

impl Model {
    fn new(course: &Course) -> Self {
        let mut releases: Vec<Release> = RELEASES.iter().map(|it| release(it, Phase::Pending)).collect();
        releases[0].phase = Some(Phase::Deployed);
        let mut before = release("1.70.9", Phase::Superseded);
        before.transition_time = Some(at(-100_000));
        releases.push(before);
        let first = version(RELEASES[0]);
        let set = PlatformReplicaSet { version: Some(first.clone()), created: Some(at(-100_000)) };
        Self {
            course: course.clone(),
            mode: course.mode,
            releases,
            pod: (first.clone(), -1),
            replaced_at: None,
            changes: 0,
            chances: 0,
            sets: vec![set],
            starts: Vec::new(),
            ran: BTreeSet::from([first]),
        }
    }

    fn deployed(&self) -> usize {
        self.releases.iter().position(|it| it.phase == Some(Phase::Deployed)).unwrap()
    }

    fn deployed_version(&self) -> Version {
        self.releases[self.deployed()].version.clone().unwrap()
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Approve(index) => self.releases[*index].approved_field = true,
            Act::TakeBack(index) if self.releases[*index].phase == Some(Phase::Pending) => {
                self.releases[*index].approved_field = false;
            }
            Act::TakeBack(_) | Act::Restart => {}
            Act::Mode(mode) => self.mode = *mode,
        }
    }

    /// What the controller and the kubelet do in this second.
    fn pass(&mut self, second: i64) {
        if self.replaced_at.is_some_and(|at| second >= at) {
            self.replaced_at = None;
            let version = self.deployed_version();
            self.ran.insert(version.clone());
            self.sets.push(PlatformReplicaSet { version: Some(version.clone()), created: Some(at(second)) });
            if self.sets.len() > 3 {
                self.sets.remove(0);
            }
            let boots = &self.course.boots;
            self.pod = (version, second + boots[self.changes % boots.len()]);
        }
        // The old pod, or the new one once it is ready.
        let answers = self.replaced_at.is_some() || second >= self.pod.1;
        if second % TICK != 0 || !answers {
            return;
        }
        while let Some(next) = self.next_without_approval() {
            self.deploy(next, second);
            let takes_more = self.course.same_tick[self.chances % self.course.same_tick.len()];
            self.chances += 1;
            if !takes_more {
                break;
            }
        }
    }

    /// The rule of the real controller.
    fn next_without_approval(&self) -> Option<usize> {
        let deployed = self.deployed_version();
        let minor = minor_of(&deployed);
        let of_minor = |wanted: (u64, u64)| {
            let waits =
                |it: &Release| it.phase == Some(Phase::Pending) && it.version.as_ref() > Some(&deployed);
            self.releases
                .iter()
                .rposition(|it| waits(it) && it.version.as_ref().map(minor_of) == Some(wanted))
        };
        let (index, is_patch) = match of_minor(minor) {
            Some(index) => (index, true),
            None => (of_minor((minor.0, minor.1 + 1))?, false),
        };
        let unasked = match self.mode {
            // These versions take an unset mode for Auto.
            None | Some("Auto") => true,
            Some("AutoPatch") => is_patch,
            Some(_) => false,
        };
        (unasked || self.releases[index].approved_field).then_some(index)
    }

    fn deploy(&mut self, next: usize, second: i64) {
        let deployed = self.deployed();
        self.releases[deployed].phase = Some(Phase::Superseded);
        self.releases[deployed].transition_time = Some(at(second));
        self.releases[next].phase = Some(Phase::Deployed);
        self.releases[next].transition_time = Some(at(second));
        self.starts.push(ReleaseStart { release: self.releases[next].name.clone(), at: Some(at(second)) });
        let lingers = &self.course.lingers;
        self.replaced_at = self.replaced_at.or(Some(second + lingers[self.changes % lingers.len()]));
        self.changes += 1;
    }

    fn state(&self, second: i64) -> ClusterState {
        let deployed = self.deployed_version().to_string();
        let (running, ready_at) = &self.pod;
        let is_ready = second >= *ready_at && self.replaced_at.is_none();
        let mut state = quiet(&deployed);
        state.releases = Reading::Known(self.releases.clone());
        let settings = match self.mode {
            Some(mode) => json!({ "releaseChannel": "Stable", "update": { "mode": mode } }),
            None => json!({ "releaseChannel": "Stable" }),
        };
        let config = ModuleConfig { name: "deckhouse".to_owned(), settings, ..ModuleConfig::default() };
        state.module_configs = Reading::Known(vec![config]);
        let deployment = known(&mut state.deployment);
        deployment.image = image(&deployed);
        if !is_ready {
            deployment.version_annotation = None;
            (deployment.ready, deployment.available, deployment.unavailable) = (0, 0, 1);
            state.converge = Reading::Known(Converge { startup_done: false, in_progress: 9 });
        }
        state.pods = Reading::Known(vec![pod("deckhouse-a", &running.to_string(), is_ready)]);
        state.replica_sets =
            if self.course.shows.0 { Reading::Known(self.sets.clone()) } else { Reading::default() };
        state.release_starts =
            if self.course.shows.1 { Reading::Known(self.starts.clone()) } else { Reading::default() };
        with_queue_read(&state, second)
    }

    /// The minor versions between these two that never ran.
    fn never_ran(&self, from: &Version, to: &Version) -> BTreeSet<(u64, u64)> {
        let ran: BTreeSet<(u64, u64)> = self.ran.iter().map(minor_of).collect();
        let between = self.releases.iter().filter_map(|it| it.version.as_ref()).map(minor_of);
        between.filter(|it| minor_of(from) < *it && *it < minor_of(to) && !ran.contains(it)).collect()
    }
}

/// The minor versions that a problem says never ran.
fn named(problem: Option<&Problem>) -> BTreeSet<(u64, u64)> {
    match problem.map(|it| &it.fact) {
        Some(Fact::Release(ReleaseFact::SkippedMinors(versions))) => versions.iter().map(minor_of).collect(),
        _ => BTreeSet::new(),
    }
}

fn settings() -> Settings {
    Settings { settle: SETTLE, problem_limit: Duration::from_mins(2), ..Settings::default() }
}

/// How a command ended.
struct Ended {
    done: bool,
    /// The minor versions that it said never ran.
    named: BTreeSet<(u64, u64)>,
}

/// A course with `dhctl update run` in front of it. None: it was still running.
fn run(model: &mut Model) -> Option<Ended> {
    let new = || Runner::new(None, Timing::Scheduled, settings());
    let mut runner = new();
    let mut notes = BTreeSet::new();
    for second in 0..END {
        let acts: Vec<Act> =
            model.course.acts.iter().filter(|(at, _)| *at == second).map(|(_, act)| act.clone()).collect();
        for act in acts {
            model.act(&act);
            if matches!(act, Act::Restart) {
                runner = new();
            }
        }
        model.pass(second);
        if second % STEP != 0 {
            continue;
        }
        let state = model.state(second);
        let (verdict, step) = runner.observe(&state, at(second));
        if let Move::Approve(version) = &step {
            match crate::approve::release(&state, version, Timing::Scheduled) {
                Ok(Some(approval)) => {
                    for note in &approval.notes {
                        if let ApprovalNote::SkippedBefore(problem) = note {
                            notes.extend(named(Some(problem)));
                        }
                    }
                    let name = format!("v{version}");
                    model.releases.iter_mut().find(|it| it.name == name).unwrap().approved_field = true;
                    runner.approved(version.clone());
                }
                Ok(None) => runner.approved(version.clone()),
                Err(error) => panic!("{error:?}"),
            }
        }
        if step == Move::Finish || verdict.gives_up {
            let said = named(verdict.problem.as_ref()).into_iter().chain(named(runner.past()));
            return Some(Ended { done: step == Move::Finish, named: said.chain(notes).collect() });
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_run_names_every_minor_version_that_never_ran(course in course()) {
        let mut model = Model::new(&course);
        if let Some(ended) = run(&mut model) {
            let never_ran = model.never_ran(&version(RELEASES[0]), &model.deployed_version());
            let all: BTreeSet<(u64, u64)> = ended.named.clone();
            prop_assert!(all.is_subset(&never_ran), "{all:?} is said, and {never_ran:?} is so");
            if ended.done {
                prop_assert_eq!(all, never_ran);
            }
        }
    }

    #[test]
    fn a_run_alone_skips_nothing(mut course in course()) {
        course.mode = Some("Manual");
        course.acts.retain(|(_, act)| matches!(act, Act::Restart));
        let mut model = Model::new(&course);
        let ended = run(&mut model);
        let never_ran = model.never_ran(&version(RELEASES[0]), &model.deployed_version());
        prop_assert_eq!(never_ran, BTreeSet::new());
        prop_assert!(ended.is_none_or(|it| it.done && it.named.is_empty()));
    }

    #[test]
    fn a_watch_is_not_done_while_a_minor_version_was_skipped(course in course(), from in 0..END / 2) {
        let mut model = Model::new(&course);
        let mut machine = Machine::new(None, settings());
        let mut began: Option<Version> = None;
        for second in 0..END {
            for (_, act) in course.acts.iter().filter(|(at, _)| *at == second) {
                model.act(act);
                if matches!(act, Act::Restart) {
                    machine = Machine::new(None, settings());
                    began = None;
                }
            }
            let before = model.deployed_version();
            model.pass(second);
            if second < from || second % STEP != 0 {
                continue;
            }
            let state = model.state(second);
            let began = began.get_or_insert_with(|| {
                // The release that is deployed now may itself be the one that was jumped to.
                let previous = model.releases.iter().filter(|it| it.phase == Some(Phase::Superseded));
                let versions = previous.filter_map(|it| it.version.clone());
                let deployed = model.deployed_version();
                let ran = |it: &Version| model.ran.contains(it) || *it == version("1.70.9");
                versions.filter(|it| *it < deployed && ran(it)).max().unwrap_or(before)
            });
            let verdict = machine.observe(&state, at(second));
            if verdict.call == Call::Done {
                let never_ran = model.never_ran(began, &model.deployed_version());
                prop_assert_eq!(never_ran, BTreeSet::new(), "since {}", began);
                break;
            }
            if verdict.gives_up {
                let never_ran = model.never_ran(&version("1.70.9"), &model.deployed_version());
                prop_assert!(named(verdict.problem.as_ref()).is_subset(&never_ran));
                break;
            }
        }
    }

    #[test]
    fn what_is_reported_afterwards_is_so(course in course()) {
        let mut model = Model::new(&course);
        for second in 0..END {
            for (_, act) in course.acts.iter().filter(|(at, _)| *at == second) {
                model.act(act);
            }
            model.pass(second);
            if second % STEP != 0 {
                continue;
            }
            let said = named(minors::never_ran_before(&model.state(second)).as_ref());
            let never_ran = model.never_ran(&version("1.70.9"), &model.deployed_version());
            prop_assert!(said.is_subset(&never_ran), "{said:?} is said, and {never_ran:?} is so");
            // It is reported until the next minor version is done.
            let ran = model.ran.iter().map(minor_of).filter(|it| *it < minor_of(&model.deployed_version())).max();
            let last: BTreeSet<(u64, u64)> = never_ran.into_iter().filter(|it| ran.is_none_or(|ran| *it > ran)).collect();
            prop_assert!(last.is_subset(&said), "{last:?} is not said");
        }
    }
}
