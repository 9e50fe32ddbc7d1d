//! Modules: what is installed, which releases wait, and where they come from.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::Phase;

/// An object `modules.deckhouse.io/v1alpha1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// Name of the module.
    pub name: String,
    /// `properties.version`.
    pub version: Option<String>,
    /// `properties.source`.
    pub source: Option<String>,
    /// `properties.requirements.deckhouse`: a constraint on the platform's version.
    pub requires_deckhouse: Option<String>,
    /// `properties.requirements.kubernetes`: a constraint on the version of Kubernetes.
    pub requires_kubernetes: Option<String>,
    /// `status.phase`, as `Ready` or `Reconciling`.
    pub phase: String,
    /// Condition `EnabledByModuleManager`; `None` where there is no such condition.
    pub enabled: Option<bool>,
    /// Condition `IsReady`; `None` where there is no such condition.
    pub ready: Option<bool>,
    /// Message of the condition `IsReady`.
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

impl Module {
    /// Whether it is part of the platform and has no releases of its own.
    pub fn is_embedded(&self) -> bool {
        self.source.as_deref() == Some("Embedded")
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
