//! Alerts of the platform that concern updates, and that no rule over objects reports better.

use commands::{Command, Controller, Filter, Kubectl, Objects, Output, Resource, Update};
use problems::{
    Advice, AlertFact, AlertKind, Contents, Kind, ModuleAdvice, NodeAdvice, Object, PlatformAdvice,
    RegistryAdvice, Restart, Rule, See, SettingsAdvice,
};

use super::kernels;
use crate::{
    alert_block,
    doctor::{
        context::{Context, object, see},
        finding::{Finding, Severity},
        source::Source,
    },
    objects::Alert,
    safe_text::short,
};

/// The alerts that are reported: the beginning of the name, the severity and the meaning.
const KNOWN: [(&str, Severity, AlertKind); 17] = [
    ("DeckhouseUpdatingFailed", Severity::Blocks, AlertKind::ReleaseChain),
    ("DeckhouseMigratedModuleNotFound", Severity::Blocks, AlertKind::MigratedModules),
    ("D8DeckhouseConfigInvalid", Severity::Blocks, AlertKind::InvalidConfiguration),
    ("D8DeckhouseIsHung", Severity::Blocks, AlertKind::ControllerHangs),
    ("D8DeckhouseQueueIsHung", Severity::Slows, AlertKind::QueueHangs),
    ("D8DeckhouseCouldNot", Severity::Slows, AlertKind::ModuleFails),
    ("D8DeckhouseModuleValidationError", Severity::Slows, AlertKind::InvalidModuleSettings),
    ("DeckhouseModuleUpdatingFailed", Severity::Slows, AlertKind::ModuleUpdateFails),
    ("ModuleReleaseIsBlockedByRequirements", Severity::Slows, AlertKind::ModuleRequirements),
    ("ModuleAtConflict", Severity::Slows, AlertKind::ModuleConflict),
    ("ModuleConfigObsoleteVersion", Severity::Notable, AlertKind::OldSchema),
    ("ModuleIsInMaintenanceMode", Severity::Notable, AlertKind::Maintenance),
    ("D8NodeHasUnmetKernelRequirements", Severity::Slows, AlertKind::OldKernel),
    ("D8NodeHasDeprecatedOSVersion", Severity::Notable, AlertKind::OldSystem),
    ("HelmReleasesHasResourcesWithUnsupportedVersions", Severity::Slows, AlertKind::RemovedApis),
    ("HelmReleasesHasResourcesWithDeprecatedVersions", Severity::Notable, AlertKind::DeprecatedApis),
    ("D8DeckhousePodIsRestartingTooOften", Severity::Slows, AlertKind::PodRestarts),
];

/// The steps for an alert.
fn steps(context: &Context<'_>, kind: AlertKind) -> Vec<Advice> {
    let list = |what, resource| see(what, Kubectl::Get(Objects::all(resource), Output::Table));
    match kind {
        AlertKind::ReleaseChain => {
            let deployed = context.deployed().and_then(|release| release.version.as_ref());
            let pull = deployed.map(|it| Advice::PullSince { major: it.major, minor: it.minor });
            let mut steps = vec![list(See::Releases, Resource::DeckhouseRelease)];
            steps.extend(pull);
            steps.push(context.push());
            steps
        }
        AlertKind::MigratedModules => {
            vec![
                RegistryAdvice::Pull(Contents::Modules).into(),
                context.push(),
                list(See::Sources, Resource::ModuleSource),
            ]
        }
        AlertKind::InvalidConfiguration | AlertKind::InvalidModuleSettings | AlertKind::OldSchema => {
            vec![SettingsAdvice::CorrectModuleConfig.into(), list(See::ModuleConfigs, Resource::ModuleConfig)]
        }
        AlertKind::ControllerHangs => vec![PlatformAdvice::Restart(Restart::BecauseItHangs).into()],
        AlertKind::QueueHangs => vec![context.see_queue(Controller::QueueList)],
        AlertKind::ModuleFails => vec![context.see_log(See::LogErrors, Filter::errors())],
        AlertKind::ModuleUpdateFails => {
            vec![list(See::ModuleReleases, Resource::ModuleRelease), ModuleAdvice::PullMissing.into()]
        }
        AlertKind::ModuleRequirements => vec![list(See::ModuleReleases, Resource::ModuleRelease)],
        AlertKind::ModuleConflict => {
            vec![list(See::Modules, Resource::Module), ModuleAdvice::ChooseSource.into()]
        }
        AlertKind::Maintenance => {
            let columns = Output::Columns("NAME:.metadata.name,MAINTENANCE:.spec.maintenance");
            vec![
                see(See::Maintenance, Kubectl::Get(Objects::all(Resource::ModuleConfig), columns)),
                ModuleAdvice::EndMaintenance.into(),
            ]
        }
        AlertKind::OldKernel => {
            vec![see(See::Kernels, kernels()), NodeAdvice::UpgradeKernel.into()]
        }
        AlertKind::OldSystem => vec![
            see(See::Nodes, Kubectl::Get(Objects::all(Resource::Node), Output::Wide)),
            NodeAdvice::UpgradeSystem.into(),
        ],
        AlertKind::RemovedApis | AlertKind::DeprecatedApis => {
            vec![see(See::Plan, Update::Plan), SettingsAdvice::UpgradeChart.into()]
        }
        AlertKind::PodRestarts => {
            let describe = Kubectl::Describe(Objects::of_the_platform(Resource::Pod));
            vec![see(See::PodEvents, describe)]
        }
    }
}

