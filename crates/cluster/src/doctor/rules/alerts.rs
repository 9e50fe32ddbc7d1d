//! Alerts of the platform that concern updates, and that no rule over objects tells better.

use commands::{Command, Controller, Filter, Kubectl, Objects, Output, Resource, Update};
use serde_json::json;

use super::{KERNELS, patch_of_updates};
use crate::safe_text::short;
use crate::{
    doctor::{
        finding::{Finding, Severity},
        look::Look,
    },
    objects::Alert,
};

/// What is shown of an alert: commands.
#[derive(Clone, Copy)]
enum Show {
    /// All objects of a kind.
    List(Resource),
    /// Modules that are in maintenance.
    Maintenance,
    /// The nodes with their kernels, and how one is upgraded.
    Kernels,
    /// The nodes with their systems.
    Nodes,
    /// How the platform's pods are.
    Pods,
    /// How the platform's pod is restarted.
    Restart,
    /// The queues.
    Queues,
    /// The errors in the log.
    Errors,
    /// What lies ahead.
    Plan,
}

impl Show {
    fn commands(self, look: &Look<'_>) -> Vec<Command> {
        let get = |resource, output| Kubectl::Get(Objects::all(resource), output).into();
        vec![match self {
            Self::List(resource) => get(resource, Output::Table),
            Self::Maintenance => get(
                Resource::ModuleConfig,
                Output::Columns("NAME:.metadata.name,MAINTENANCE:.spec.maintenance"),
            ),
            Self::Kernels => {
                return vec![get(Resource::Node, Output::Columns(KERNELS)), Update::KernelOfGroup.into()];
            }
            Self::Nodes => get(Resource::Node, Output::Wide),
            Self::Pods => Kubectl::Describe(Objects::of_the_platform(Resource::Pod)).into(),
            Self::Restart => Kubectl::RestartPlatform.into(),
            Self::Queues => look.ask(Controller::QueueList).into(),
            Self::Errors => Command::kubectl(look.recent_log()).piped(Filter::errors()),
            Self::Plan => Update::Plan.into(),
        }]
    }
}

/// Beginning of the alert's name, severity, what it means, what to do, and what is shown.
const KNOWN: [(&str, Severity, &str, &str, Show); 17] = [
    (
        "DeckhouseUpdatingFailed",
        Severity::Blocks,
        "the platform cannot make the chain of releases: a minor is missing in the registry",
        "pull the releases from the deployed one on, and push them",
        Show::List(Resource::DeckhouseRelease),
    ),
    (
        "DeckhouseMigratedModuleNotFound",
        Severity::Blocks,
        "the next release wants modules that no ModuleSource offers without an error",
        "push these modules with the bundle, then look at the sources",
        Show::List(Resource::ModuleSource),
    ),
    (
        "D8DeckhouseConfigInvalid",
        Severity::Blocks,
        "a configuration does not fit the version that runs, as after a change of its schema",
        "mend the ModuleConfig that the alert names",
        Show::List(Resource::ModuleConfig),
    ),
    (
        "D8DeckhouseIsHung",
        Severity::Blocks,
        "the platform's pod runs and does nothing",
        "restart it",
        Show::Restart,
    ),
    (
        "D8DeckhouseQueueIsHung",
        Severity::Slows,
        "the head of a queue has not changed for minutes",
        "see what the task is",
        Show::Queues,
    ),
    ("D8DeckhouseCouldNot", Severity::Slows, "a module or a hook fails", "see what it says", Show::Errors),
    (
        "D8DeckhouseModuleValidationError",
        Severity::Slows,
        "the settings of a module are refused",
        "mend its ModuleConfig",
        Show::List(Resource::ModuleConfig),
    ),
    (
        "DeckhouseModuleUpdatingFailed",
        Severity::Slows,
        "a module cannot be brought to its next release",
        "see its releases; a missing minor is pulled and pushed, a broken one pulled again",
        Show::List(Resource::ModuleRelease),
    ),
    (
        "ModuleReleaseIsBlockedByRequirements",
        Severity::Slows,
        "a release of a module wants what the cluster does not have",
        "see what",
        Show::List(Resource::ModuleRelease),
    ),
    (
        "ModuleAtConflict",
        Severity::Slows,
        "several sources offer one module, and none is chosen",
        "name one in spec.source of its ModuleConfig",
        Show::List(Resource::Module),
    ),
    (
        "ModuleConfigObsoleteVersion",
        Severity::Notable,
        "the settings are of an old schema; they are converted, and a later release may drop that",
        "bring the ModuleConfig to the schema that the alert names",
        Show::List(Resource::ModuleConfig),
    ),
    (
        "ModuleIsInMaintenanceMode",
        Severity::Notable,
        "nothing of this module is updated",
        "end the maintenance when the work is done",
        Show::Maintenance,
    ),
    (
        "D8NodeHasUnmetKernelRequirements",
        Severity::Slows,
        "the kernel of a node is too old for a module",
        "bring it to a newer one",
        Show::Kernels,
    ),
    (
        "D8NodeHasDeprecatedOSVersion",
        Severity::Notable,
        "a later release will not support the node's operating system",
        "upgrade or replace the node",
        Show::Nodes,
    ),
    (
        "HelmReleasesHasResourcesWithUnsupportedVersions",
        Severity::Slows,
        "a Helm release uses an API that the next Kubernetes does not have; with `kubernetesVersion: Automatic` this blocks the release that brings it",
        "install the chart again with the new API; the platform looks again hourly",
        Show::Plan,
    ),
    (
        "HelmReleasesHasResourcesWithDeprecatedVersions",
        Severity::Notable,
        "a Helm release uses an API that a later Kubernetes does not have any more",
        "install the chart again with the new API before a release brings that Kubernetes",
        Show::Plan,
    ),
    (
        "D8DeckhousePodIsRestartingTooOften",
        Severity::Slows,
        "the platform's pod ends again and again; each time it goes through all modules anew",
        "see why it ended the last time",
        Show::Pods,
    ),
];

