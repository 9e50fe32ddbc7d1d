//! The platform's own pod: without it nothing is decided, and nothing that its webhooks check can be changed.

use commands::{Controller as PodCommand, Kubectl, Logs, Mirror, Objects, Output, Pods, Resource, Sentence};

use super::pull_failure::{PullFailure, classify};
use crate::pull_cause::is_pull_failure;
use crate::safe_text::short;
use crate::{
    doctor::{
        finding::{Finding, Severity},
        limits,
        look::{Controller, Look, tag},
    },
    objects::{ContainerState, DeckhousePod, Phase},
};

/// The image of the platform's pod does not come.
pub(super) fn image(look: &Look<'_>) -> Vec<Finding> {
    let waiting = look.pods().iter().filter(|pod| !pod.terminating).flat_map(|pod| {
        let failing =
            pod.containers.iter().filter(|it| it.waiting_reason.as_deref().is_some_and(is_pull_failure));
        failing.map(move |container| (pod, container))
    });
    waiting.map(|(pod, container)| image_of(look, pod, container)).collect()
}

fn image_of(look: &Look<'_>, pod: &DeckhousePod, container: &ContainerState) -> Finding {
    let reason = container.waiting_reason.as_deref().unwrap_or_default();
    let message = container.waiting_message.as_deref().unwrap_or_default();
    // While it holds off, the kubelet's own words are in the event of its last try.
    let tried = look.event_of(&pod.name, "Failed", "pull image");
    let words = if message.is_empty() || message.starts_with("Back-off") {
        tried.unwrap_or(message)
    } else {
        message
    };
    let failure = classify(&container.image, words, &look.evidence.registry);
    let hiccup = pod.started.is_some_and(|since| !look.is_over(since, limits::PULL));
    let severity = if hiccup { Severity::Slows } else { Severity::Blocks };
    let (repo, _) = container.image.rsplit_once(['@', ':']).unwrap_or((&container.image, ""));
    Finding::new(
        "platform-image",
        severity,
        format!("Pod/{}", pod.name),
        format!("container {} waits for {} with {reason}: {}", container.name, container.image, short(words)),
    )
    .why(format!(
        "{}; the release is marked Deployed anyway. Until the pod runs there is no controller, and its webhooks \
         refuse every approval and every change of a ModuleConfig, so this is mended from outside",
        failure.why()
    ))
    .remedy(
        failure
            .remedy(&format!("the image {}", container.image), repo, Mirror::Push(repo.to_owned()))
            .then(way_back(look, container, failure, repo)),
    )
    .command(Kubectl::Describe(Objects::one(Resource::Pod, &pod.name).within("d8-system")))
    .since(pod.started)
    .seen_in("pods of d8-system")
}

/// As long as the new version never ran, nothing of the old one was changed.
fn way_back(look: &Look<'_>, container: &ContainerState, failure: PullFailure, repo: &str) -> Sentence {
    let before = look.of_phase(&Phase::Superseded).last().copied();
    match before.filter(|_| {
        failure == PullFailure::Missing && container.name == "deckhouse" && container.restarts == 0
    }) {
        Some(before) => Sentence::from(". If that takes long, and the new version never ran: ")
            .command(Kubectl::SetPlatformImage(format!("{repo}:{}", tag(before))))
            .text(" brings the old one back; the new release then still says Deployed"),
        None => Sentence::default(),
    }
}

/// A container of the platform's pod ends again and again.
pub(super) fn crash(look: &Look<'_>) -> Vec<Finding> {
    let looping = look.pods().iter().filter(|pod| !pod.terminating).flat_map(|pod| {
        let containers = pod.containers.iter();
        let failing = containers.filter(|it| {
            matches!(
                it.waiting_reason.as_deref(),
                Some(
                    "CrashLoopBackOff"
                        | "CreateContainerConfigError"
                        | "CreateContainerError"
                        | "RunContainerError"
                )
            )
        });
        failing.map(move |container| (pod, container))
    });
    looping
        .map(|(pod, container)| {
            let reason = container.waiting_reason.as_deref().unwrap_or_default();
            let end = container.last_end.as_deref().map_or(String::new(), |end| format!(", last end: {end}"));
            let line = Look::all(&look.evidence.log).last();
            let log = line
                .map_or(String::new(), |line| format!("; last error in its log: {}", short(&line.message)));
            Finding::new(
                "platform-crash",
                Severity::Blocks,
                format!("Pod/{}", pod.name),
                format!(
                    "container {} is in {reason}, started again {} times{end}",
                    container.name, container.restarts
                ),
            )
            .why(format!("the controller does not stay up, so nothing is updated{log}"))
            .remedy("read what it said before it ended")
            .command(Kubectl::Logs(
                Logs::of(Pods::Named(pod.name.clone())).container(&container.name).previous().tail(),
            ))
            .since(pod.started)
            .seen_in("pods of d8-system")
        })
        .collect()
}

