//! Releases of the platform.

use foreign_text::ForeignText;
use semver::Version;

use crate::WaitReason;

/// What is so of a release of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReleaseFact {
    /// No release is marked Deployed.
    NoneDeployed,
    /// No release is marked Deployed, and the image of the Deployment does not name a version either.
    NoVersion,
    /// It is still marked Deployed although a later one is deployed; the controller corrects it.
    StillDeployed {
        /// The later one.
        current: Version,
    },
    /// The controller still marks it as being updated to (`isUpdating`).
    StillUpdating,
    /// Two releases are marked Deployed.
    TwoDeployed {
        /// The lower one, which the controllers count as deployed.
        lower: String,
        /// The other one.
        other: String,
    },
    /// The cluster does not have it.
    NotInCluster,
    /// It waits, for these reasons.
    Waits(Vec<WaitReason>),
    /// The controller has not looked at it yet.
    NotSeen,
    /// It was in the cluster and is not any more.
    Disappeared,
    /// The vendor has withdrawn it.
    Withdrawn,
    /// It will not be deployed: a later one was, or will be.
    PassedOver {
        /// Its phase.
        phase: String,
    },
    /// It is the one that is deployed.
    IsDeployed,
    /// It is below the deployed one.
    Below {
        /// The deployed one.
        deployed: Version,
    },
    /// It has a different major version from the deployed one.
    OtherMajor {
        /// The deployed one.
        deployed: Version,
    },
    /// Minor versions between the deployed one and this one are missing.
    MissingMinors {
        /// The deployed one.
        deployed: Version,
        /// The first and the last missing minor of that major version.
        minors: (u64, u64),
    },
    /// Minor versions between another release of the plan and this one are missing.
    MissingBetween {
        /// The other release, which is not deployed yet.
        before: Version,
        /// The first and the last missing minor of that major version.
        minors: (u64, u64),
    },
    /// It is approved although an earlier minor version still waits.
    ApprovedAhead {
        /// The release that is next.
        first: Version,
    },
    /// It was deployed, and these releases before it never ran.
    SkippedMinors(Vec<Version>),
    /// It is deployed, and nothing shows whether these releases before it ran.
    RanNotKnown(Vec<Version>),
    /// A higher patch of its minor version waits, and is deployed instead.
    HigherPatch(Version),
    /// An earlier release waits and comes first.
    Earlier(Version),
    /// There is a second object of a version, because of which the controller may skip both or hang.
    Duplicate {
        /// The name of the second object.
        name: String,
        /// Its version.
        version: String,
    },
    /// Its requirements are not met.
    Unmet(Vec<WaitReason>),
    /// The same of a release that is approved already.
    ApprovedButUnmet(Vec<WaitReason>),
    /// The controller does not know the values yet that its requirements are checked against.
    RequirementsNotKnown(Vec<WaitReason>),
    /// Its disruptions must be approved.
    NeedsDisruptionApproval {
        /// What it interrupts, as the release names it.
        disruptions: Vec<ForeignText>,
    },
    /// It waits for an approval although the update mode needs none.
    NeedsApprovalAnyway,
    /// It is about to be approved.
    ToBeApproved,
    /// The webhook that is to be notified of it fails.
    NotificationFailed {
        /// What the controller says.
        why: ForeignText,
    },
    /// It was approved, or needed no approval, and now needs one.
    ApprovalLost,
    /// It is approved or needs no approval, and the controller gives no reason why it waits.
    Silent {
        /// Whether it is approved.
        approved: bool,
    },
    /// It was changed while it was being approved.
    ChangedMeanwhile,
    /// It cannot be read or approved now, for this reason; that passes.
    NotNow(ForeignText),
    /// No release is marked Deployed any more: a change of phases was interrupted.
    DeployedLost {
        /// The tag of the image of the Deployment.
        image_tag: Option<String>,
    },
    /// It is marked Deployed, and the Deployment runs another version.
    OtherImage {
        /// The tag that runs.
        image_tag: String,
    },
    /// It is a second object of a version.
    IsDuplicate {
        /// The name of the other object.
        of: String,
        /// The version of both, `vX.Y.Z`.
        version: String,
        /// Whether one of them is Deployed.
        deployed: bool,
    },
    /// It has no phase although the controller runs: it may have been created while no release channel was set.
    NoPhase {
        /// The names of all such releases.
        names: Vec<String>,
    },
    /// It has no phase although it was touched so that the controller processes it.
    StillNoPhase {
        /// The names of all such releases.
        names: Vec<String>,
    },
    /// It was skipped together with the other objects of its version, so its minor version is never deployed.
    SkippedTogether {
        /// The names of all objects of the version.
        names: Vec<String>,
    },
    /// It has no message, and a notification webhook is configured: while the controller waits for that, it writes none.
    NotificationMayFail {
        /// Whether an alert says that the notification was not sent.
        alert: bool,
    },
    /// Nodes do not meet a requirement.
    UnmetByNodes {
        /// The requirement, as the controller reports it.
        reason: WaitReason,
        /// The nodes.
        nodes: Vec<NodeValue>,
    },
    /// The vendor has withdrawn it, and another patch of its minor is waiting.
    WithdrawnAndReplaced,
    /// Its image is missing in the registry.
    ImageMissing {
        /// The image.
        image: String,
    },
    /// Releases are newer than what the release channel points to.
    AboveChannel {
        /// The names of all such releases.
        names: Vec<String>,
        /// The image of the channel.
        image: String,
        /// The release that the channel points to.
        channel: Version,
    },
    /// Only time delays it: windows, a gradual rollout, a notification time or a pause.
    Delayed {
        /// Why.
        reasons: Vec<WaitReason>,
        /// The update windows, such as `every day 08:00-10:00 UTC`.
        windows: Vec<String>,
    },
    /// Alerts hold it (`update.blockOnAlerts`).
    HeldByAlerts {
        /// The names of the alerts.
        alerts: Vec<ForeignText>,
        /// The lowest severity number that holds it.
        threshold: u64,
    },
    /// It is being deployed.
    InProgress {
        /// Whether the platform's pod is being replaced or runs all modules for the first time.
        restarting: bool,
    },
    /// The update to the previous release is not finished.
    PreviousUnfinished {
        /// The previous release.
        previous: String,
        /// What shows it.
        sign: Unfinished,
    },
    /// It is a pre-release, which the cluster refuses.
    PreRelease,
    /// The cluster does not meet requirements with these keys.
    UnmetKeys(Vec<String>),
}

/// A node and its value for a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeValue {
    /// The node.
    pub node: String,
    /// What it has, such as `v1.28.3`.
    pub value: ForeignText,
}

/// What shows that an update is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unfinished {
    /// The Deployment has the image of another version.
    Image(Version),
    /// The Deployment is rolling out.
    Rollout,
    /// The annotation `core.deckhouse.io/version` of the Deployment has another version.
    VersionAnnotation(Version),
    /// The platform's pod is not ready.
    Pod,
}
