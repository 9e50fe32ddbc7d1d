//! Applies all rules, and lists the sources that could not be read.

use jiff::Timestamp;

use super::{
    context::Context,
    details::{Details, RegistryAnswer, RegistryCheck},
    finding::{Finding, Severity},
    rules,
    source::Source,
};
use crate::{ClusterState, Reading};

/// What the doctor found in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorReport {
    /// The time of the API server when the cluster was read.
    pub at: Timestamp,
    /// Whether anything blocks.
    pub conclusion: Conclusion,
    /// The worst first, causes before their effects.
    pub findings: Vec<Finding>,
    /// The sources that could not be read. What they would show is not in the findings.
    pub not_checked: Vec<NotChecked>,
}

/// Whether anything blocks an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Something blocks.
    Blocked,
    /// No finding blocks, but essential sources could not be read.
    Unclear,
    /// Nothing blocks.
    Clear,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotChecked {
    /// The source.
    pub source: Source,
    /// Why not.
    pub why: String,
}

/// Applies every rule.
pub fn diagnose(state: &ClusterState, details: &Details, now: Timestamp) -> DoctorReport {
    let context = Context { state, details, now };
    let mut findings: Vec<Finding> = rules::ALL.iter().flat_map(|rule| rule(&context)).collect();
    findings.sort_by_key(|finding| finding.severity);
    if !details.unlisted_releases().is_empty() {
        for finding in &mut findings {
            finding.problem.of_a_proxy_cache();
        }
    }
    let conclusion = if findings.iter().any(|finding| finding.severity == Severity::Blocks) {
        Conclusion::Blocked
    } else if essential(state).iter().any(Option::is_some) {
        Conclusion::Unclear
    } else {
        Conclusion::Clear
    };
    DoctorReport { at: now, conclusion, findings, not_checked: not_checked(state, details) }
}

/// The sources without which nothing can be concluded about updates.
fn essential(state: &ClusterState) -> [Option<NotChecked>; 4] {
    [
        unknown(Source::Releases, &state.releases),
        unknown(Source::ModuleConfigs, &state.module_configs),
        unknown(Source::Deployment, &state.deployment),
        unknown(Source::PlatformPods, &state.pods),
    ]
}

fn not_checked(state: &ClusterState, details: &Details) -> Vec<NotChecked> {
    let mut all: Vec<Option<NotChecked>> = essential(state).into();
    all.extend([
        unknown(Source::ReplicaSets, &state.replica_sets),
        unknown(Source::ReleaseEvents, &state.release_starts),
        unknown(Source::Queues, &state.queue),
        unknown(Source::Alerts, &state.alerts),
        unknown(Source::Modules, &state.modules),
        unknown(Source::ModuleReleases, &state.module_releases),
        unknown(Source::ModuleSources, &state.module_sources),
        unknown(Source::ModuleUpdatePolicies, &state.module_update_policies),
        unknown(Source::ModulePullOverrides, &state.module_pull_overrides),
        unknown(Source::NodeGroups, &state.node_groups),
        unknown(Source::Nodes, &state.nodes),
        unknown(Source::RegistrySecret, &state.registry),
        unknown(Source::ClusterConfiguration, &state.cluster_configuration),
        unknown(Source::CloudConditions, &state.cloud_conditions),
        unknown(Source::ApiServerMetrics, &state.deprecated_apis),
        unknown(Source::ApprovalWebhook, &state.release_webhook),
        unless_absent(Source::License, &state.license),
        unless_absent(Source::PackageRepositories, &state.package_repositories),
        unless_absent(Source::Applications, &state.applications),
        unless_absent(Source::ClusterApplications, &state.cluster_applications),
        unknown(Source::PendingPods, &details.pulls_of_pending_pods),
        unknown(Source::RunningPods, &details.pulls_of_running_pods),
        unknown(Source::DeploymentConditions, &details.conditions),
        unknown(Source::PlatformEvents, &details.events),
        unknown(Source::PlatformLog, &details.log),
    ]);
    all.extend(not_answered(&details.registry));
    all.into_iter().flatten().collect()
}

fn not_answered(registry: &RegistryCheck) -> Vec<Option<NotChecked>> {
    let entry = |source, why: &str| Some(NotChecked { source, why: why.to_owned() });
    match registry {
        RegistryCheck::NotAsked(why) => vec![entry(Source::Registry, why)],
        RegistryCheck::Untrusted(_) | RegistryCheck::Refused(_) => Vec::new(),
        RegistryCheck::Answered(answers) => {
            let mut all = Vec::new();
            if let RegistryAnswer::Unknown(why) = &answers.channel {
                all.push(entry(Source::RegistryChannel, why));
            }
            if let RegistryAnswer::Unknown(why) = &answers.versions {
                all.push(entry(Source::RegistryVersions, why));
            }
            for image in &answers.images {
                if let RegistryAnswer::Unknown(why) = &image.answer {
                    all.push(entry(Source::RegistryImage(image.image.clone()), why));
                }
            }
            all
        }
    }
}

/// The same of what most platforms do not have.
fn unless_absent<T>(source: Source, reading: &Reading<T>) -> Option<NotChecked> {
    if matches!(reading, Reading::Absent(_)) { None } else { unknown(source, reading) }
}

fn unknown<T>(source: Source, reading: &Reading<T>) -> Option<NotChecked> {
    Some(NotChecked { source, why: reading.why_unknown()? })
}
