//! What a verdict says.

use jiff::Timestamp;
use problems::Problem;
use semver::Version;
use serde::Serialize;

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The release waits, or is missing.
    NotStarted,
    /// It is `Deployed`; the pod of the new version does not run yet.
    Switching,
    /// The new pod runs and applies all modules for the first time.
    Converging,
    /// The platform's pod is ready. Modules, nodes or alerts are not healthy yet, or everything is healthy and not yet
    /// for long enough.
    Propagating,
    /// Everything was healthy for the whole settle time.
    Done,
}

/// What is said about an update: its stage, or that it is in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Call {
    /// Like [`Stage::NotStarted`].
    NotStarted,
    /// Like [`Stage::Switching`].
    Switching,
    /// Like [`Stage::Converging`].
    Converging,
    /// Like [`Stage::Propagating`].
    Propagating,
    /// Like [`Stage::Done`].
    Done,
    /// Its stage has made no progress for too long: it is stuck.
    Stalled,
    /// Something is wrong that rarely recovers alone. Withdrawn if it does recover.
    Failed,
}

/// What an observation of a cluster means for an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The verdict in a word.
    pub call: Call,
    /// How far the update is, whether in trouble or not.
    pub stage: Stage,
    /// The release that is being deployed, or is deployed.
    pub release: Option<Version>,
    /// The release that is waited for, where that is not simply the deployed one.
    pub target: Option<Version>,
    /// When this call, stage and release began, as far as this machine has seen it. Never decreases.
    pub since: Timestamp,
    /// Since when everything has been healthy.
    pub healthy_since: Option<Timestamp>,
    /// When the update counts as done if everything stays healthy.
    pub done_at: Option<Timestamp>,
    /// What is missing for the next stage; empty only when done.
    pub waiting_for: Vec<Problem>,
    /// Sources that are not known, and why.
    pub unknown: Vec<UnknownSource>,
    /// Why it is stalled or failed, and what to do.
    pub problem: Option<Problem>,
    /// The problem has lasted longer than [`Settings::problem_limit`](super::Settings): the wait ends.
    pub gives_up: bool,
}

/// A source that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownSource {
    /// The source.
    pub source: Source,
    /// In which way it is not known.
    pub reading: Unread,
    /// Why.
    pub why: String,
}

/// What a verdict is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Releases of the platform.
    Releases,
    /// The platform's Deployment.
    Deployment,
    /// The platform's pods.
    Pods,
    /// The controller's queues.
    Queue,
    /// How far the controller is with its modules.
    Converge,
    /// Alerts.
    Alerts,
    /// Modules.
    Modules,
    /// Applications, which are instances of packages.
    Applications,
    /// The same outside namespaces.
    ClusterApplications,
    /// Node groups.
    NodeGroups,
    /// Nodes.
    Nodes,
}

/// In which way a source is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unread {
    /// This cluster does not have it, and the verdict does not need it.
    Absent,
    /// It cannot be read, and the update cannot count as done.
    Unreadable,
    /// It cannot be read currently; that passes.
    NotNow,
}

impl From<Stage> for Call {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::NotStarted => Self::NotStarted,
            Stage::Switching => Self::Switching,
            Stage::Converging => Self::Converging,
            Stage::Propagating => Self::Propagating,
            Stage::Done => Self::Done,
        }
    }
}
