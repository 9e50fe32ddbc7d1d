//! Steps about settings and alerts.

use commands::Kubectl;
use problems::SettingsAdvice;
use serde_json::json;

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &SettingsAdvice) -> Step {
    match advice {
        SettingsAdvice::SetManual => {
            with("set the mode in which every release needs an approval", Kubectl::set_manual_mode())
        }
        SettingsAdvice::RemoveNotification => with(
            "or remove the notification from the settings",
            Kubectl::change_updates(&json!({ "notification": null })),
        ),
        SettingsAdvice::ResolveAlerts => Step::here("resolve the alerts"),
        SettingsAdvice::TurnOffBlockOnAlerts => {
            let off = Kubectl::change_updates(&json!({ "blockOnAlerts": { "enabled": false } }));
            with("or turn this check off", off)
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
