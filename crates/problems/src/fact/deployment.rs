//! The platform's own Deployment.

use foreign_text::ForeignText;
use semver::Version;

/// What is so of the platform's Deployment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeploymentFact {
    /// Its image has the tag of another version.
    OtherVersion {
        /// The tag.
        tag: String,
        /// The version that is deployed, or being deployed.
        wanted: Version,
    },
    /// Its image has no tag, or one that is not the tag of a version and may be moved by each push.
    MovingTag {
        /// The image.
        image: String,
        /// Its tag, where it has one.
        tag: Option<String>,
    },
    /// Not all of its pods are new and ready.
    RollingOut {
        /// New pods that are ready.
        ready: i32,
        /// Pods that are wanted.
        wanted: i32,
    },
    /// Kubernetes has not acted on its last change.
    ChangeNotObserved,
    /// Annotation `core.deckhouse.io/version`, which the running controller writes, has another version.
    VersionAnnotation {
        /// The annotation.
        written: String,
        /// The version that is deployed, or being deployed.
        wanted: Version,
    },
    /// It is scaled to 0 replicas.
    ScaledToZero,
    /// Its pod cannot be created.
    PodRejected {
        /// The reason by the condition `ReplicaFailure`.
        reason: ForeignText,
    },
    /// It has no pod, and no condition gives a reason.
    NoPod,
    /// The image that it runs is missing in the registry.
    ImageMissing {
        /// The image.
        image: String,
    },
    /// The webhook that its pod serves is not available.
    WebhookDown,
}
