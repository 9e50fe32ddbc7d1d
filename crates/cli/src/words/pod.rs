//! Pods.

use commands::Sentence;
use problems::{PodFact, PodState, PullCause};

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
            let restarts = super::counted(u64::from(restarts.unsigned_abs()), "restart");
            format!("keeps crashing: container {container}, {restarts}, {state}{more}")
        }
        PodFact::Missing => "is missing: the old pod was removed, the new one is not created yet".to_owned(),
        PodFact::OnlyOld => "is still the old one; the new one is not created yet".to_owned(),
        PodFact::NotRunning { phase, reason: Some(reason) } => format!("is {phase} ({reason})"),
        PodFact::NotRunning { phase, reason: None } => format!("is {phase}"),
        PodFact::NoLeader => "has no leader yet".to_owned(),
        PodFact::NotReady => {
            "is running but not ready yet: applying all modules for the first time takes minutes".to_owned()
        }
    }
    .into()
}

pub(super) fn means(fact: &PodFact) -> Option<Sentence> {
    let PodFact::ImagePull { cause, .. } = fact else { return None };
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
            "the registry accepts the cluster's login and refuses the node: the pod has another login, or the \
             cluster's was corrected after the last attempt"
        }
        PullCause::Untrusted => "the node does not trust the registry's certificate",
        PullCause::Proxy => "the node uses a proxy for the registry, and the proxy refuses",
        PullCause::Unreachable => "the node cannot reach the registry",
        PullCause::Unknown => return None,
    };
    Some(text.into())
}
