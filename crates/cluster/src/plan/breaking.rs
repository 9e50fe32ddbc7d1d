//! What may fail in an update besides requirements: configuration that is obsolete or wrong.

use foreign_text::ForeignText;
use problems::{AlertFact, Fact, Problem};

use super::unknown::{PlanSource, PlanUnknown};
use crate::{ClusterState, Reading, objects::Alert};

/// Something to fix before an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakingPoint {
    /// The object, as `ModuleConfig/prometheus`.
    pub object: String,
    /// What is wrong.
    pub fault: BreakingFault,
}

/// What is wrong with an object before an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakingFault {
    /// An alert is firing.
    Alert {
        /// Its name.
        name: String,
        /// Its summary.
        summary: ForeignText,
    },
    /// The settings of a module have an old schema version: the controller's message.
    OldSettings(ForeignText),
}

/// Alerts about configuration that the next version may not accept (facts 4.5).
const ALERTS: [&str; 8] = [
    "ModuleConfigObsoleteVersion",
    "D8DeckhouseConfigInvalid",
    "D8DeckhouseModuleValidationError",
    "D8DeckhouseCouldNotRunModule",
    "DeckhouseMigratedModuleNotFound",
    "ModuleAtConflict",
    "D8NodeHasDeprecatedOSVersion",
    "D8NodeHasUnmetKernelRequirements",
];

/// All of them, and what could not be looked at.
pub(super) fn points(state: &ClusterState) -> (Vec<BreakingPoint>, Vec<PlanUnknown>) {
    let mut unknown = Vec::new();
    let mut points = Vec::new();
    match &state.alerts {
        Reading::Known(alerts) => {
            points.extend(alerts.iter().filter(|it| ALERTS.contains(&it.name.as_str())).map(of_alert));
        }
        other => unknown.push(PlanUnknown::new(PlanSource::Alerts, other.why_unknown().unwrap_or_default())),
    }
    match &state.module_configs {
        Reading::Known(configs) => {
            // The controller's own words: `Update available, latest spec.settings schema version is 2`.
            let old = configs.iter().filter(|it| it.message.contains("schema version"));
            points.extend(old.map(|config| BreakingPoint {
                object: format!("ModuleConfig/{}", config.name),
                fault: BreakingFault::OldSettings(config.message.clone()),
            }));
        }
        other => {
            unknown
                .push(PlanUnknown::new(PlanSource::ModuleConfigs, other.why_unknown().unwrap_or_default()));
        }
    }
    points.sort_by(|a, b| a.object.cmp(&b.object));
    points.dedup();
    (points, unknown)
}

/// The points without the alerts that block, which are reported with their steps.
pub(super) fn without(points: Vec<BreakingPoint>, blocking: &[Problem]) -> Vec<BreakingPoint> {
    let blocks = |point: &BreakingPoint| {
        let BreakingFault::Alert { name, .. } = &point.fault else { return false };
        let is_of_it = |fact: &Fact| matches!(fact, Fact::Alert(AlertFact::Known { name: other, .. }) if **other == **name);
        blocking.iter().any(|it| is_of_it(&it.fact))
    };
    points.into_iter().filter(|it| !blocks(it)).collect()
}

fn of_alert(alert: &Alert) -> BreakingPoint {
    let label = |key: &str| alert.labels.get(key).map(String::as_str);
    let object = match (label("module").or(label("name")), label("node")) {
        (Some(module), _) if alert.name.starts_with("Module") => format!("ModuleConfig/{module}"),
        (_, Some(node)) => format!("Node/{node}"),
        _ => format!("ClusterAlert/{}", alert.id),
    };
    let fault = BreakingFault::Alert { name: alert.name.clone(), summary: alert.summary.clone() };
    BreakingPoint { object, fault }
}