/// A finding for each known alert that fires; of alerts with the same name, one.
pub(super) fn known(context: &Context<'_>) -> Vec<Finding> {
    let alerts = Context::list(&context.state.alerts);
    let mut findings: Vec<Finding> = Vec::new();
    for (prefix, severity, kind) in KNOWN {
        let mut firing: Vec<&Alert> = alerts.iter().filter(|alert| alert.name.starts_with(prefix)).collect();
        firing.sort_by_key(|alert| (&alert.name, alert.starts_at));
        for same in firing.chunk_by(|one, other| one.name == other.name) {
            findings.extend(of_name(context, same, severity, kind));
        }
    }
    findings
}

fn of_name(context: &Context<'_>, alerts: &[&Alert], severity: Severity, kind: AlertKind) -> Option<Finding> {
    let first = alerts.first()?;
    let stale = alerts.iter().all(|alert| is_stale(alert));
    let text = if first.summary.is_empty() { &first.description } else { &first.summary };
    let fact = AlertFact::Known {
        kind,
        name: first.name.as_str().into(),
        summary: short(text),
        count: alerts.len(),
        stale,
    };
    let get = Kubectl::Get(Objects::one(Resource::ClusterAlert, &first.id), Output::Yaml);
    let severity = if stale { Severity::Notable } else { severity };
    Some(
        Finding::new(Rule::Alert, severity, Object::new(Kind::ClusterAlert, &first.id), fact)
            .advise_all(steps(context, kind))
            .advise(see(See::Alert, get))
            .since(first.starts_at)
            .seen_in(Source::Alerts),
    )
}

/// Alerts that the monitoring has not updated recently.
pub(super) fn stale(context: &Context<'_>) -> Vec<Finding> {
    let alerts = Context::list(&context.state.alerts);
    let stale: Vec<&Alert> = alerts.iter().filter(|alert| is_stale(alert)).collect();
    let Some(first) = stale.first() else { return Vec::new() };
    let pods = Kubectl::Get(Objects::all(Resource::Pod).within("d8-monitoring"), Output::Table);
    let fact = AlertFact::Stale { stale: stale.len(), all: alerts.len(), name: first.name.as_str().into() };
    vec![
        Finding::new(Rule::StaleAlerts, Severity::Notable, Object::new(Kind::ClusterAlert, &first.id), fact)
            .advise(SettingsAdvice::CheckMonitoring)
            .advise(see(See::MonitoringPods, Command::from(pods)))
            .since(stale.iter().filter_map(|alert| alert.starts_at).min())
            .seen_in(Source::Alerts),
    ]
}

/// Alerts that hold the next release (`update.blockOnAlerts`).
pub(super) fn blocking(context: &Context<'_>) -> Vec<Finding> {
    let (Some(release), Some(fact)) = (context.next_release(), alert_block::held_by_alerts(context.state))
    else {
        return Vec::new();
    };
    vec![
        Finding::new(Rule::BlockOnAlerts, Severity::Blocks, object(release), fact)
            .advise_all(alert_block::ADVICE)
            .seen_in(Source::ModuleConfigs)
            .seen_in(Source::Alerts),
    ]
}

fn is_stale(alert: &Alert) -> bool {
    alert.status.contains("stale")
}
