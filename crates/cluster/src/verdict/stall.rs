//! What to say of a stage that goes on for too long.

use std::time::Duration;

use super::{Diagnosis, signal::Signal};
use crate::duration;

const APPROVAL: &str = "disruptionApproval";

/// What can be held against the update. Waiting for an approval is no fault, and the other nodes wait for the one that
/// is to be approved.
pub(super) fn counted(signals: &[Signal]) -> impl Iterator<Item = &Signal> {
    let approval = signals.iter().any(|it| it.waiting.code == APPROVAL);
    signals.iter().filter(move |it| !approval || ![APPROVAL, "node"].contains(&it.waiting.code))
}

/// The first thing that can be held against the update after `limit` without anything new, and what to do about it.
/// The text stays the same as long as that is so.
pub(super) fn diagnosis(signals: &[Signal], limit: Duration) -> Option<Diagnosis> {
    let waiting = &counted(signals).next()?.waiting;
    let remedy = match waiting.code {
        "image" => {
            "the controller did not switch the image, or somebody set another one: dhctl update status"
        }
        "pod" | "rollout" | "versionAnnotation" => {
            "see what the pod says: kubectl -n d8-system describe pod -l app=deckhouse, and logs -l app=deckhouse -c deckhouse"
        }
        "queue" | "converge" => {
            "see what the first task does: kubectl -n d8-system logs -l app=deckhouse,leader=true -c deckhouse"
        }
        "deployedReleases" => {
            "the controller makes all but one Superseded within 24 hours: dhctl update status shows them"
        }
        "nodeGroup" | "node" => "see what the node says: journalctl -u bashible on it",
        "module" => "see what the module says: kubectl describe module NAME",
        _ => "dhctl update doctor looks for the cause",
    };
    Some(Diagnosis {
        code: "noProgress",
        object: waiting.object.clone(),
        text: format!("nothing has changed for {}: {}", duration::text(limit), waiting.text),
        remedy: remedy.to_owned(),
    })
}
