//! Whether a cluster is idle and healthy, from a single observation, for monitoring.
//!
//! What is unknown is never healthy. A release that waits for its approval, for a window or for a rollout is normal, and
//! so are warnings about what may happen later.

use jiff::Timestamp;
use problems::{Code, Fact, Problem, ReleaseFact};
use serde::Serialize;

use crate::{
    ClusterState,
    doctor::{Conclusion, Details, Severity, diagnose},
    minors,
    plan::{Plan, PlanInput},
    verdict::{unreadable, unsettled},
};

/// Whether a cluster is idle and healthy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it is not, the gravest first; empty if it is.
    pub reasons: Vec<Unhealthy>,
}

/// One reason why a cluster is not idle or not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unhealthy {
    /// Which kind of reason.
    pub kind: UnhealthyKind,
    /// What it is.
    pub problem: Problem,
}

/// A kind of reason why a cluster is not idle or not healthy. Programs compare these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UnhealthyKind {
    /// It blocks an update, or an update went wrong.
    Blocks,
    /// An alert about an update fires.
    Alert,
    /// Something of an update is running.
    Running,
    /// It cannot be read, so it is not known whether the cluster is healthy.
    Unknown,
}

impl UnhealthyKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Blocks, Self::Alert, Self::Running, Self::Unknown];

    /// Its word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Alert => "alert",
            Self::Running => "running",
            Self::Unknown => "unknown",
        }
    }
}

/// What blocks an update by the state alone, without the checks for which the doctor asks the registry and reads logs.
#[derive(Debug, Clone, PartialEq)]
pub struct Blockers {
    /// What the doctor finds.
    pub findings: Vec<Problem>,
    /// Whether too little could be read for the doctor.
    pub is_unclear: bool,
    /// The plan, which may name more; `None` if there are findings, or no version is known.
    pub plan: Option<Plan>,
}

impl Blockers {
    /// What blocks as of `now`.
    pub fn of(state: &ClusterState, now: Timestamp) -> Self {
        let report = diagnose(state, &Details::default(), now);
        let findings = report.findings.into_iter().filter(|it| it.severity == Severity::Blocks);
        let findings: Vec<Problem> = findings.map(|it| it.problem).collect();
        let plan = || Plan::make(state, &PlanInput { now, ..PlanInput::default() }).ok();
        let plan = findings.is_empty().then(plan).flatten();
        Self { findings, is_unclear: report.conclusion == Conclusion::Unclear, plan }
    }
}

impl Health {
    /// The health as of `now`.
    pub fn of(state: &ClusterState, blockers: &Blockers, now: Timestamp) -> Self {
        let kind = |problem: &Problem| match problem.code {
            Code::Alert | Code::UpdatingFailed => UnhealthyKind::Alert,
            _ => UnhealthyKind::Running,
        };
        let unsettled = unsettled(state, now);
        let mut reasons: Vec<Unhealthy> = blocking(state, blockers)
            .into_iter()
            .map(|problem| Unhealthy { kind: UnhealthyKind::Blocks, problem })
            .chain(unsettled.into_iter().map(|problem| Unhealthy { kind: kind(&problem), problem }))
            .chain(
                unreadable(state)
                    .into_iter()
                    .map(|problem| Unhealthy { kind: UnhealthyKind::Unknown, problem }),
            )
            .collect();
        // Of what two rules report about one object, the first says more.
        let mut seen: Vec<(UnhealthyKind, problems::Object, Fact)> = Vec::new();
        reasons.retain(|it| {
            let key = (it.kind, it.problem.object.clone(), it.problem.fact.clone());
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
        reasons.sort_by_key(|it| it.kind);
        Self { reasons }
    }

    /// Whether it is idle and healthy.
    pub fn is_idle_and_healthy(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// What blocks, and minor versions that are known to have been skipped.
fn blocking(state: &ClusterState, Blockers { findings, plan, .. }: &Blockers) -> Vec<Problem> {
    // Without a plan, the reason is a source that cannot be read, or that no version is known.
    let planned = plan.iter().flat_map(|plan| &plan.blocking);
    let is_certain = |problem: &Problem| !matches!(problem.fact, Fact::Release(ReleaseFact::RanNotKnown(_)));
    let skipped = minors::reports(state).into_iter().filter(is_certain);
    findings.iter().chain(planned).cloned().chain(skipped).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Obstacle, Reading,
        objects::{Alert, ModuleConfig, Phase, Queue, Release, Task},
        verdict::scenes::{at, known, pod, quiet, release},
    };

    /// A cluster in which nothing is running, with one release that waits for its approval.
    fn idle() -> ClusterState {
        let config = ModuleConfig {
            name: "deckhouse".to_owned(),
            settings: json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } }),
            ..ModuleConfig::default()
        };
        let mut state = quiet("1.71.0");
        state.module_configs = Reading::Known(vec![config]);
        waits(
            &mut state,
            "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation",
            false,
        );
        state
    }

