//! What an update may stumble over, besides requirements: configuration that is old or wrong.

use serde::Serialize;

use crate::{ClusterState, Reading, objects::Alert};

/// Something to put right before an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakingPoint {
    /// The object, as `ModuleConfig/prometheus`.
    pub object: String,
    /// What is wrong, in plain words.
    pub what: String,
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
pub(super) fn points(state: &ClusterState) -> (Vec<BreakingPoint>, Vec<String>) {
    let mut unknown = Vec::new();
    let mut points = Vec::new();
    match &state.alerts {
        Reading::Known(alerts) => {
            points.extend(alerts.iter().filter(|it| ALERTS.contains(&it.name.as_str())).map(of_alert));
        }
        other => unknown.push(format!("alerts: {}", other.why_unknown().unwrap_or_default())),
    }
    match &state.module_configs {
        Reading::Known(configs) => {
            // The controller's own words: `Update available, latest spec.settings schema version is 2`.
            let old = configs.iter().filter(|it| it.message.contains("schema version"));
            points.extend(old.map(|config| BreakingPoint {
                object: format!("ModuleConfig/{}", config.name),
                what: config.message.clone().into(),
            }));
        }
        other => unknown.push(format!("ModuleConfigs: {}", other.why_unknown().unwrap_or_default())),
    }
    points.sort_by(|a, b| a.object.cmp(&b.object));
    points.dedup();
    (points, unknown)
}

fn of_alert(alert: &Alert) -> BreakingPoint {
    let label = |key: &str| alert.labels.get(key).map(String::as_str);
    let object = match (label("module").or(label("name")), label("node")) {
        (Some(module), _) if alert.name.starts_with("Module") => format!("ModuleConfig/{module}"),
        (_, Some(node)) => format!("Node/{node}"),
        _ => format!("ClusterAlert/{}", alert.id),
    };
    BreakingPoint { object, what: format!("{}: {}", alert.name, alert.summary) }
}
