//! What to say of a stage that goes on for too long.

use std::time::Duration;

use commands::{Kubectl, Logs, Objects, Pods, Resource, Sentence, Update};

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
        "image" => Sentence::from("the controller did not switch the image, or somebody set another one: ")
            .command(Update::Status),
        "pod" | "rollout" | "versionAnnotation" => Sentence::from("see what the pod says: ")
            .command(Kubectl::Describe(Objects::of_the_platform(Resource::Pod)))
            .text(", and ")
            .command(Kubectl::Logs(Logs::of(Pods::All))),
        "queue" | "converge" => {
            Sentence::from("see what the first task does: ").command(Kubectl::Logs(Logs::of(Pods::Leader)))
        }
        "deployedReleases" => Sentence::from("the controller makes all but one Superseded within 24 hours: ")
            .command(Update::Status)
            .text(" shows them"),
        "nodeGroup" | "node" => "see what the node says: journalctl -u bashible on it".into(),
        "module" => {
            let name = waiting.object.strip_prefix("Module/").unwrap_or("NAME");
            Sentence::from("see what the module says: ")
                .command(Kubectl::Describe(Objects::one(Resource::Module, name)))
        }
        _ => Sentence::default().command(Update::Doctor).text(" looks for the cause"),
    };
    Some(Diagnosis {
        code: "noProgress",
        object: waiting.object.clone(),
        text: Sentence::from(format!("nothing has changed for {}: ", duration::text(limit)))
            .then(waiting.text.clone()),
        remedy,
    })
}
