//! Steps about settings and alerts.

/// A step about settings and alerts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SettingsAdvice {
    /// Set the update mode Manual.
    SetManual,
    /// Remove the notification from the settings.
    RemoveNotification,
    /// Resolve the alerts.
    ResolveAlerts,
    /// Turn off `update.blockOnAlerts`.
    TurnOffBlockOnAlerts,
    /// Change what the message asks for.
    FollowMessage,
    /// Correct the `ModuleConfig` that the alert names.
    CorrectModuleConfig,
    /// Move the clients to the new API.
    UpdateApiClients,
    /// Upgrade a Helm release to a chart with the new API.
    UpgradeChart,
    /// Check that Prometheus and Alertmanager run.
    CheckMonitoring,
}