/// No pod of the platform is ready for longer than an update takes, for no reason that another rule names.
pub(super) fn not_ready(look: &Look<'_>) -> Vec<Finding> {
    let Controller::Away(since) = look.controller() else { return Vec::new() };
    let waits = |container: &ContainerState| {
        container
            .waiting_reason
            .as_deref()
            .is_some_and(|it| it != "ContainerCreating" && it != "PodInitializing")
    };
    if look.pods().iter().any(|pod| pod.containers.iter().any(waits)) {
        return Vec::new();
    }
    let finding = match look.pods().iter().find(|pod| !pod.terminating) {
        None => no_pod(look),
        Some(pod) if pod.phase == "Pending" && pod.containers.is_empty() => unscheduled(look, pod),
        Some(pod) => {
            let queue = look.state.queue.last().and_then(|queue| queue.heads.first());
            let head = queue.map_or(String::new(), |task| {
                format!("; the head of its queue {}: {}", task.queue, task.description)
            });
            Finding::new(
                "platform-not-ready",
                Severity::Blocks,
                format!("Pod/{}", pod.name),
                format!("it runs and is not ready{head}"),
            )
            .why("it is ready once it has gone through all modules once; that takes 30 minutes at most in most clusters")
            .remedy("see which module it is at, and what the log says of it")
            .command(look.ask(PodCommand::QueueMain))
            .command(look.last_log())
        }
    };
    vec![finding.since(Some(since)).seen_in("pods of d8-system")]
}

fn no_pod(look: &Look<'_>) -> Finding {
    let conditions = Look::all(&look.evidence.conditions);
    let failure = conditions.iter().find(|it| it.kind == "ReplicaFailure" && it.is_true);
    let replicas = look.state.deployment.known().map(|deployment| deployment.replicas);
    let (what, why, command) = match (replicas, failure) {
        (Some(0), _) => (
            "it is scaled to 0 replicas".to_owned(),
            "nobody runs the platform".to_owned(),
            Kubectl::ScalePlatform,
        ),
        (_, Some(failure)) => (
            format!("no pod can be made: {}", short(&failure.message)),
            "an admission rule or a quota refuses the pod".to_owned(),
            Kubectl::Describe(Objects::of_the_platform(Resource::ReplicaSet)),
        ),
        _ => (
            "it has no pod".to_owned(),
            "Kubernetes' own controllers make the pod; they may not run".to_owned(),
            Kubectl::Get(Objects::control_plane_pods(), Output::Table),
        ),
    };
    Finding::new("platform-no-pod", Severity::Blocks, "Deployment/deckhouse", what)
        .why(why)
        .remedy("have the pod made again")
        .command(command)
}

fn unscheduled(look: &Look<'_>, pod: &DeckhousePod) -> Finding {
    let why = look.event_of(&pod.name, "FailedScheduling", "").unwrap_or("no event says why");
    Finding::new(
        "platform-unscheduled",
        Severity::Blocks,
        format!("Pod/{}", pod.name),
        "it is put on no node",
    )
    .why(short(why))
    .remedy("free a master node for it: it must be ready, schedulable, and have room")
    .command(Kubectl::Get(Objects::masters(), Output::Table))
    .command(Kubectl::Describe(Objects::one(Resource::Pod, &pod.name).within("d8-system")))
}

/// While no pod is ready its webhooks are away, and the API server refuses what they would check.
pub(super) fn webhook(look: &Look<'_>) -> Vec<Finding> {
    if !look.state.release_webhook.known().is_some_and(Option::is_some) {
        return Vec::new();
    }
    let (severity, since) = match look.controller() {
        Controller::Restarting(since) => (Severity::Notable, since),
        Controller::Away(since) => (Severity::Slows, Some(since)),
        Controller::Up | Controller::Unknown => return Vec::new(),
    };
    let finding = Finding::new(
        "webhook-away",
        severity,
        "ValidatingWebhookConfiguration/deckhouse-webhook",
        "approvals and changes of ModuleConfig are answered with `failed calling webhook`",
    )
    .why("the platform's pod serves this webhook, and no pod is ready; in the middle of an update that is as it should be")
    .remedy("nothing to do here: it is back with the pod");
    vec![
        finding
            .command(Kubectl::Get(Objects::of_the_platform(Resource::Pod), Output::Table))
            .since(since)
            .seen_in("pods of d8-system"),
    ]
}