/// A finding for each known alert that fires; of those that fire often, one for each name.
pub(super) fn known(look: &Look<'_>) -> Vec<Finding> {
    let alerts = Look::all(&look.state.alerts);
    let mut findings: Vec<Finding> = Vec::new();
    for (prefix, severity, why, remedy, show) in KNOWN {
        let mut firing: Vec<&Alert> = alerts.iter().filter(|alert| alert.name.starts_with(prefix)).collect();
        firing.sort_by_key(|alert| (&alert.name, alert.starts_at));
        for same in firing.chunk_by(|one, other| one.name == other.name) {
            let Some(first) = same.first() else { continue };
            let stale = same.iter().all(|alert| is_stale(alert));
            let count = if same.len() > 1 { format!(" ({} times)", same.len()) } else { String::new() };
            let text = if first.summary.is_empty() { &first.description } else { &first.summary };
            let finding = Finding::new(
                "alert",
                if stale { Severity::Notable } else { severity },
                format!("ClusterAlert/{}", first.id),
                format!("{}{count}: {}", first.name, short(text)),
            );
            findings.push(
                finding
                    .why(if stale {
                        format!(
                            "{why}; the alert is stale: nothing was heard of it lately, so it may be over"
                        )
                    } else {
                        why.to_owned()
                    })
                    .remedy(remedy)
                    .commands(show.commands(look))
                    .command(Kubectl::Get(Objects::one(Resource::ClusterAlert, &first.id), Output::Yaml))
                    .since(first.starts_at)
                    .seen_in("alerts"),
            );
        }
    }
    findings
}

/// Alerts of which the receiver hears nothing any more.
pub(super) fn stale(look: &Look<'_>) -> Vec<Finding> {
    let alerts = Look::all(&look.state.alerts);
    let stale: Vec<&Alert> = alerts.iter().filter(|alert| is_stale(alert)).collect();
    let Some(first) = stale.first() else { return Vec::new() };
    vec![
        Finding::new(
            "stale-alerts",
            Severity::Notable,
            format!("ClusterAlert/{}", first.id),
            format!("{} of {} alerts are stale, as {}", stale.len(), alerts.len(), first.name),
        )
        .why("nothing was heard of them lately: the monitoring restarts, or is away; then new alerts do not show either")
        .remedy("see that Prometheus and Alertmanager run")
        .command(Kubectl::Get(Objects::all(Resource::Pod).within("d8-monitoring"), Output::Table))
        .since(stale.iter().filter_map(|alert| alert.starts_at).min())
        .seen_in("alerts"),
    ]
}

/// `settings.update.blockOnAlerts`: alerts of this severity number *and above* keep releases from being applied,
/// without a message on the release (`deckhouse-release/check_block_on_alerts_test.go`).
pub(super) fn blocking(look: &Look<'_>) -> Vec<Finding> {
    let Some(config) = look.state.deckhouse_config() else { return Vec::new() };
    let block = &config.settings["update"]["blockOnAlerts"];
    if block["enabled"] != true {
        return Vec::new();
    }
    let threshold = block["severity"].as_u64().unwrap_or(4);
    let Some(release) = look.upcoming() else { return Vec::new() };
    let firing = Look::all(&look.state.alerts).iter();
    let mut names: Vec<&str> = firing
        .filter(|alert| alert.severity.is_some_and(|it| u64::from(it) >= threshold))
        .map(|alert| alert.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "block-on-alerts",
            Severity::Blocks,
            format!("DeckhouseRelease/{}", release.name),
            format!("update.blockOnAlerts is on, and these alerts fire: {}", names.join(", ")),
        )
        .why(format!(
            "alerts of severity {threshold} to 9 keep every release back, without a message; the more severe ones, below {threshold}, do not"
        ))
        .remedy("deal with the alerts, or switch this off")
        .command(patch_of_updates(&json!({ "blockOnAlerts": { "enabled": false } })))
        .seen_in("ModuleConfigs and alerts"),
    ]
}

fn is_stale(alert: &Alert) -> bool {
    alert.status.contains("stale")
}
