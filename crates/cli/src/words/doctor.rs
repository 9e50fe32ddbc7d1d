//! The report of the doctor.

use cluster::doctor::{Conclusion, DoctorReport, Finding, NotChecked, Severity, Source};
use commands::{ClusterFlags, Sentence, Update};
use jiff::Timestamp;

use super::{Block, means, steps, what};
use crate::format::{count, minute};

/// How the report shows what could not be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCheckedList {
    /// The number of sources, unless it cannot be determined whether anything blocks the update.
    Count,
    /// Each source with the reason.
    Full,
}

/// The report for a person: whether anything blocks, the findings, what could not be checked, and what checks again.
pub fn doctor_report(report: &DoctorReport, flags: &ClusterFlags, list: NotCheckedList) -> String {
    let mut text = format!("{}\n", headline(report));
    for finding in &report.findings {
        text += "\n";
        text += &block(finding).addressed(flags).to_string();
        text += &origin(finding, report.at);
    }
    let is_full = list == NotCheckedList::Full || report.conclusion == Conclusion::Unclear;
    if !report.not_checked.is_empty() && is_full {
        text += "\nnot checked:\n";
        for line in not_checked(&report.not_checked) {
            text += &foreign_text::one_line(&format!("  {line}"));
            text += "\n";
        }
    } else if !report.not_checked.is_empty() {
        text += &format!("\nskipped: {} (--verbose lists them)\n", count(report.not_checked.len(), "check"));
    }
    let again = Sentence::from("check again: ").command(Update::Doctor).addressed(flags);
    format!("{text}\n{again}\n")
}

fn headline(report: &DoctorReport) -> String {
    let of = |severity| report.findings.iter().filter(|it| it.severity == severity).count();
    let (blocks, slows) = (of(Severity::Blocks), of(Severity::Slows));
    let verb = |number, verb: &str| if number == 1 { format!("{verb}s") } else { verb.to_owned() };
    let slowing = format!("{} {} it down", count(slows, "problem"), verb(slows, "slow"));
    let blocking = format!("{} {} the update", count(blocks, "problem"), verb(blocks, "block"));
    match (report.conclusion, slows) {
        (Conclusion::Unclear, _) => {
            "No blocking problem was found, but not everything could be checked.".to_owned()
        }
        (Conclusion::Clear, 0) => "Nothing blocks the update.".to_owned(),
        (Conclusion::Clear, _) => format!("Nothing blocks the update; {slowing}."),
        (Conclusion::Blocked, 0) => format!("{blocking}."),
        (Conclusion::Blocked, _) => format!("{blocking}; {slowing}."),
    }
}

fn block(finding: &Finding) -> Block {
    let severity = match finding.severity {
        Severity::Blocks => "BLOCKS: ",
        Severity::Slows => "slows: ",
        Severity::Notable => "note: ",
    };
    Block::new(Sentence::from(severity).then(what(&finding.problem)))
        .means(means(&finding.problem.fact))
        .steps(steps(&finding.problem))
}

/// Since when, and where it was seen.
fn origin(finding: &Finding, now: Timestamp) -> String {
    let seen = format!("source: {}", sources(&finding.seen_in));
    match finding.since {
        Some(since) => {
            let age = now.duration_since(since).unsigned_abs();
            format!("  since {} ({}), {seen}\n", minute(since), cluster::duration::text(age))
        }
        None => format!("  {seen}\n"),
    }
}

/// Sources with the same reason in one line.
fn not_checked(all: &[NotChecked]) -> Vec<String> {
    let mut reasons: Vec<&str> = Vec::new();
    for it in all {
        if !reasons.contains(&it.why.as_str()) {
            reasons.push(&it.why);
        }
    }
    let line = |why: &&str| {
        let same = all.iter().filter(|it| it.why == **why);
        format!("{}: {why}", same.map(|it| source(&it.source)).collect::<Vec<_>>().join(", "))
    };
    reasons.iter().map(line).collect()
}

/// Several sources: `NodeGroups and nodes`.
pub fn sources(all: &[Source]) -> String {
    all.iter().map(source).collect::<Vec<_>>().join(" and ")
}

/// A source that the doctor reads.
pub fn source(source: &Source) -> String {
    match source {
        Source::Alerts => "alerts",
        Source::Applications => "Applications",
        Source::ClusterApplications => "ClusterApplications",
        Source::PackageRepositories => "PackageRepositories",
        Source::ApiServerMetrics => "metrics of the API server",
        Source::ApprovalWebhook => "webhook that checks approvals",
        Source::CloudConditions => "conditions of the cloud provider",
        Source::ClusterConfiguration => "ClusterConfiguration",
        Source::Deployment => "Deployment d8-system/deckhouse",
        Source::DeploymentConditions => "conditions of Deployment d8-system/deckhouse",
        Source::License => "EffectiveLicense",
        Source::ModuleConfigs => "ModuleConfigs",
        Source::ModulePods => "pods of d8-* and kube-system",
        Source::ModulePullOverrides => "ModulePullOverrides",
        Source::ModuleReleases => "ModuleReleases",
        Source::ModuleSources => "ModuleSources",
        Source::ModuleUpdatePolicies => "ModuleUpdatePolicies",
        Source::Modules => "modules",
        Source::NodeGroups => "NodeGroups",
        Source::Nodes => "nodes",
        Source::PendingPods => "pending pods of d8-* and kube-system",
        Source::PlatformEvents => "events of the platform's pod",
        Source::PlatformLog => "log of the platform's pod",
        Source::PlatformPods => "pods of d8-system",
        Source::Queues => "task queues",
        Source::Registry => "registry",
        Source::RegistryChannel => "release channel in the registry",
        Source::RegistryImage(image) => return format!("image {image} in the registry"),
        Source::RegistrySecret => "Secret d8-system/deckhouse-registry",
        Source::RegistryVersions => "list of releases in the registry",
        Source::ReleaseEvents => "events of DeckhouseReleases",
        Source::Releases => "DeckhouseReleases",
        Source::ReplicaSets => "ReplicaSets of Deployment/deckhouse",
        Source::RunningPods => "running pods of d8-* and kube-system",
    }
    .to_owned()
}
