//! Modules: what is installed, which releases wait, and where they come from.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::Phase;

/// The source of a module that is part of the platform's image.
pub const EMBEDDED: &str = "Embedded";

/// An object `modules.deckhouse.io`, of either form (deckhouse#22732): the older one has `properties`; the newer one is an
/// instance of a package and has `spec` instead, and its conditions have other names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// Name of the module.
    pub name: String,
    /// `properties.version`; in the newer form `status.currentVersion.version` or `spec.packageVersion`.
    pub version: Option<String>,
    /// `properties.source`; in the newer form `spec.packageRepositoryName`. [`EMBEDDED`] for a module of the platform's image.
    pub source: Option<String>,
    /// Whether it has no `properties`, and so no requirements: what it requires is not known from it.
    pub without_properties: bool,
    /// `properties.requirements.deckhouse`: a constraint on the platform's version.
    pub requires_deckhouse: Option<String>,
    /// `properties.requirements.kubernetes`: a constraint on the version of Kubernetes.
    pub requires_kubernetes: Option<String>,
    /// `status.phase`, as `Ready` or `Reconciling`; in the newer form `status.summary.state`, as `Ready` or `Updating`, or
    /// the reason of the condition `Ready`.
    pub phase: String,
    /// Condition `EnabledByModuleManager` or `Enabled`, or `spec.enabled`; `None` if it has none of them.
    pub enabled: Option<bool>,
    /// Condition `IsReady` or `Ready`; `None` where there is no such condition.
    pub ready: Option<bool>,
    /// Message of that condition, or `status.summary.message`.
    pub message: ForeignText,
}

/// An object `modulereleases.deckhouse.io/v1alpha1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleRelease {
    /// Name of the object: `NAME-vX.Y.Z`.
    pub name: String,
    /// `spec.moduleName`.
    pub module: String,
    /// `spec.version` as it stands there.
    pub version_text: String,
    /// `spec.version`, if it is a version.
    pub version: Option<Version>,
    /// All annotations. An approval is `modules.deckhouse.io/approved`, there is no field for it.
    pub annotations: BTreeMap<String, String>,
    /// Label `modules.deckhouse.io/update-policy`.
    pub update_policy: Option<String>,
    /// `spec.applyAfter`.
    pub apply_after: Option<Timestamp>,
    /// `spec.requirements`, flat: `deckhouse`, `kubernetes`, and `modules.NAME`.
    pub requirements: BTreeMap<String, String>,
    /// `spec.update.versions`: from which versions it may follow directly, and up to which.
    pub update_from_to: Vec<(String, String)>,
    /// `status.phase`.
    pub phase: Option<Phase>,
    /// `status.message`.
    pub message: ForeignText,
    /// Name of the last migration in `status.migrations`, if it failed.
    pub failed_migration: Option<String>,
    /// `status.transitionTime`.
    pub transition_time: Option<Timestamp>,
    /// `metadata.resourceVersion`: an approval says which state it was decided on.
    #[serde(skip)]
    pub resource_version: Option<String>,
}

/// An object `modulesources.deckhouse.io/v1alpha1`, without its login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleSource {
    /// Name of the object. The one named `deckhouse` is made by the platform itself.
    pub name: String,
    /// `spec.registry.repo`.
    pub repo: String,
    /// `status.syncTime`.
    pub sync_time: Option<Timestamp>,
    /// `status.message`.
    pub message: ForeignText,
    /// `status.modules`.
    pub modules: Vec<OfferedModule>,
}

/// A module in a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferedModule {
    /// Name of the module.
    pub name: String,
    /// Its version on the channel.
    pub version: Option<String>,
    /// `error` or `pullError`, whichever is there; both, joined with `; `.
    pub error: Option<ForeignText>,
}

/// An object `moduleupdatepolicies.deckhouse.io`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleUpdatePolicy {
    /// Name of the object.
    pub name: String,
    /// `spec.update.mode`.
    pub mode: Option<super::UpdateMode>,
    /// `spec.releaseChannel`.
    pub release_channel: Option<String>,
}

/// An object `modulepulloverrides.deckhouse.io`: it keeps releases of its module from being looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModulePullOverride {
    /// Name of the object, which is the name of the module.
    pub name: String,
    /// `spec.imageTag`.
    pub image_tag: String,
}

/// Phases of the older form and states of the newer one in which a module has failed. Then reasons of the condition `Ready`:
/// the older version of the API does not show the state.
const FAILED: [&str; 13] = [
    "Error",
    "DownloadingError",
    "Conflict",
    "Failed",
    "Degraded",
    "DownloadFailed",
    "EnabledScriptError",
    "HookFailed",
    "HookInitializationFailed",
    "LoadFromFilesystemFailed",
    "ManifestsApplyFailed",
    "SettingsInvalid",
    "VersionLookupFailed",
];

impl Module {
    /// Whether it is installed, or that cannot be told. In the newer form, one that a source only offers has a repository and
    /// no version.
    pub fn may_be_installed(&self) -> bool {
        self.enabled == Some(true) || self.version.is_some() || self.source.is_none()
    }

    /// Whether its phase is one of a failure.
    pub fn has_failed(&self) -> bool {
        FAILED.contains(&self.phase.as_str())
    }

    /// Whether it is part of the platform and has no releases of its own.
    pub fn is_embedded(&self) -> bool {
        self.source.as_deref() == Some(EMBEDDED)
    }
}

impl ModuleRelease {
    /// Whether an annotation has the value `"true"`.
    pub fn is_annotated(&self, key: &str) -> bool {
        self.annotations.get(key).is_some_and(|value| value == "true")
    }

    /// Whether it is approved.
    pub fn is_approved(&self) -> bool {
        self.is_annotated("modules.deckhouse.io/approved")
    }
}
