//! Pods.

use commands::Sentence;
use problems::{ModuleImagePulls, PodFact, PodState, PullCause};

use super::list;

/// How many pods are named.
const NAMED: usize = 5;

pub(super) fn predicate(fact: &PodFact) -> Sentence {
    match fact {
        PodFact::ImagePull { image, reason, message, .. } if message.is_empty() => {
            format!("cannot pull its image {image} ({reason})")
        }
        PodFact::ImagePull { image, reason, message, .. } => {
            format!("cannot pull its image {image} ({reason}: {message})")
        }
        PodFact::CrashLoop { container, state, restarts, last_end, message } => {
            let state = match state {
                PodState::Waiting(reason) => reason.as_str(),
                PodState::Running => "currently running",
                PodState::Ready => "currently ready",
            };
            let last_end = last_end.iter().map(|it| format!("; last exit: {it}"));
            let message = message.iter().map(|it| format!("; {it}"));
            let more: String = last_end.chain(message).collect();
            let restarts = crate::format::count(restarts.unsigned_abs(), "restart");
            format!("keeps crashing: container {container}, {restarts}, {state}{more}")
        }
        PodFact::Missing => {
            "is missing: the old pod was removed, and the new one has not been created yet".to_owned()
        }
        PodFact::OnlyOld => "is still the old one; the new one has not been created yet".to_owned(),
        PodFact::NotRunning { phase, reason: Some(reason) } => format!("is {phase} ({reason})"),
        PodFact::NotRunning { phase, reason: None } => format!("is {phase}"),
        PodFact::NoLeader => "has not become the leader yet".to_owned(),
        PodFact::NotReady => {
            "is running but not ready yet: applying all modules for the first time can take 30 minutes"
                .to_owned()
        }
        PodFact::NotReadyForLong { first: None } => "is running but not ready".to_owned(),
        PodFact::NotReadyForLong { first: Some(first) } => {
            format!("is running but not ready; the first task in its queue {} is {}", first.queue, first.task)
        }
        PodFact::Unscheduled { reason: Some(reason) } => format!("cannot be scheduled: {reason}"),
        PodFact::Unscheduled { reason: None } => {
            "cannot be scheduled, and no event gives the reason".to_owned()
        }
        PodFact::ModuleImagePulls(pulls) => module_image_pulls(pulls),
    }
    .into()
}

fn module_image_pulls(pulls: &ModuleImagePulls) -> String {
    let ModuleImagePulls { pods, namespace, container, image, message, pull_secrets, .. } = pulls;
    let login = match pull_secrets.as_deref() {
        None => String::new(),
        Some([]) => " (the pod has no imagePullSecrets)".to_owned(),
        Some(names) => format!(" (imagePullSecrets: {})", names.join(", ")),
    };
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    let others = if pods.len() > 1 {
        format!("; {} pods are affected: {}", pods.len(), list(pods, NAMED))
    } else {
        String::new()
    };
    format!(
        "in namespace {namespace} cannot pull the image {image} of its container {container}{message}{login}{others}"
    )
}

pub(super) fn means(fact: &PodFact) -> Option<Sentence> {
    match fact {
        PodFact::ImagePull { cause, .. } => of_cause(*cause).map(Sentence::from),
        PodFact::NotReadyForLong { .. } => Some(
            "the pod becomes ready when it has applied all modules once, which takes at most 30 minutes in most clusters"
                .into(),
        ),
        PodFact::Unscheduled { .. } => Some("until this pod runs, nothing is updated".into()),
        PodFact::ModuleImagePulls(pulls) => {
            let cause = of_cause(pulls.cause).map(|cause| format!("{cause}; ")).unwrap_or_default();
            Some(format!("{cause}the update is not done until the affected pods run").into())
        }
        _ => None,
    }
}

fn of_cause(cause: PullCause) -> Option<&'static str> {
    let text = match cause {
        PullCause::InvalidName => "the address of the image is not valid",
        PullCause::Missing => "the registry does not have this image",
        PullCause::NoRepository => {
            "the registry has no such repository: nothing was pushed to this path, or the path in \
             Secret/deckhouse-registry is wrong"
        }
        PullCause::ThereNow => {
            "the registry has this image now: it was pushed after the last attempt, or the node uses another registry"
        }
        PullCause::Denied => {
            "the registry refuses the cluster's login, or the login has no permission to pull"
        }
        PullCause::OtherLogin => {
            "the registry accepts the cluster's login but refused the node: the pod uses another login, or the \
             cluster's login was corrected after the node's last attempt"
        }
        PullCause::Untrusted => "the node does not trust the registry's certificate",
        PullCause::Proxy => "the node uses a proxy for the registry, and the proxy refuses the request",
        PullCause::Unreachable => "the node cannot reach the registry",
        PullCause::Unknown => return None,
    };
    Some(text)
}
