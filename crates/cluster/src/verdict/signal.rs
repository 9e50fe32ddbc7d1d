//! What of the platform's own Deployment, pods and queues is not as it is after an update.

use commands::Sentence;
use deckhouse::version::parse_tag;
use semver::Version;

use super::{Stage, Waiting, calm::Calm};
use crate::{
    ClusterState,
    objects::{DeckhouseDeployment, DeckhousePod, Phase},
};

/// Something that is not as it is after an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signal {
    /// An update that is past this stage shows no such signal.
    pub(super) level: Stage,
    pub(super) waiting: Waiting,
    /// How far it is, in any form: as long as this changes, it moves.
    pub(super) measure: String,
}

impl Signal {
    pub(super) fn new(
        level: Stage,
        code: &'static str,
        object: impl Into<String>,
        text: impl Into<Sentence>,
    ) -> Self {
        Self { level, waiting: Waiting::new(code, object, text), measure: String::new() }
    }

    pub(super) fn measured(mut self, measure: impl Into<String>) -> Self {
        self.measure = measure.into();
        self
    }
}

/// The signals of the platform itself, on its way to `release`.
pub(super) fn of_platform(state: &ClusterState, release: &Version, calm: &Calm) -> Vec<Signal> {
    let mut signals = bookkeeping(state, release);
    if let Some(deployment) = state.deployment.known() {
        signals.extend(image(deployment, release));
        if let Some(pods) = state.pods.known() {
            signals.extend(pod(deployment, pods));
        }
        signals.extend(rollout(deployment));
        signals.extend(annotation(deployment, release));
    }
    signals.extend(calm.signal(state.queue.known()));
    if let Some(converge) = state.converge.known() {
        if !converge.startup_done {
            signals.push(
                Signal::new(
                    Stage::Converging,
                    "converge",
                    "the platform",
                    "its first round over all modules goes on",
                )
                .measured(converge.in_progress.to_string()),
            );
        } else if converge.in_progress > 0 {
            let text = format!("a round over all modules goes on: {} left", tasks(converge.in_progress));
            signals.push(
                Signal::new(Stage::Converging, "converge", "the platform", text)
                    .measured(converge.in_progress.to_string()),
            );
        }
    }
    signals
}

/// Exactly one release is `Deployed`. None or two for a short while are normal: the controller writes the image and
/// the objects one after the other.
fn bookkeeping(state: &ClusterState, release: &Version) -> Vec<Signal> {
    let Some(releases) = state.releases.known() else { return Vec::new() };
    let deployed: Vec<_> = releases.iter().filter(|it| it.phase == Some(Phase::Deployed)).collect();
    let mut signals = Vec::new();
    if deployed.is_empty() {
        let text = "no release is Deployed; the controller writes it when it comes to it";
        signals.push(Signal::new(Stage::Propagating, "deployedReleases", "DeckhouseRelease", text));
    }
    for other in deployed.iter().filter(|it| it.version.as_ref() != Some(release)) {
        let text = format!("is Deployed beside v{release}; the controller makes it Superseded");
        signals.push(Signal::new(
            Stage::Propagating,
            "deployedReleases",
            format!("DeckhouseRelease/{}", other.name),
            text,
        ));
    }
    // The controller takes it back once the new pod is ready. "false" says nothing: it is also the value at first.
    let updating = |it: &&&crate::objects::Release| it.is_annotated("release.deckhouse.io/isUpdating");
    for release in deployed.iter().filter(updating) {
        let object = format!("DeckhouseRelease/{}", release.name);
        let text = "the controller still marks it as being updated to";
        signals.push(Signal::new(Stage::Propagating, "isUpdating", object, text));
    }
    signals
}

fn image(deployment: &DeckhouseDeployment, release: &Version) -> Option<Signal> {
    let tag = deployment.tag();
    if tag.and_then(parse_tag).as_ref() == Some(release) {
        return None;
    }
    let text = match tag {
        Some(tag) if parse_tag(tag).is_some() => format!("its image has the tag {tag}, not v{release}"),
        Some(tag) => format!("its image has the moving tag {tag}, not v{release}"),
        None => format!("its image {:?} has no tag; v{release} is wanted", deployment.image),
    };
    Some(
        Signal::new(Stage::Switching, "image", "Deployment/deckhouse", text)
            .measured(deployment.image.clone()),
    )
}

/// The pod that runs the Deployment's image, and is the leader.
fn pod(deployment: &DeckhouseDeployment, pods: &[DeckhousePod]) -> Option<Signal> {
    let current: Vec<_> =
        pods.iter().filter(|pod| !pod.terminating && runs(pod, &deployment.image)).cloned().collect();
    let switching = |object: String, text: String| Some(Signal::new(Stage::Switching, "pod", object, text));
    let Some(first) = current.first() else {
        let text = if pods.is_empty() {
            "there is none: the Deployment takes the old one away before it makes a new one"
        } else {
            "the new one is not there yet, an old one is"
        };
        return switching("Pod/deckhouse".to_owned(), text.to_owned());
    };
    if current.iter().all(|pod| pod.phase != "Running") {
        let object = format!("Pod/{}", first.name);
        let reason = first.containers.iter().find_map(|it| it.waiting_reason.as_deref());
        let text = format!("is {}", [first.phase.as_str(), reason.unwrap_or_default()].join(" ").trim_end());
        return switching(object, text);
    }
    let leader = DeckhousePod::leader(&current);
    match leader {
        None => {
            let text = "none of the new ones is the leader yet";
            Some(Signal::new(Stage::Converging, "pod", "Pod/deckhouse", text))
        }
        Some(leader) if !leader.ready => {
            let object = format!("Pod/{}", leader.name);
            let text = "runs and is not ready: its first round over all modules takes minutes";
            Some(Signal::new(Stage::Converging, "pod", object, text))
        }
        Some(_) => None,
    }
}

pub(super) fn runs(pod: &DeckhousePod, image: &str) -> bool {
    pod.containers.iter().any(|it| it.name == "deckhouse" && it.image == image)
}

fn rollout(deployment: &DeckhouseDeployment) -> Option<Signal> {
    if deployment.is_rolled_out() {
        return None;
    }
    let text = if deployment.generation == deployment.observed_generation {
        format!(
            "{} of {} pods are of the new kind and ready",
            deployment.updated.min(deployment.ready),
            deployment.replicas
        )
    } else {
        "its last change is not taken up yet".to_owned()
    };
    let measure = format!("{}/{}", deployment.updated, deployment.ready);
    Some(Signal::new(Stage::Converging, "rollout", "Deployment/deckhouse", text).measured(measure))
}

/// Rendered by the running controller itself, so it proves that the new one came up. Left out where there is none.
fn annotation(deployment: &DeckhouseDeployment, release: &Version) -> Option<Signal> {
    let written = deployment.version_annotation.as_deref()?;
    if parse_tag(written).as_ref() == Some(release) {
        return None;
    }
    let text =
        format!("annotation core.deckhouse.io/version is {written}: v{release} has not rendered it yet");
    Some(Signal::new(Stage::Converging, "versionAnnotation", "Deployment/deckhouse", text))
}

/// A count with its noun.
pub(super) fn tasks(count: u64) -> String {
    format!("{count} task{}", if count == 1 { "" } else { "s" })
}
