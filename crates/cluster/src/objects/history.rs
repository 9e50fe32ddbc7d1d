//! What shows which versions of the platform ran before.

use jiff::Timestamp;
use semver::Version;

/// A `ReplicaSet` of the platform's Deployment, which keeps the newest ones of those that it does not need any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlatformReplicaSet {
    /// The version of its image; `None` if the image is not named by a version.
    pub version: Option<Version>,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
}

/// An event `ReleaseUpdateInitiated`: the controller has begun to deploy a release. The API server keeps events for an hour,
/// unless it is configured otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseStart {
    /// Name of the release object.
    pub release: String,
    /// When it happened for the first time.
    pub at: Option<Timestamp>,
}
