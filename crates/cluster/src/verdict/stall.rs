//! What to say of a stage that goes on for too long.

use std::time::Duration;

use super::{Diagnosis, signal::Signal};
use crate::duration;

/// The first thing that is waited for, and what to do about it.
pub(super) fn diagnosis(signals: &[Signal], idle: Duration) -> Option<Diagnosis> {
    let waiting = &signals.first()?.waiting;
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
        "disruptionApproval" => "approve it when the workload allows: dhctl update approve --node NAME",
        "nodeGroup" | "node" => "see what the node says: journalctl -u bashible on it",
        "module" => "see what the module says: kubectl describe module NAME",
        _ => "dhctl update doctor looks for the cause",
    };
    Some(Diagnosis {
        code: "noProgress",
        object: waiting.object.clone(),
        text: format!("nothing has changed for {}: {}", duration::text(idle), waiting.text),
        remedy: remedy.to_owned(),
    })
}
