//! The platform's settings.

use foreign_text::ForeignText;
use semver::Version;

/// What is so of the platform's settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SettingsFact {
    /// No release channel is set, so the controller looks at no release.
    ChannelUnset {
        /// The channel that was set before an interrupted `update prepare`.
        interrupted: Option<String>,
    },
    /// `update.mode` is unset, and the running version takes that for Auto.
    ModeUnset,
    /// These minor versions wait, and the mode deploys all of them without an approval.
    MinorsAtOnce {
        /// The releases, ascending.
        versions: Vec<Version>,
        /// Whether the mode is not set.
        unset: bool,
    },
    /// The platform reports something about the settings of a module.
    Message {
        /// The message.
        message: ForeignText,
        /// Whether the settings are invalid.
        invalid: bool,
    },
    /// The cloud provider's module reports an unmet condition.
    CloudCondition {
        /// The name of the condition.
        name: ForeignText,
        /// The message.
        message: ForeignText,
    },
    /// Clients use APIs that a later Kubernetes version removes.
    DeprecatedApis {
        /// The APIs, sorted.
        uses: Vec<ApiUse>,
    },
}

/// An API that is in use and will be removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiUse {
    /// The resource, such as `cronjobs`.
    pub resource: ForeignText,
    /// `GROUP/VERSION`, or `VERSION` in the core group.
    pub group_version: ForeignText,
    /// The Kubernetes version that removes it.
    pub removed_in: ForeignText,
}
