//! What the doctor looks at besides the state that every command reads.

use foreign_text::ForeignText;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::Reading;
pub use crate::{ChannelRelease, RegistryAnswer, ReleaseList};

/// Everything beyond [`ClusterState`](crate::ClusterState). `Details::default()` knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Containers of the platform's namespaces (`d8-*`, `kube-system`) whose image does not come, in pods that have not begun to
    /// run; those of the platform's own Deployment left out.
    pub pulls_of_pending_pods: Reading<Vec<FailedPull>>,
    /// The same in pods that run: of several containers one waits, or it was started again without its image.
    pub pulls_of_running_pods: Reading<Vec<FailedPull>>,
    /// The conditions of `Deployment/deckhouse`.
    pub conditions: Reading<Vec<DeploymentCondition>>,
    /// Warnings about the platform's pods.
    pub events: Reading<Vec<PodEvent>>,
    /// The last errors in the log of the platform's pod, the newest last.
    pub log: Reading<Vec<LogError>>,
    /// What the registry says to the cluster's own login.
    pub registry: RegistryCheck,
}

/// A container that waits for its image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedPull {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// The image as in the spec.
    pub image: String,
    /// `state.waiting.reason`.
    pub reason: String,
    /// `state.waiting.message`.
    pub message: ForeignText,
    /// `status.startTime` of the pod.
    pub started: Option<Timestamp>,
    /// The Secrets with which the node logs in for it.
    pub pull_secrets: Vec<String>,
}

/// A condition of the Deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentCondition {
    /// `Available`, `Progressing` or `ReplicaFailure`.
    pub kind: String,
    /// Whether its status is `True`.
    pub is_true: bool,
    /// Its message.
    pub message: ForeignText,
    /// `lastTransitionTime`.
    pub since: Option<Timestamp>,
}

/// A warning about a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodEvent {
    /// Name of the pod.
    pub pod: String,
    /// As `FailedScheduling`.
    pub reason: String,
    /// Its message.
    pub message: ForeignText,
    /// When it happened last.
    pub last: Option<Timestamp>,
}

/// A line of the platform's log with level `error`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogError {
    /// `time`.
    pub time: Option<Timestamp>,
    /// `msg`, and `error` where that says more.
    pub message: ForeignText,
}

/// What came of asking the cluster's registry from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome", content = "value")]
pub enum RegistryCheck {
    /// It was not asked, and why. A registry that only the cluster can reach is no finding.
    NotAsked(ForeignText),
    /// Its certificate is not trusted, by the CA that the cluster has for it or any other that is known here: why.
    Untrusted(ForeignText),
    /// It answers, and refuses the cluster's login: its words.
    Refused(ForeignText),
    /// It answered.
    Answered(RegistryAnswers),
}

impl Default for RegistryCheck {
    fn default() -> Self {
        Self::NotAsked("not asked".into())
    }
}

/// What the registry answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryAnswers {
    /// What the tag of the cluster's release channel leads to.
    pub channel: RegistryAnswer<ChannelRelease>,
    /// The releases in `release-channel`.
    pub versions: RegistryAnswer<ReleaseList>,
    /// Whether these images are there, by the name that pods use.
    pub images: Vec<ImageAnswer>,
}

/// Whether one image is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageAnswer {
    /// `REPOSITORY:TAG` or `REPOSITORY@DIGEST`.
    pub image: String,
    /// Whether it is there.
    pub answer: RegistryAnswer<()>,
    /// Where it is not: whether its whole repository is missing.
    pub no_repository: bool,
}

impl Details {
    /// The releases that the registry returns by name but does not list. If there are any, it is a proxy cache.
    pub(super) fn unlisted_releases(&self) -> &[Version] {
        match &self.registry {
            RegistryCheck::Answered(answers) => answers.versions.found().map_or(&[], |it| &it.unlisted),
            RegistryCheck::NotAsked(_) | RegistryCheck::Untrusted(_) | RegistryCheck::Refused(_) => &[],
        }
    }

    /// The containers whose image does not come, as far as they are known.
    pub(super) fn failed_pulls(&self) -> impl Iterator<Item = &FailedPull> {
        [&self.pulls_of_pending_pods, &self.pulls_of_running_pods]
            .into_iter()
            .filter_map(Reading::known)
            .flatten()
    }
}

impl RegistryAnswers {
    /// Whether not even the repository of this image is there.
    pub fn lacks_repository(&self, image: &str) -> bool {
        self.images.iter().any(|it| it.image == image && it.no_repository)
    }

    /// What was answered about this image.
    pub fn image(&self, image: &str) -> Option<&RegistryAnswer<()>> {
        self.images.iter().find(|it| it.image == image).map(|it| &it.answer)
    }
}
