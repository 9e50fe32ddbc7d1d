//! The platform's own Deployment and its pods.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

/// What matters of `deployments.apps d8-system/deckhouse`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeckhouseDeployment {
    /// Image of the container `deckhouse`.
    pub image: String,
    /// Annotation `core.deckhouse.io/version`: rendered by the running controller itself, so it proves that this
    /// version came up.
    pub version_annotation: Option<String>,
    /// Annotation `core.deckhouse.io/edition`.
    pub edition_annotation: Option<String>,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `status.updatedReplicas`.
    pub updated: i32,
    /// `status.readyReplicas`.
    pub ready: i32,
    /// `status.availableReplicas`.
    pub available: i32,
    /// `status.unavailableReplicas`.
    pub unavailable: i32,
}

/// A pod of the platform's controller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeckhousePod {
    /// Name of the pod, in `d8-system`.
    pub name: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// The node that it runs on.
    pub node: Option<String>,
    /// `status.podIP`.
    pub ip: Option<String>,
    /// `status.phase`.
    pub phase: String,
    /// Condition `Ready`.
    pub ready: bool,
    /// `status.startTime`.
    pub started: Option<Timestamp>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Init containers and containers, in this order.
    pub containers: Vec<ContainerState>,
}

/// State of one container of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerState {
    /// Name of the container.
    pub name: String,
    /// Its image as in the spec.
    pub image: String,
    /// Whether it passes its readiness probe.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: i32,
    /// `state.waiting.reason`, as `ImagePullBackOff` or `CrashLoopBackOff`.
    pub waiting_reason: Option<String>,
    /// `state.waiting.message`.
    pub waiting_message: Option<ForeignText>,
    /// `lastState.terminated`: reason and exit code, in words.
    pub last_end: Option<ForeignText>,
}

/// An image without its tag and digest.
pub(crate) fn image_repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

/// The tag of an image, if it has one.
fn image_tag(image: &str) -> Option<&str> {
    let name = image.split('@').next().unwrap_or_default();
    let (_, tag) = name.rsplit_once(':')?;
    (!tag.contains('/')).then_some(tag)
}

/// The version that an image is of, if its tag is `vX.Y.Z`.
pub(crate) fn image_version(image: &str) -> Option<Version> {
    image_tag(image).and_then(deckhouse::version::parse_tag)
}

impl DeckhouseDeployment {
    /// The tag of the image, if it has one.
    pub fn tag(&self) -> Option<&str> {
        image_tag(&self.image)
    }

    /// Whether the image is that of one version for ever: its tag is `vX.Y.Z`. A moving tag, as `stable`, would
    /// let the controller restart into whatever is pushed there.
    pub fn has_fixed_tag(&self) -> bool {
        image_version(&self.image).is_some()
    }

    /// Whether every replica is of the newest generation and available.
    pub fn is_rolled_out(&self) -> bool {
        self.generation == self.observed_generation
            && self.unavailable == 0
            && [self.updated, self.ready, self.available].iter().all(|count| *count == self.replicas)
            && self.replicas > 0
    }
}

impl DeckhousePod {
    /// The leader among the pods as the controller itself chooses it: labelled `leader=true`, running, the
    /// newest by start. Old versions have a single pod without the label: then that one.
    pub fn leader(pods: &[Self]) -> Option<&Self> {
        let running = || pods.iter().filter(|pod| pod.phase == "Running" && !pod.terminating);
        running()
            .filter(|pod| pod.labels.get("leader").is_some_and(|value| value == "true"))
            .max_by_key(|pod| pod.started)
            .or_else(|| {
                let mut all = running();
                all.next().filter(|_| all.next().is_none())
            })
    }

    /// Its name, and how often its controller was started again: another incarnation has other queues.
    pub fn incarnation(&self) -> String {
        let controller = self.containers.iter().find(|it| it.name == "deckhouse");
        format!("{}#{}", self.name, controller.map_or(0, |it| it.restarts))
    }
}
