//! All rules over one look, and what could not be looked at.

use commands::ClusterFlags;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    evidence::{Answer, Evidence, Probe},
    finding::{Finding, Severity},
    look::Look,
    rules,
};
use crate::{ClusterState, Reading};

/// What the doctor says of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// When it was looked at.
    pub at: Timestamp,
    /// All in one word.
    pub verdict: Verdict,
    /// The worst first, causes before what follows from them.
    pub findings: Vec<Finding>,
    /// The sources that are not known, and why: what they would have shown is not in the findings.
    pub not_looked_at: Vec<NotLookedAt>,
}

/// A diagnosis in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Something blocks.
    Blocked,
    /// Nothing that was seen blocks, and sources without which that says little are not known.
    Unclear,
    /// Nothing blocks.
    Clear,
}

/// A source that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotLookedAt {
    /// The source.
    pub source: String,
    /// Why not.
    pub why: String,
}

/// Applies every rule.
pub fn examine(state: &ClusterState, evidence: &Evidence, now: Timestamp) -> Diagnosis {
    let look = Look { state, evidence, now };
    let mut findings: Vec<Finding> = rules::ALL.iter().flat_map(|rule| rule(&look)).collect();
    findings.sort_by_key(|finding| finding.severity);
    let verdict = if findings.iter().any(|finding| finding.severity == Severity::Blocks) {
        Verdict::Blocked
    } else if essential(state).iter().any(Option::is_some) {
        Verdict::Unclear
    } else {
        Verdict::Clear
    };
    Diagnosis { at: now, verdict, findings, not_looked_at: not_looked_at(state, evidence) }
}

impl Diagnosis {
    /// The same, with commands that name the cluster as it was named.
    #[must_use]
    pub fn addressed(mut self, flags: &ClusterFlags) -> Self {
        self.findings = self.findings.into_iter().map(|finding| finding.addressed(flags)).collect();
        self
    }
}

/// The sources without which nothing can be said about updates.
fn essential(state: &ClusterState) -> [Option<NotLookedAt>; 4] {
    [
        unknown("DeckhouseReleases", &state.releases),
        unknown("ModuleConfigs", &state.module_configs),
        unknown("Deployment d8-system/deckhouse", &state.deployment),
        unknown("pods of d8-system", &state.pods),
    ]
}

fn not_looked_at(state: &ClusterState, evidence: &Evidence) -> Vec<NotLookedAt> {
    let mut all: Vec<Option<NotLookedAt>> = essential(state).into();
    all.extend([
        unknown("queues of the platform's pod", &state.queue),
        unknown("alerts", &state.alerts),
        unknown("modules", &state.modules),
        unknown("ModuleReleases", &state.module_releases),
        unknown("ModuleSources", &state.module_sources),
        unknown("ModuleUpdatePolicies", &state.module_update_policies),
        unknown("ModulePullOverrides", &state.module_pull_overrides),
        unknown("NodeGroups", &state.node_groups),
        unknown("nodes", &state.nodes),
        unknown("Secret d8-system/deckhouse-registry", &state.registry),
        unknown("ClusterConfiguration", &state.cluster_configuration),
        unknown("conditions of the cloud provider", &state.cloud_conditions),
        unknown("metrics of the API server", &state.deprecated_apis),
        unknown("webhook that checks approvals", &state.release_webhook),
        unknown("pods of d8-* and kube-system that do not run yet", &evidence.waiting_pods),
        unknown("pods of d8-* and kube-system that run", &evidence.running_pods),
        unknown("conditions of Deployment d8-system/deckhouse", &evidence.conditions),
        unknown("events of the platform's pod", &evidence.events),
        unknown("log of the platform's pod", &evidence.log),
    ]);
    let gap = |source: String, why: &str| Some(NotLookedAt { source, why: why.to_owned() });
    match &evidence.registry {
        Probe::NotAsked(why) => all.push(gap("registry".to_owned(), why)),
        Probe::Untrusted(_) | Probe::Refused(_) => {}
        Probe::Answered(answers) => {
            if let Answer::Unknown(why) = &answers.channel {
                all.push(gap("release channel in the registry".to_owned(), why));
            }
            if let Answer::Unknown(why) = &answers.versions {
                all.push(gap("list of releases in the registry".to_owned(), why));
            }
            for image in &answers.images {
                if let Answer::Unknown(why) = &image.answer {
                    all.push(gap(format!("image {} in the registry", image.image), why));
                }
            }
        }
    }
    all.into_iter().flatten().collect()
}

fn unknown<T>(source: &str, reading: &Reading<T>) -> Option<NotLookedAt> {
    Some(NotLookedAt { source: source.to_owned(), why: reading.why_unknown()? })
}
