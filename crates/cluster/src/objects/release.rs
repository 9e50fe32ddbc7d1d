//! `DeckhouseRelease`: one release of the platform that a cluster knows of.

use std::collections::BTreeMap;

use deckhouse::version::minor_of;
use foreign_text::ForeignText;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

/// An object `deckhousereleases.deckhouse.io/v1alpha1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Name of the object: `vX.Y.Z`; with dashes where an old controller made it.
    pub name: String,
    /// `spec.version` as it stands there.
    pub version_text: String,
    /// `spec.version`, if it is a version.
    pub version: Option<Version>,
    /// Top-level `approved`.
    pub approved_field: bool,
    /// All annotations.
    pub annotations: BTreeMap<String, String>,
    /// `spec.applyAfter`.
    pub apply_after: Option<Timestamp>,
    /// `spec.requirements`.
    pub requirements: BTreeMap<String, String>,
    /// `spec.disruptions`.
    pub disruptions: Vec<ForeignText>,
    /// `status.phase`; `None` where the controller has not seen the object, or the channel is unset.
    pub phase: Option<Phase>,
    /// `status.message`.
    pub message: ForeignText,
    /// `status.transitionTime`.
    pub transition_time: Option<Timestamp>,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// `metadata.resourceVersion`: a removal says which state it was decided on.
    pub resource_version: Option<String>,
}

/// `status.phase` of a `DeckhouseRelease` or a `ModuleRelease`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Phase {
    /// Waits; the message says what for.
    Pending,
    /// The image of the platform was switched to it: the start of an update, not its end.
    Deployed,
    /// Was deployed, and a later one is now.
    Superseded,
    /// Passed over.
    Skipped,
    /// Withdrawn by the vendor.
    Suspended,
    /// Any other.
    Other(String),
}

impl Phase {
    /// The phase of this name; an empty name is no phase.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" => return None,
            "Pending" => Self::Pending,
            "Deployed" => Self::Deployed,
            "Superseded" => Self::Superseded,
            "Skipped" => Self::Skipped,
            "Suspended" => Self::Suspended,
            other => Self::Other(other.to_owned()),
        })
    }

    /// Its name in the API.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "Pending",
            Self::Deployed => "Deployed",
            Self::Superseded => "Superseded",
            Self::Skipped => "Skipped",
            Self::Suspended => "Suspended",
            Self::Other(name) => name,
        }
    }
}

impl From<Phase> for String {
    fn from(phase: Phase) -> Self {
        phase.name().to_owned()
    }
}

impl Release {
    /// The annotation that lets a release interrupt what it has to, where `disruptionApprovalMode` is `Manual`. Only the
    /// value `"true"` counts (facts 1.4).
    pub const DISRUPTION_APPROVED: &str = "release.deckhouse.io/disruption-approved";

    /// Whether an annotation has the value `"true"`, the only one that the controllers look for.
    pub fn is_annotated(&self, key: &str) -> bool {
        self.annotations.get(key).is_some_and(|value| value == "true")
    }

    /// Whether it is approved, by the field or by the annotation; either is enough for the controllers.
    pub fn is_approved(&self) -> bool {
        self.approved_field || self.is_annotated("release.deckhouse.io/approved")
    }

    /// Whether its disruptions are approved.
    pub fn is_disruption_approved(&self) -> bool {
        self.is_annotated(Self::DISRUPTION_APPROVED)
    }

    /// Whether it is of the minor version of `other`: its patch, or itself.
    pub fn is_of_minor_of(&self, other: &Version) -> bool {
        self.version.as_ref().is_some_and(|version| minor_of(version) == minor_of(other))
    }

    /// Whether it waits or has not been looked at yet.
    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, None | Some(Phase::Pending))
    }

    /// Whether the object's name is not `spec.version`: a twin that an old controller named with dashes.
    pub fn is_misnamed(&self) -> bool {
        self.name != self.version_text
    }
}