    fn waits(state: &mut ClusterState, message: &str, approved: bool) {
        let next = Release {
            message: message.into(),
            approved_field: approved,
            ..release("1.72.3", Phase::Pending)
        };
        known(&mut state.releases).truncate(1);
        known(&mut state.releases).push(next);
    }

    fn task(description: &str, failures: u64) -> Queue {
        let head =
            Task { queue: "main".to_owned(), description: description.into(), failures, ..Task::default() };
        Queue { tasks: 1, heads: vec![head] }
    }

    fn alert(name: &str) -> Reading<Vec<Alert>> {
        Reading::Known(vec![Alert { name: name.to_owned(), status: "firing".to_owned(), ..Alert::default() }])
    }

    #[test]
    fn what_keeps_a_cluster_from_being_idle_and_healthy() {
        use UnhealthyKind::{Alert as Fires, Blocks, Running, Unknown};
        type Change = fn(&mut ClusterState);
        let cases: [(&str, Change, &[UnhealthyKind]); 20] = [
            ("a release waits for its approval", |_| {}, &[]),
            (
                "an approved release waits for a window",
                |it| {
                    waits(it, "Release is waiting for the update window: 01 Dec 26 08:00 UTC", true);
                },
                &[],
            ),
            ("an approved release is about to be deployed", |it| waits(it, "", true), &[Running]),
            (
                "an approved release has unmet requirements",
                |it| {
                    waits(
                        it,
                        "\"k8s\" requirement for DeckhouseRelease \"1.72.3\" not met: current kubernetes version is lower then required",
                        true,
                    );
                },
                &[Blocks, Running],
            ),
            (
                "the pod is not ready",
                |it| it.pods = Reading::Known(vec![pod("a", "1.71.0", false)]),
                &[Running],
            ),
            (
                "another image runs",
                |it| known(&mut it.deployment).image = "r/d:v1.72.3".to_owned(),
                &[Running],
            ),
            (
                "a hook of a schedule runs",
                |it| it.queue = Reading::Known(task("ModuleHookRun:main:x", 0)),
                &[],
            ),
            ("modules are applied", |it| it.queue = Reading::Known(task("ModuleRun:main:x", 0)), &[Running]),
            ("a hook fails", |it| it.queue = Reading::Known(task("ModuleHookRun:main:x", 1)), &[Running]),
            ("a node is updated", |it| known(&mut it.node_groups)[0].up_to_date = 1, &[Running]),
            ("a module is not ready", |it| known(&mut it.modules)[0].ready = Some(false), &[Running]),
            ("an alert of the update", |it| it.alerts = alert("D8DeckhousePodIsNotReady"), &[Fires]),
            ("an alert of something else", |it| it.alerts = alert("NodeDiskUsage"), &[]),
            ("alerts do not exist here", |it| it.alerts = Reading::Absent("no".to_owned()), &[]),
            ("no channel", |it| known(&mut it.module_configs)[0].settings = json!({}), &[Blocks]),
            (
                "queues are forbidden",
                |it| {
                    it.queue = Reading::Unreadable(Obstacle::Forbidden("exec".to_owned()));
                },
                &[Unknown],
            ),
            (
                "settings are away",
                |it| {
                    it.module_configs = Reading::NotNow { last: None, why: "starts".to_owned() };
                },
                &[Unknown],
            ),
            ("no platform", |it| it.releases = Reading::Absent("no such kind".to_owned()), &[Unknown]),
            (
                "no release and no version",
                |it| {
                    it.releases = Reading::Known(Vec::new());
                    known(&mut it.deployment).image = "r/d:stable".to_owned();
                },
                &[Blocks, Running],
            ),
            ("nothing was read", |it| *it = ClusterState::default(), &[Unknown]),
        ];
        let mut wrong = Vec::new();
        for (name, change, expected) in cases {
            let mut state = idle();
            change(&mut state);
            let health = Health::of(&state, &Blockers::of(&state, at(3600)), at(3600));
            let mut kinds: Vec<_> = health.reasons.iter().map(|it| it.kind).collect();
            kinds.dedup();
            if kinds != expected || health.is_idle_and_healthy() != expected.is_empty() {
                wrong.push(format!("{name}: {health:#?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
