//! What goes wrong in an update and hardly heals by itself.

use std::time::Duration;

use commands::{Kubectl, Logs, Mirror, Pods, Sentence, Update};
use jiff::Timestamp;
use semver::Version;

use super::{Diagnosis, calm::Calm, clock, restarts::Restarts};
use crate::{
    ClusterState,
    objects::{ContainerState, DeckhousePod},
};

/// Reasons of a container that waits for its image in vain.
const IMAGE: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
];

/// A pod that fails goes round: it waits, tries again, fails again. For this long a new try does not count as healed,
/// also where it has failed for the first time.
const NEW_TRY: Duration = Duration::from_secs(30);

/// What the platform's pods, queues and alerts show that hardly heals by itself.
pub(super) fn find(
    state: &ClusterState,
    calm: &Calm,
    restarts: &Restarts,
    release: Option<&Version>,
) -> Option<Diagnosis> {
    let pods = state.pods.known().into_iter().flatten().filter(|pod| !pod.terminating);
    let of_pods =
        pods.flat_map(|pod| pod.containers.iter().map(move |it| (pod, it))).find_map(|(pod, container)| {
            match container.waiting_reason.as_deref() {
                Some(reason) if IMAGE.contains(&reason) => Some(no_image(pod, container, reason)),
                _ => restarts.is_failing(pod, container).then(|| crash(pod, container)),
            }
        });
    of_pods
        .or_else(|| state.queue.known().and_then(|queue| calm.failing(queue)))
        .or_else(|| alert(state))
        .or_else(|| moving_tag(state, release?))
}

/// The controller sets the tag of a version when it deploys a release, and never one that moves.
fn moving_tag(state: &ClusterState, release: &Version) -> Option<Diagnosis> {
    let deployment = state.deployment.known().filter(|it| !it.image.is_empty() && !it.has_fixed_tag())?;
    let text = match deployment.tag() {
        Some(tag) => format!(
            "its image has the moving tag {tag}: nobody can say which version runs, and each push is an update without a release"
        ),
        None => "its image has no tag: nobody can say which version runs".to_owned(),
    };
    Some(Diagnosis {
        code: "movingTag",
        object: "Deployment/deckhouse".to_owned(),
        text: text.into(),
        remedy: Sentence::from(format!("set the tag of the release that is deployed, v{release}: "))
            .quoted(Update::Doctor)
            .text(" shows the command"),
    })
}

fn no_image(pod: &DeckhousePod, container: &ContainerState, reason: &str) -> Diagnosis {
    let message = container.waiting_message.as_deref().unwrap_or_default();
    let says = |words: &[&str]| words.iter().any(|word| message.to_lowercase().contains(word));
    let remedy = if reason == "InvalidImageName" {
        "correct the address of the registry in Secret/deckhouse-registry and in the image of Deployment/deckhouse"
            .into()
    } else if says(&["not found", "manifest unknown", "name unknown"]) {
        Sentence::from("push the whole bundle of this release: ")
            .command(Mirror::Push(repository(&container.image).to_owned()))
            .text("; the kubelet tries again within five minutes")
    } else if says(&["401", "403", "unauthorized", "forbidden", "denied", "authentication", "authorization"])
    {
        "correct the login in Secret/deckhouse-registry of namespace d8-system".into()
    } else if says(&["x509", "certificate"]) {
        "put the registry's certificate authority into Secret/deckhouse-registry of namespace d8-system, key ca"
            .into()
    } else {
        Sentence::default()
            .command(Update::Doctor)
            .text(" asks the registry for the image with the cluster's own login")
    };
    let mut text = format!("cannot get the image {} ({reason})", container.image);
    if !message.is_empty() {
        text += &format!(": {message}");
    }
    Diagnosis { code: "imagePull", object: format!("Pod/{}", pod.name), text: text.into(), remedy }
}

/// An image without its tag or digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

fn crash(pod: &DeckhousePod, container: &ContainerState) -> Diagnosis {
    let now = match container.waiting_reason.as_deref() {
        Some(reason) => reason,
        None if pod.ready => "currently ready",
        None => "currently running",
    };
    let mut text = format!(
        "container {} does not stay up ({now}), started again {} times",
        container.name, container.restarts
    );
    for more in [&container.last_end, &container.waiting_message].into_iter().flatten() {
        text += &format!(", {more}");
    }
    Diagnosis {
        code: "crashLoop",
        object: format!("Pod/{}", pod.name),
        text: text.into(),
        remedy: Sentence::from("see why: ").command(Kubectl::Logs(
            Logs::of(Pods::Named(pod.name.clone())).container(&container.name).previous(),
        )),
    }
}

fn alert(state: &ClusterState) -> Option<Diagnosis> {
    let alert = state.alerts.known()?.iter().find(|it| it.name == "DeckhouseUpdatingFailed")?;
    let text = [&alert.summary, &alert.description].into_iter().find(|it| !it.trim().is_empty());
    Some(Diagnosis {
        code: "updatingFailed",
        object: "ClusterAlert/DeckhouseUpdatingFailed".to_owned(),
        text: text.map_or("fires", |it| it.trim()).into(),
        remedy: Sentence::default()
            .command(Update::Plan)
            .text(" shows gaps in the chain of releases; pull with --min-version and push what is missing"),
    })
}

/// A cause that was found, for as long as it holds.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) diagnosis: Diagnosis,
    seen: Timestamp,
}

impl Held {
    /// What holds after a look that found `found`: a pod that only tries again is not healed.
    pub(super) fn next(
        before: Option<Self>,
        found: Option<Diagnosis>,
        state: &ClusterState,
        now: Timestamp,
    ) -> Option<Self> {
        if let Some(diagnosis) = found {
            return Some(Self { diagnosis, seen: now });
        }
        before.filter(|held| held.tries_again(state) && clock::between(held.seen, now) < NEW_TRY)
    }

    /// Whether the pod is ready, and only has to show that it stays so.
    pub(super) fn heals(&self, state: &ClusterState) -> bool {
        let ready = |pod: &DeckhousePod| pod.ready && self.diagnosis.object == format!("Pod/{}", pod.name);
        self.diagnosis.code == "crashLoop" && state.pods.known().is_some_and(|pods| pods.iter().any(ready))
    }

    fn tries_again(&self, state: &ClusterState) -> bool {
        let Some(pods) = state.pods.known() else { return true };
        let Some(pod) = pods.iter().find(|pod| self.diagnosis.object == format!("Pod/{}", pod.name)) else {
            return false;
        };
        match self.diagnosis.code {
            "imagePull" => !pod.terminating && pod.phase == "Pending",
            "crashLoop" => !pod.terminating && !pod.ready,
            _ => false,
        }
    }
}
