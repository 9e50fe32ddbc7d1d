//! Packages: where they come from, and the applications that are instances of them.

use foreign_text::ForeignText;
use jiff::Timestamp;
use serde::Serialize;

/// An object `packagerepositories.deckhouse.io/v1alpha1`, without its login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageRepository {
    /// Name of the object. The platform itself creates `deckhouse` and `deckhouse-modules`.
    pub name: String,
    /// `spec.registry.repo`.
    pub repo: String,
    /// `spec.scanInterval` as it stands there; the default is 6 h.
    pub scan_interval: Option<String>,
    /// `status.phase`, as `Active`, `Error` or `Terminating`.
    pub phase: String,
    /// `status.message`.
    pub message: ForeignText,
    /// `status.lastScanTime`, or `status.syncTime` of older platforms.
    pub scanned: Option<Timestamp>,
    /// Condition `LastScanSucceeded`, or `LastOperationScanFinished` of older platforms; `None` without it.
    pub scan_succeeded: Option<bool>,
    /// Message of that condition.
    pub scan_message: ForeignText,
    /// `status.packagesCount`, or the length of `status.packages`.
    pub packages: u64,
}

/// An instance of a package: an object `applications.deckhouse.io/v1alpha1` or `clusterapplications.deckhouse.io/v1alpha1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Its namespace; `None` for a `ClusterApplication`.
    pub namespace: Option<String>,
    /// Name of the object.
    pub name: String,
    /// `spec.packageName`.
    pub package: String,
    /// `spec.packageRepositoryName`, or the older `spec.packageRepository`.
    pub repository: Option<String>,
    /// `status.currentVersion.version`, or what `spec` wants.
    pub version: Option<String>,
    /// `status.summary.state`, as `Ready` or `Updating`, or the older `status.status`; empty before the controller has
    /// processed it.
    pub state: String,
    /// Condition `Ready`; `None` without it.
    pub ready: Option<bool>,
    /// `status.summary.message`, or the message of the condition `Ready`.
    pub message: ForeignText,
}

impl Application {
    /// Whether nothing is to be waited for. One that no controller has processed does not say that it is not ready, like a
    /// module without conditions.
    pub fn is_settled(&self) -> bool {
        match self.state.as_str() {
            "Ready" | "Healthy" => true,
            "" => self.ready != Some(false),
            _ => false,
        }
    }

    /// Whether the controller is still working on it, as far as its state shows.
    pub fn is_in_progress(&self) -> bool {
        matches!(self.state.as_str(), "Pending" | "Downloading" | "Installing" | "Reconciling" | "Updating")
    }

    /// `NAMESPACE/NAME`, or `NAME`.
    pub fn path(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}
