//! Alerts.

use commands::Sentence;
use problems::{AlertFact, AlertKind};

pub(super) fn predicate(fact: &AlertFact) -> Sentence {
    let (status, summary) = match fact {
        AlertFact::Firing { status, summary } => (status.as_str(), summary.trim()),
        AlertFact::UpdateFailed { summary } => ("", summary.trim()),
        AlertFact::Known { name, summary, count, .. } => {
            let count = if *count > 1 { format!(" ({count} alerts)") } else { String::new() };
            let summary = if summary.is_empty() { String::new() } else { format!(": {summary}") };
            return format!("is firing{count}: {name}{summary}").into();
        }
        AlertFact::Stale { stale, all, name } => {
            return format!("({name}) is stale; in total, {stale} of {all} alerts are stale").into();
        }
    };
    let status = if status.is_empty() { "firing" } else { status };
    if summary.is_empty() { format!("is {status}") } else { format!("is {status}: {summary}") }.into()
}

pub(super) fn means(fact: &AlertFact) -> Option<Sentence> {
    match fact {
        AlertFact::Firing { .. } => None,
        AlertFact::UpdateFailed { .. } => Some(of_kind(AlertKind::ReleaseChain).into()),
        AlertFact::Known { kind, stale: false, .. } => Some(of_kind(*kind).into()),
        AlertFact::Known { kind, stale: true, .. } => Some(
            format!(
                "{}; the alert is stale: monitoring has not updated it recently, so it may no longer be firing",
                of_kind(*kind)
            )
            .into(),
        ),
        AlertFact::Stale { .. } => Some(
            "monitoring has not updated these alerts recently: it is restarting or down; new alerts may be missing"
                .into(),
        ),
    }
}

fn of_kind(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::ReleaseChain => {
            "the platform cannot find all releases up to the one that the channel points to: a minor version is missing from the registry"
        }
        AlertKind::MigratedModules => {
            "the next release requires modules that no ModuleSource offers, or for which the ModuleSource reports an error"
        }
        AlertKind::InvalidConfiguration => {
            "a configuration is not valid for the running version, for example after a change of its schema"
        }
        AlertKind::ControllerHangs => "the platform's pod is running but does nothing",
        AlertKind::QueueHangs => "the first task of a queue has not changed for several minutes",
        AlertKind::ModuleFails => "a module or a hook fails",
        AlertKind::InvalidModuleSettings => "the settings of a module are not valid",
        AlertKind::ModuleUpdateFails => "a module cannot be updated to its next release",
        AlertKind::ModuleRequirements => {
            "a release of a module has a requirement that the cluster does not meet"
        }
        AlertKind::ModuleConflict => "several sources offer the same module, and none of them is selected",
        AlertKind::OldSchema => {
            "the settings use an old schema; the platform converts them automatically, but a later release may not"
        }
        AlertKind::Maintenance => "the module is in maintenance mode: the platform does not update it",
        AlertKind::OldKernel => "the kernel of a node is too old for a module",
        AlertKind::OldSystem => "a later release will not support the node's operating system",
        AlertKind::RemovedApis => {
            "a Helm release uses an API that the next Kubernetes version removes. With `kubernetesVersion: Automatic` this \
             blocks the platform release that upgrades Kubernetes"
        }
        AlertKind::DeprecatedApis => "a Helm release uses an API that a later Kubernetes version removes",
        AlertKind::PodRestarts => {
            "the platform's pod restarts repeatedly, and applies all modules again each time"
        }
    }
}
