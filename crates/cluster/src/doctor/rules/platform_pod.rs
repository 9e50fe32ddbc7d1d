//! The platform's own pod: without it no update proceeds, and nothing that its webhooks check can be changed.

use std::collections::BTreeMap;

use commands::{Controller, Kubectl, Logs, Objects, Output, Resource};
use problems::{
    Advice, Contents, DeploymentFact, Kind, Object, PlatformAdvice, PodFact, PodState, PullCause, QueuedTask,
    Rule, See,
};

use super::pull_failure::{self, steps};
use crate::{
    doctor::{
        context::{Context, ControllerState, see, tag},
        finding::{Finding, Severity},
        limits,
        source::Source,
    },
    objects::{ContainerState, DeckhousePod, Phase, image_repository},
    pull_cause::is_pull_failure,
    safe_text::short,
};

fn pod_object(pod: &DeckhousePod) -> Object {
    Object::new(Kind::Pod, &pod.name)
}

fn events_of(pod: &DeckhousePod) -> Kubectl {
    Kubectl::Describe(Objects::one(Resource::Pod, &pod.name).within("d8-system"))
}

fn waiting<'a>(
    context: &Context<'a>,
    reason: fn(&str) -> bool,
) -> impl Iterator<Item = (&'a DeckhousePod, &'a ContainerState)> {
    let pods = context.pods().iter().filter(|pod| !pod.terminating);
    let containers = pods.flat_map(|pod| pod.containers.iter().map(move |container| (pod, container)));
    containers.filter(move |(_, container)| container.waiting_reason.as_deref().is_some_and(reason))
}

/// The platform's pod cannot pull an image.
pub(super) fn image(context: &Context<'_>) -> Vec<Finding> {
    let mut by_image: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    for (pod, container) in waiting(context, is_pull_failure) {
        by_image.entry(&container.image).or_default().push(image_of(context, pod, container));
    }
    // One image is pushed once, no matter how many pods wait for it.
    by_image.into_values().filter_map(|all| all.into_iter().min_by_key(|it| it.severity)).collect()
}

fn image_of(context: &Context<'_>, pod: &DeckhousePod, container: &ContainerState) -> Finding {
    let reason = container.waiting_reason.as_deref().unwrap_or_default();
    let message = container.waiting_message.as_deref().unwrap_or_default();
    // While the kubelet backs off, the reason of its last attempt is in an event.
    let attempt = context.event_of(&pod.name, "Failed", "pull image");
    let message = if message.is_empty() || message.starts_with("Back-off") {
        attempt.unwrap_or(message)
    } else {
        message
    };
    let cause = pull_failure::cause(&container.image, reason, message, &context.details.registry);
    let recent = pod.started.is_some_and(|since| !context.is_over(since, limits::PULL));
    let severity = if recent { Severity::Slows } else { Severity::Blocks };
    let repo = image_repository(&container.image);
    let tag = container.image.strip_prefix(repo).and_then(|it| it.strip_prefix(':'));
    let version = tag.and_then(deckhouse::version::parse_tag);
    let contents = version.map_or_else(|| Contents::Image(container.image.clone()), Contents::Release);
    let fact = PodFact::ImagePull {
        image: container.image.clone(),
        reason: reason.to_owned(),
        message: short(message),
        cause,
    };
    Finding::new(Rule::PlatformImage, severity, pod_object(pod), fact)
        .advise_all(steps(cause, &contents, repo, &context.state.push_address_of(&container.image)))
        .advise_all(previous_image(context, container, cause, repo).map(Into::into))
        .advise(see(See::PodEvents, events_of(pod)))
        .since(pod.started)
        .seen_in(Source::PlatformPods)
}

/// As long as the new version has never run, nothing of the old one has changed.
fn previous_image(
    context: &Context<'_>,
    container: &ContainerState,
    cause: PullCause,
    repo: &str,
) -> Option<PlatformAdvice> {
    if cause != PullCause::Missing || container.name != "deckhouse" || container.restarts > 0 {
        return None;
    }
    let before = *context.in_phase(&Phase::Superseded).last()?;
    Some(PlatformAdvice::RestoreImage { image: format!("{repo}:{}", tag(before)) })
}

fn is_crash(reason: &str) -> bool {
    matches!(
        reason,
        "CrashLoopBackOff" | "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError"
    )
}

