//! The rules of `update doctor`.

use serde::Serialize;

/// A rule of `update doctor`; serialized as its stable name for machines, such as `platform-image`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the facts of each say what it finds")]
pub enum Rule {
    AboveChannel,
    Alert,
    Approval,
    AwaitsPod,
    AwaitsRelease,
    BlockOnAlerts,
    ChannelBehind,
    ChannelReached,
    ChannelTag,
    ChannelUnset,
    CloudCondition,
    Delay,
    DeployedImageMissing,
    DeprecatedApis,
    DisruptionApproval,
    Gap,
    ModeUnset,
    ModuleApproval,
    ModuleConfig,
    ModuleError,
    ModuleImages,
    ModuleOverride,
    ModulePolicy,
    ModuleRequirement,
    ModuleSequence,
    ModuleSource,
    ModuleSuspended,
    MovingTag,
    NextImageMissing,
    NoPhase,
    NodeDisruption,
    NodeDrained,
    NodeGroupError,
    NodeNotReady,
    NoneDeployed,
    Notification,
    OtherImage,
    OtherReason,
    PlatformCrash,
    PlatformImage,
    PlatformNoPod,
    PlatformNotReady,
    PlatformUnscheduled,
    QueueFailures,
    RegistryAccess,
    RegistryGap,
    RegistryListing,
    RegistryLogin,
    RegistryProxy,
    RegistryTrust,
    ReleaseNotCreated,
    Requirement,
    Sequence,
    SkippedMinors,
    StaleAlerts,
    Suspended,
    /// Duplicate objects of a version.
    Twins,
    /// Several releases are Deployed.
    TwoDeployed,
    /// An update is in progress.
    UnderWay,
    /// The webhook that checks approvals is down.
    WebhookAway,
}
