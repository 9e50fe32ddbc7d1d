//! What a verdict says.

use commands::{ClusterFlags, Sentence};
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The release waits, or is not there.
    NotStarted,
    /// It is `Deployed`; the pod of the new version does not run yet.
    Switching,
    /// The new pod runs, and is busy with its first round over all modules.
    Converging,
    /// The platform's pod is ready; modules, nodes and alerts are not settled yet, or all is quiet and not yet for
    /// long enough.
    Propagating,
    /// All was quiet for the whole time that was asked for.
    Done,
}

/// What is said about an update: its stage, or that it is in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Call {
    /// As [`Stage::NotStarted`].
    NotStarted,
    /// As [`Stage::Switching`].
    Switching,
    /// As [`Stage::Converging`].
    Converging,
    /// As [`Stage::Propagating`].
    Propagating,
    /// As [`Stage::Done`].
    Done,
    /// Its stage goes on for too long without any progress.
    Stalled,
    /// Something is wrong that hardly heals by itself. Taken back when it does.
    Failed,
}

/// What one look at a cluster means for an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The verdict in a word.
    #[serde(rename = "verdict")]
    pub call: Call,
    /// How far it is, whether in trouble or not.
    pub stage: Stage,
    /// The release that is being deployed, or is deployed.
    pub release: Option<Version>,
    /// The release that is waited for, where that is not simply the deployed one.
    pub target: Option<Version>,
    /// When this call, stage and release began, as far as this machine has seen it. Never goes back.
    pub since: Timestamp,
    /// Since when everything has been quiet.
    pub quiet_since: Option<Timestamp>,
    /// When "done" will be said if nothing stirs any more.
    pub done_at: Option<Timestamp>,
    /// What is missing for the next stage; empty only when done.
    pub waiting_for: Vec<Waiting>,
    /// Sources that say nothing, and why.
    pub unknown: Vec<Unknown>,
    /// Why it is stalled or failed, and what to do.
    pub diagnosis: Option<Diagnosis>,
    /// The trouble has lasted longer than [`Settings::patience`](super::Settings): nobody should wait any longer.
    pub hopeless: bool,
}

/// One thing that an update waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// What kind of thing, as a stable word for machines.
    pub code: &'static str,
    /// The object, as `NodeGroup/worker`.
    pub object: String,
    /// Why, in plain words.
    pub text: Sentence,
}

/// A source that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// The source, as `alerts`.
    pub source: &'static str,
    /// `absent`: this cluster does not have it, and the verdict does without. `unreadable`: keeps "done" away.
    /// `notNow`: passes.
    pub reading: &'static str,
    /// Why.
    pub why: String,
}

/// Why an update is in trouble.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The kind of cause, as a stable word for machines.
    pub code: &'static str,
    /// The object that shows it, as `Pod/deckhouse-6d4f`.
    pub object: String,
    /// What is wrong, in plain words.
    pub text: Sentence,
    /// What to do about it.
    pub remedy: Sentence,
}

impl Verdict {
    /// The same, with commands that name the cluster so.
    #[must_use]
    pub fn addressed(mut self, flags: &ClusterFlags) -> Self {
        let address = |text: &mut Sentence| *text = std::mem::take(text).addressed(flags);
        self.waiting_for.iter_mut().for_each(|it| address(&mut it.text));
        if let Some(diagnosis) = &mut self.diagnosis {
            address(&mut diagnosis.text);
            address(&mut diagnosis.remedy);
        }
        self
    }
}

impl Stage {
    /// What it is called in texts.
    pub fn name(self) -> &'static str {
        Call::from(self).name()
    }
}

impl Call {
    /// What it is called in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::Switching => "switching",
            Self::Converging => "converging",
            Self::Propagating => "propagating",
            Self::Done => "done",
            Self::Stalled => "stalled",
            Self::Failed => "failed",
        }
    }
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

impl Waiting {
    pub(super) fn new(code: &'static str, object: impl Into<String>, text: impl Into<Sentence>) -> Self {
        Self { code, object: object.into(), text: text.into() }
    }
}
