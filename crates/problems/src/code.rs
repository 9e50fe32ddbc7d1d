//! Stable words for programs.

use serde::Serialize;

use crate::Rule;

/// The kind of a problem, as `update watch`, `update run`, `update status` and `update plan` name it in JSON. The rules of
/// `update doctor` have names of their own.
///
/// Programs compare these words: none is ever changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Code {
    /// An alert fires.
    Alert,
    /// An application is not ready.
    Application,
    /// An approval is waited for.
    Approval,
    /// An approval was given and is not there any more.
    ApprovalLost,
    /// No release channel is set.
    Channel,
    /// The controller applies its modules.
    Converge,
    /// A container ends again and again.
    CrashLoop,
    /// Not exactly one release is marked Deployed.
    DeployedReleases,
    /// A disruption must be approved.
    DisruptionApproval,
    /// No backup of etcd is young enough.
    EtcdBackup,
    /// The Deployment has another image than that of the release.
    Image,
    /// An image cannot be pulled.
    ImagePull,
    /// A release is still marked as being updated to.
    IsUpdating,
    /// The license of the platform is not valid, or will not be.
    License,
    /// The update mode is unset, and deploys more than the documentation says.
    Mode,
    /// A module is not ready.
    Module,
    /// The Deployment has an image without the tag of a version.
    MovingTag,
    /// Nothing has changed for too long.
    NoProgress,
    /// The platform is not in this cluster.
    NoPlatform,
    /// A node is being updated.
    Node,
    /// A node group is being updated.
    NodeGroup,
    /// A release cannot be the next one.
    NotItsTurn,
    /// Something cannot be read or done now, which passes.
    NotNow,
    /// The notification webhook fails.
    Notification,
    /// When the command gives up.
    Patience,
    /// The platform's pod is not ready.
    Pod,
    /// The queues have tasks.
    Queue,
    /// The first task of a queue fails.
    QueueFails,
    /// The registry's mode is being switched.
    RegistrySwitch,
    /// A release waits, or is missing.
    Release,
    /// A release that was there is not there any more.
    ReleaseVanished,
    /// The requirements of a release are not met.
    Requirement,
    /// The Deployment is rolling out.
    Rollout,
    /// Everything is healthy, and must stay so for the settle time.
    Settle,
    /// The controller gives no reason.
    Silent,
    /// A release will not be deployed any more.
    Skipped,
    /// A minor version never ran, or may never run.
    SkippedMinors,
    /// A release was withdrawn by its vendor.
    Suspended,
    /// A source cannot be read.
    Unreadable,
    /// The alert `DeckhouseUpdatingFailed` fires.
    UpdatingFailed,
    /// The annotation with the version is that of another one.
    VersionAnnotation,
    /// A rule of `update doctor`, by its own name.
    #[serde(untagged)]
    Rule(Rule),
}
