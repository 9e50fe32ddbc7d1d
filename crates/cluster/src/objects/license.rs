//! The license of the platform.

use foreign_text::ForeignText;
use jiff::{SignedDuration, Timestamp};
use problems::LicenseState;
use serde::Serialize;

/// `effectivelicenses.deckhouse.io/v1alpha1`, the object `deckhouse-platform`: what the platform computes from all license
/// keys. Without its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct License {
    /// `status.compliance.state`; `Other("")` before it is computed.
    pub state: LicenseState,
    /// `status.compliance.reason`: what caused a state that is not Valid.
    pub reason: Option<String>,
    /// `status.compliance.since`.
    pub since: Option<Timestamp>,
    /// `status.key.name`: the `ClusterLicense` with the key.
    pub key: Option<String>,
    /// `status.key.validUntil`; `None` for a key that does not expire, and without one.
    pub valid_until: Option<Timestamp>,
    /// `status.key.graceDays`.
    pub grace_days: Option<u16>,
    /// `status.allocation.unlicensed.nodes`: nodes that are not covered.
    pub nodes_not_covered: u64,
    /// `status.overLimitSince`: when such nodes appeared.
    pub not_covered_since: Option<Timestamp>,
    /// Message of the condition `KeyRejected`, if a key or a record of it was rejected.
    pub rejected: Option<ForeignText>,
}

impl License {
    /// The end of the grace period.
    pub fn grace_until(&self) -> Option<Timestamp> {
        let days = SignedDuration::from_hours(24 * i64::from(self.grace_days?));
        self.valid_until?.checked_add(days).ok()
    }
}
