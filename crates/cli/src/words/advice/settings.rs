//! Steps about settings and alerts.

use commands::{Json, Kubectl, Resource};
use problems::SettingsAdvice;
use serde_json::{Value, json};

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &SettingsAdvice) -> Step {
    match advice {
        SettingsAdvice::SetManual => with(
            "set the mode in which every release needs an approval",
            change_updates(&json!({ "mode": "Manual" })),
        ),
        SettingsAdvice::RemoveNotification => with(
            "or remove the notification from the settings",
            change_updates(&json!({ "notification": null })),
        ),
        SettingsAdvice::ResolveAlerts => Step::here("resolve the alerts"),
        SettingsAdvice::TurnOffBlockOnAlerts => {
            with("or turn this check off", change_updates(&json!({ "blockOnAlerts": { "enabled": false } })))
        }
        SettingsAdvice::FollowMessage => Step::here("make the change that the message asks for"),
        SettingsAdvice::CorrectModuleConfig => Step::here("correct the ModuleConfig that the alert names"),
        SettingsAdvice::UpdateApiClients => Step::here("find the clients, and change them to the new API"),
        SettingsAdvice::UpgradeChart => Step::here(
            "upgrade the Helm release to a chart with the new API; the platform checks again hourly",
        ),
        SettingsAdvice::CheckMonitoring => Step::here("check that Prometheus and Alertmanager are running"),
    }
}

/// The command that changes the settings of updates.
fn change_updates(settings: &Value) -> Kubectl {
    Kubectl::Patch {
        resource: Resource::ModuleConfig,
        name: "deckhouse".to_owned(),
        status: false,
        patch: Json::from(&json!({ "spec": { "settings": { "update": settings } } })),
    }
}
