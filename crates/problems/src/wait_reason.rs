//! Why a release waits, as the controllers write it.

use serde::Serialize;

/// One reason why a release waits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase", tag = "reason")]
pub enum WaitReason {
    /// It must be approved. This hides all other delays.
    Approval,
    /// Outside of the update windows.
    #[serde(rename_all = "camelCase")]
    Window {
        /// When the next one opens, as the controller writes it.
        until: Option<String>,
    },
    /// It waited for an update window, and one is open now.
    #[serde(rename_all = "camelCase")]
    WindowOpen {
        /// When it closes.
        until: String,
    },
    /// `spec.applyAfter`, or its wave of a gradual rollout, is not there yet.
    #[serde(rename_all = "camelCase")]
    Postponed {
        /// Until when.
        until: Option<String>,
    },
    /// Notified, and `minimalNotificationTime` is not over.
    #[serde(rename_all = "camelCase")]
    Notification {
        /// Until when.
        until: Option<String>,
    },
    /// The webhook that is to be notified does not answer: the update waits until it does.
    #[serde(rename_all = "camelCase")]
    NotificationFailed {
        /// What the controller says.
        why: String,
    },
    /// After another update, on old versions.
    #[serde(rename_all = "camelCase")]
    Cooldown {
        /// Until when.
        until: Option<String>,
    },
    /// A requirement is not met.
    #[serde(rename_all = "camelCase")]
    Requirement {
        /// Its key, where the controller names one.
        key: Option<String>,
        /// What the controller says.
        why: String,
        /// Whether it is the cluster that does not meet it.
        #[serde(skip)]
        cause: RequirementCause,
    },
    /// An enabled module does not work with the platform's version of the release, or with the version of Kubernetes that
    /// it installs.
    #[serde(rename_all = "camelCase")]
    ModuleConstraint {
        /// The module.
        module: String,
        /// What the controller says.
        why: String,
    },
    /// A requirement that the running version does not know: a version was left out, or it is another edition.
    #[serde(rename_all = "camelCase")]
    UnknownRequirement {
        /// Its key.
        key: String,
    },
    /// Its disruption must be approved.
    Disruption,
    /// What it needed was approved since the controller wrote its message.
    #[serde(rename_all = "camelCase")]
    NotTakenUp {
        /// Whether that was its disruption.
        disruption: bool,
    },
    /// An earlier release comes first.
    #[serde(rename_all = "camelCase")]
    Previous {
        /// That release.
        release: String,
    },
    /// The platform's pod is not ready: the previous update is not finished.
    PodNotReady,
    /// Minor versions between are missing.
    Gap,
    /// It is of another major version.
    Major,
    /// Withdrawn by the vendor.
    Suspended,
    /// Checks that come with a module's release have failed. The controller repeats them.
    #[serde(rename_all = "camelCase")]
    ValidationsFailed {
        /// What the controller says.
        why: String,
    },
    /// A migration that comes with a module's release has failed. The controller repeats it.
    #[serde(rename_all = "camelCase")]
    MigrationsFailed {
        /// What the controller says.
        why: String,
    },
    /// A module's release without an update policy, on old versions.
    NoPolicy,
    /// Anything else.
    #[serde(rename_all = "camelCase")]
    Other {
        /// The message.
        message: String,
    },
}

/// Why a requirement is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequirementCause {
    /// The cluster does not meet it.
    Unmet,
    /// The kernel of a node is too old.
    Kernel,
    /// The controller does not know the cluster's value yet. It collects the values after each start.
    ValueNotKnown,
}

impl WaitReason {
    /// Whether an update window is what it waits for.
    pub fn is_window(&self) -> bool {
        matches!(self, Self::Window { .. } | Self::WindowOpen { .. })
    }

    /// Whether the release has a requirement that is not met, or that the running version does not know.
    pub fn is_requirement(&self) -> bool {
        matches!(
            self,
            Self::Requirement { .. } | Self::UnknownRequirement { .. } | Self::ModuleConstraint { .. }
        )
    }

    /// Whether it passes when the controller has collected the cluster's values.
    pub fn is_value_not_known(&self) -> bool {
        matches!(self, Self::Requirement { cause: RequirementCause::ValueNotKnown, .. })
    }
}
