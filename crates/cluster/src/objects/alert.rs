//! `ClusterAlert`: an alert that fires.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use jiff::Timestamp;
use serde::Serialize;

/// An object `clusteralerts.deckhouse.io/v1alpha1`. A resolved alert is deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Name of the object: the fingerprint.
    pub id: String,
    /// `alert.name`, as `DeckhouseUpdating`.
    pub name: String,
    /// `alert.severityLevel`: 1 is the most severe, 9 the least.
    pub severity: Option<u8>,
    /// Whether `alert.severityLevel` is a text. `update.blockOnAlerts` looks only at those (cluster-2026.md, 1.12).
    #[serde(skip)]
    pub severity_is_text: bool,
    /// `alert.summary`.
    pub summary: ForeignText,
    /// `alert.description`.
    pub description: ForeignText,
    /// `alert.labels`.
    pub labels: BTreeMap<String, String>,
    /// `status.alertStatus`: `firing`, or `firing (stale)` where the receiver has heard nothing for a while.
    pub status: String,
    /// `status.startsAt`.
    pub starts_at: Option<Timestamp>,
}