/// A container of the platform's pod crashes again and again.
pub(super) fn crash(context: &Context<'_>) -> Vec<Finding> {
    waiting(context, is_crash)
        .map(|(pod, container)| {
            let error = Context::list(&context.details.log).last();
            let fact = PodFact::CrashLoop {
                container: container.name.clone(),
                state: PodState::Waiting(container.waiting_reason.clone().unwrap_or_default()),
                restarts: container.restarts,
                last_end: container.last_end.clone(),
                message: error.map(|line| short(&line.message)),
            };

            Finding::new(Rule::PlatformCrash, Severity::Blocks, pod_object(pod), fact)
                .advise(Advice::ReadLog {
                    pod: pod.name.clone(),
                    container: container.name.clone(),
                    previous: true,
                })
                .since(pod.started)
                .seen_in(Source::PlatformPods)
        })
        .collect()
}

/// No pod of the platform is ready for longer than an update takes, for no reason that another rule reports.
pub(super) fn not_ready(context: &Context<'_>) -> Vec<Finding> {
    let ControllerState::Down(since) = context.controller() else { return Vec::new() };
    let waits = |container: &ContainerState| {
        container
            .waiting_reason
            .as_deref()
            .is_some_and(|it| it != "ContainerCreating" && it != "PodInitializing")
    };
    if context.pods().iter().any(|pod| pod.containers.iter().any(waits)) {
        return Vec::new();
    }
    let finding = match context.pods().iter().find(|pod| !pod.terminating) {
        None => no_pod(context),
        Some(pod) if pod.phase == "Pending" && pod.containers.is_empty() => unscheduled(context, pod),
        Some(pod) => {
            let head = context.state.queue.last().and_then(|queue| queue.heads.first());
            let first = head
                .map(|task| QueuedTask { queue: task.queue.clone().into(), task: task.description.clone() });
            Finding::new(
                Rule::PlatformNotReady,
                Severity::Blocks,
                pod_object(pod),
                PodFact::NotReadyForLong { first },
            )
            .advise(context.see_queue(Controller::QueueMain))
            .advise(see(See::LogTail, Kubectl::Logs(Logs::of(context.leader()).tail())))
        }
    };
    vec![finding.since(Some(since)).seen_in(Source::PlatformPods)]
}

fn no_pod(context: &Context<'_>) -> Finding {
    let finding = |fact| Finding::new(Rule::PlatformNoPod, Severity::Blocks, Object::deployment(), fact);
    let replicas = context.state.deployment.known().map(|deployment| deployment.replicas);
    if replicas == Some(0) {
        return finding(DeploymentFact::ScaledToZero).advise(PlatformAdvice::Scale);
    }
    let conditions = Context::list(&context.details.conditions);
    if let Some(failure) = conditions.iter().find(|it| it.kind == "ReplicaFailure" && it.is_true) {
        let events = Kubectl::Describe(Objects::of_the_platform(Resource::ReplicaSet));
        finding(DeploymentFact::PodRejected { reason: short(&failure.message) })
            .advise(see(See::ReplicaSetEvents, events))
    } else {
        let pods = Kubectl::Get(Objects::control_plane_pods(), Output::Table);
        finding(DeploymentFact::NoPod).advise(see(See::ControlPlanePods, pods))
    }
}

fn unscheduled(context: &Context<'_>, pod: &DeckhousePod) -> Finding {
    let reason = context.event_of(&pod.name, "FailedScheduling", "");
    let fact = PodFact::Unscheduled { reason: reason.map(short) };
    let nodes = Kubectl::Get(Objects::control_plane_nodes(), Output::Table);
    Finding::new(Rule::PlatformUnscheduled, Severity::Blocks, pod_object(pod), fact)
        .advise(see(See::PodEvents, events_of(pod)))
        .advise(see(See::ControlPlaneNodes, nodes))
        .advise(PlatformAdvice::FreeControlPlaneNode)
}

/// While no pod is ready its webhooks are down, and the API server rejects what they would check.
pub(super) fn webhook(context: &Context<'_>) -> Vec<Finding> {
    if !context.state.release_webhook.known().is_some_and(Option::is_some)
        || context.state.is_without_platform()
    {
        return Vec::new();
    }
    let (severity, since) = match context.controller() {
        ControllerState::Restarting(since) => (Severity::Notable, since),
        ControllerState::Down(since) => (Severity::Slows, Some(since)),
        ControllerState::Ready | ControllerState::Unknown => return Vec::new(),
    };
    let object = Object::new(Kind::ValidatingWebhookConfiguration, "deckhouse-webhook");
    let pods = Kubectl::Get(Objects::of_the_platform(Resource::Pod), Output::Table);
    vec![
        Finding::new(Rule::WebhookAway, severity, object, DeploymentFact::WebhookDown)
            .advise(PlatformAdvice::WaitForPod)
            .advise(see(See::PlatformPods, pods))
            .since(since)
            .seen_in(Source::PlatformPods),
    ]
}
