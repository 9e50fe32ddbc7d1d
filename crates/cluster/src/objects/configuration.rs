//! Smaller sources that requirements are checked against.

use foreign_text::ForeignText;
use serde::Serialize;

/// What of `ClusterConfiguration` concerns updates: Secret `kube-system/d8-cluster-configuration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterConfiguration {
    /// `kubernetesVersion`: `1.31` or `Automatic`.
    pub kubernetes_version: Option<String>,
    /// `defaultCRI`.
    pub default_cri: Option<String>,
    /// `proxy` is set; its `noProxy`.
    pub no_proxy: Option<Vec<String>>,
    /// Key `maxUsedControlPlaneKubernetesVersion` of the Secret.
    pub max_used_kubernetes: Option<String>,
    /// Key `deckhouseDefaultKubernetesVersion` of the Secret.
    pub default_kubernetes: Option<String>,
}

/// An object `ingressnginxcontrollers.deckhouse.io/v1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressController {
    /// Name of the object.
    pub name: String,
    /// `spec.controllerVersion`; `None` means the default of the module.
    pub version: Option<String>,
    /// `spec.ingressClass`.
    pub class: Option<String>,
}

/// A condition of `kube-system/d8-cloud-provider-conditions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudCondition {
    /// Name of the condition.
    pub name: String,
    /// What is wrong.
    pub message: ForeignText,
    /// Whether it is met.
    pub ok: bool,
}

/// A series of the API server's metric `apiserver_requested_deprecated_apis`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeprecatedApiUse {
    /// API group; empty for the core group.
    pub group: String,
    /// Version in the group.
    pub version: String,
    /// Plural name of the resource.
    pub resource: String,
    /// The minor of Kubernetes that no longer has it, as `1.32`.
    pub removed_in: String,
}

/// The webhook that checks approvals of releases, as its configuration declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseWebhook {
    /// Name of the webhook.
    pub name: String,
    /// Whether a dry run may call it (`sideEffects` is `None` or `NoneOnDryRun`).
    pub allows_dry_run: bool,
}
