//! `update.blockOnAlerts`: alerts that keep every release from being deployed, without a message on the release.
//!
//! The check compares severity numbers: those from the threshold on block, which are the milder ones
//! (`deckhouse-release/check_block_on_alerts_test.go`). Only a severity that is written as a text counts
//! (cluster-2026.md, 1.12).

use problems::{Advice, ReleaseFact, SettingsAdvice};

use crate::ClusterState;

/// The threshold if none is set.
const THRESHOLD: u64 = 4;

/// What to do about them.
pub(crate) const ADVICE: [Advice; 2] =
    [Advice::Settings(SettingsAdvice::ResolveAlerts), Advice::Settings(SettingsAdvice::TurnOffBlockOnAlerts)];

/// The alerts that hold the next release; `None` if there are none, or if that is not known.
pub(crate) fn held_by_alerts(state: &ClusterState) -> Option<ReleaseFact> {
    let block = &state.deckhouse_config()?.settings["update"]["blockOnAlerts"];
    if block["enabled"] != true {
        return None;
    }
    let threshold = block["severity"].as_u64().unwrap_or(THRESHOLD);
    let holds = state.alerts.known()?.iter().filter(|alert| {
        alert.severity_is_text && alert.severity.is_some_and(|level| u64::from(level) >= threshold)
    });
    let mut names: Vec<&str> = holds.map(|alert| alert.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let alerts: Vec<_> = names.into_iter().map(Into::into).collect();
    (!alerts.is_empty()).then_some(ReleaseFact::HeldByAlerts { alerts, threshold })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Reading,
        objects::{Alert, ModuleConfig},
    };

    #[test]
    fn which_alerts_hold_a_release() {
        let held = |block: Value, severity: u8, severity_is_text: bool| {
            let settings = json!({ "update": { "blockOnAlerts": block } });
            let config = ModuleConfig { name: "deckhouse".to_owned(), settings, ..ModuleConfig::default() };
            let alert = Alert {
                name: "A".to_owned(),
                severity: Some(severity),
                severity_is_text,
                ..Alert::default()
            };
            let state = ClusterState {
                module_configs: Reading::Known(vec![config]),
                alerts: Reading::Known(vec![alert]),
                ..ClusterState::default()
            };
            match held_by_alerts(&state) {
                Some(ReleaseFact::HeldByAlerts { threshold, .. }) => Some(threshold),
                _ => None,
            }
        };
        for (block, severity, is_text, expected) in [
            (json!({ "enabled": true }), 4, true, Some(4)),
            (json!({ "enabled": true }), 9, true, Some(4)),
            (json!({ "enabled": true }), 3, true, None),
            (json!({ "enabled": true }), 4, false, None),
            (json!({ "enabled": true, "severity": 6 }), 5, true, None),
            (json!({ "enabled": true, "severity": 6 }), 6, true, Some(6)),
            (json!({ "enabled": false }), 4, true, None),
            (Value::Null, 4, true, None),
        ] {
            assert_eq!(held(block.clone(), severity, is_text), expected, "{block} {severity} {is_text}");
        }
    }
}
