//! What fails in an update and rarely recovers alone.

use std::time::Duration;

use jiff::Timestamp;
use problems::{Advice, AlertFact, Code, DeploymentFact, Kind, Object, PodFact, PodState, Problem};
use semver::Version;

use super::{clock, queues::Queues, restarts::Restarts};
use crate::{
    ClusterState,
    objects::{ContainerState, DeckhousePod, image_repository},
    pull_cause,
};

/// A pod that fails waits, tries again and fails again. For this long a new attempt does not count as recovered,
/// even after the first failure.
const RETRY: Duration = Duration::from_secs(30);

/// What the platform's pods, queues and alerts show that rarely recovers alone.
pub(super) fn find(
    state: &ClusterState,
    queues: &Queues,
    restarts: &Restarts,
    release: Option<&Version>,
) -> Option<Problem> {
    let pods = state.pods.known().into_iter().flatten().filter(|pod| !pod.terminating);
    let of_pods =
        pods.flat_map(|pod| pod.containers.iter().map(move |it| (pod, it))).find_map(|(pod, container)| {
            match container.waiting_reason.as_deref() {
                Some(reason) if pull_cause::is_pull_failure(reason) => {
                    Some(no_image(state, pod, container, reason))
                }
                _ => restarts.is_failing(pod, container).then(|| crash(pod, container)),
            }
        });
    of_pods
        .or_else(|| state.queue.known().and_then(|queue| queues.failing(queue)))
        .or_else(|| alert(state))
        .or_else(|| moving_tag(state, release?))
}

/// The controller sets the tag of a version when it deploys a release, never a moving tag.
fn moving_tag(state: &ClusterState, release: &Version) -> Option<Problem> {
    let deployment = state.deployment.known().filter(|it| !it.image.is_empty() && !it.has_fixed_tag())?;
    let (image, tag) = (deployment.image.clone(), deployment.tag().map(str::to_owned));
    let repository = image_repository(&image).to_owned();
    Some(
        Problem::new(Code::MovingTag, Object::deployment(), DeploymentFact::MovingTag { image, tag })
            .advise(Advice::SetImage { repository, version: release.clone() }),
    )
}

fn no_image(state: &ClusterState, pod: &DeckhousePod, container: &ContainerState, reason: &str) -> Problem {
    let message = container.waiting_message.clone().unwrap_or_default();
    let cause = pull_cause::by_words(reason, &message);
    let fact =
        PodFact::ImagePull { image: container.image.clone(), reason: reason.to_owned(), message, cause };
    Problem::new(Code::ImagePull, Object::new(Kind::Pod, &*pod.name), fact).advise_all(pull_cause::advice(
        cause,
        &container.image,
        state.push_address_of(&container.image),
    ))
}

fn crash(pod: &DeckhousePod, container: &ContainerState) -> Problem {
    let state = match &container.waiting_reason {
        Some(reason) => PodState::Waiting(reason.clone()),
        None if pod.ready => PodState::Ready,
        None => PodState::Running,
    };
    let fact = PodFact::CrashLoop {
        container: container.name.clone(),
        state,
        restarts: container.restarts,
        last_end: container.last_end.clone(),
        message: container.waiting_message.clone(),
    };
    Problem::new(Code::CrashLoop, Object::new(Kind::Pod, &*pod.name), fact)
        .advise(Advice::ReadLog { pod: pod.name.clone(), container: container.name.clone(), previous: true })
        .advise(Advice::Doctor)
}

fn alert(state: &ClusterState) -> Option<Problem> {
    let alert = state.alerts.known()?.iter().find(|it| it.name == "DeckhouseUpdatingFailed")?;
    let texts = [&alert.summary, &alert.description];
    let summary = texts.into_iter().find(|it| !it.trim().is_empty()).cloned().unwrap_or_default();
    let object = Object::new(Kind::ClusterAlert, "DeckhouseUpdatingFailed");
    Some(
        Problem::new(Code::UpdatingFailed, object, AlertFact::UpdateFailed { summary })
            .advise(Advice::Plan)
            .advise(Advice::Doctor),
    )
}

/// A failure, for as long as it lasts.
#[derive(Debug, Clone)]
pub(super) struct PersistentFailure {
    pub(super) problem: Problem,
    seen: Timestamp,
}

impl PersistentFailure {
    /// What lasts after an observation that found `found`: a pod that only tries again has not recovered.
    pub(super) fn next(
        before: Option<Self>,
        found: Option<Problem>,
        state: &ClusterState,
        now: Timestamp,
    ) -> Option<Self> {
        if let Some(problem) = found {
            return Some(Self { problem, seen: now });
        }
        before.filter(|it| it.tries_again(state) && clock::between(it.seen, now) < RETRY)
    }

    /// Whether the pod is ready, and only has to stay so.
    pub(super) fn recovers(&self, state: &ClusterState) -> bool {
        let ready = |pod: &DeckhousePod| pod.ready && self.problem.object.is(Kind::Pod, &pod.name);
        self.problem.code == Code::CrashLoop && state.pods.known().is_some_and(|pods| pods.iter().any(ready))
    }

    fn tries_again(&self, state: &ClusterState) -> bool {
        let Some(pods) = state.pods.known() else { return true };
        let Some(pod) = pods.iter().find(|pod| self.problem.object.is(Kind::Pod, &pod.name)) else {
            return false;
        };
        match self.problem.code {
            Code::ImagePull => !pod.terminating && pod.phase == "Pending",
            Code::CrashLoop => !pod.terminating && !pod.ready,
            _ => false,
        }
    }
}
