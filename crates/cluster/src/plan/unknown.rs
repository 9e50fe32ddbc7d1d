//! What a plan could not look at.

use foreign_text::ForeignText;

/// A source that a plan could not look at, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanUnknown {
    /// The source.
    pub source: PlanSource,
    /// Why it is unknown; `None` if there is nothing more to say.
    pub why: Option<ForeignText>,
}

/// A source of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanSource {
    /// The deprecated APIs that clients of the API server use.
    DeprecatedApis,
    /// Helm releases.
    HelmReleases,
    /// Alerts.
    Alerts,
    /// The license of the platform.
    License,
    /// `ModuleConfig`s.
    ModuleConfigs,
    /// The release that the cluster's channel points to: the cluster follows no known channel.
    NoChannel,
    /// The release that this image of a channel points to.
    Channel {
        /// The image.
        image: String,
    },
    /// The list of tags of `release-channel`.
    Tags {
        /// The registry.
        registry: String,
    },
    /// Whether the registry has the edition that the cluster runs.
    Edition,
    /// Whether the bundle has the edition that the cluster runs.
    EditionOfBundle,
    /// An image of a release.
    Image {
        /// The image.
        image: String,
    },
}

impl PlanUnknown {
    pub(super) fn new(source: PlanSource, why: impl Into<ForeignText>) -> Self {
        Self { source, why: Some(why.into()) }
    }
}
