//! What keeps a release from being deployed although it is its turn, as far as only a person can take it away.
//!
//! Windows, waves of a rollout, delays of notifications and pauses pass by themselves, and are none of it.

use commands::{Approve, Sentence, Update};
use semver::Version;

use super::Blocked;
use crate::{
    ClusterState,
    objects::{Release, UpdateSettings},
    standing::Standing,
    wait_reason::{WaitReason, reasons_of, unmet_requirements, wait_reasons},
};

/// What keeps the platform from deploying it, approved or not.
pub(super) fn of_any(release: &Release, settings: &UpdateSettings) -> Option<Blocked> {
    if settings.release_channel.is_none() {
        return Some(Blocked::new(
            "channel",
            "ModuleConfig/deckhouse",
            "releaseChannel is not set: the controller looks at no release",
            Sentence::default().quoted(Update::prepare()).text(" restores it, or sets it with --channel"),
        ));
    }
    let object = format!("DeckhouseRelease/{}", release.name);
    let unmet = unmet_requirements(&release.message);
    if !unmet.is_empty() {
        return Some(Blocked::unmet(object, &unmet));
    }
    let reasons = wait_reasons(&release.message);
    let reason = reasons.iter().find(|it| matches!(it, WaitReason::Gap | WaitReason::Major))?;
    let remedy = Sentence::default().quoted(Update::Plan).text(" shows the chain and what it lacks");
    Some(Blocked::new("notItsTurn", object, reason.to_string(), remedy))
}

/// What keeps one that needs no approval any more.
pub(super) fn of_approved(release: &Release) -> Option<Blocked> {
    let object = || format!("DeckhouseRelease/{}", release.name);
    reasons_of(release).iter().find_map(|reason| match reason {
        WaitReason::Disruption => Some(Blocked::new(
            "disruptionApproval",
            object(),
            format!("{reason}: {}", release.disruptions.join(", ")),
            Sentence::from("approve it when the workload allows: ")
                .command(Approve::Disruption(release.name.clone())),
        )),
        WaitReason::NotificationFailed { .. } => Some(Blocked::new(
            "notification",
            object(),
            reason.to_string(),
            "bring up the webhook of update.notification in ModuleConfig/deckhouse, or change its address there",
        )),
        WaitReason::Approval => Some(Blocked::new(
            "approval",
            object(),
            format!("{reason}, although the update mode asks for none"),
            Sentence::default().command(Approve::Release(release.name.clone())),
        )),
        _ => None,
    })
}

/// Whether the controller does not say why a release waits that needs no approval any more.
pub(super) fn is_silent(state: &ClusterState, version: &Version) -> bool {
    let Some(releases) = state.releases.known() else { return false };
    let release = Standing::of(releases).find(version);
    // What it wrote before the approval says nothing.
    let passed = |it: &WaitReason| matches!(it, WaitReason::Approval | WaitReason::NotTakenUp { .. });
    release.is_some_and(|it| reasons_of(it).iter().all(passed))
}
