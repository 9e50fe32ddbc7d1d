//! What prevents the next release from being deployed, as far as only a person can change it.
//!
//! Windows, waves of a rollout, notification delays and pauses end automatically and are not blockers.

use problems::{Advice, Code, Kind, Object, Problem, ReleaseFact, WaitReason};
use semver::Version;

use super::Blocked;
use crate::{
    ClusterState,
    objects::{ModuleConfig, Release},
    prepare::{channel_is_unset, unset_channel},
    release_order::ReleaseOrder,
    wait_reason::{reasons_of, unmet_requirements, wait_reasons},
};

/// What prevents the platform from deploying it, approved or not.
pub(super) fn of_any(
    state: &ClusterState,
    release: &Release,
    config: Option<&ModuleConfig>,
) -> Option<Blocked> {
    match config {
        Some(config) => {
            if let Some(problem) = unset_channel(config) {
                return Some(Blocked::by_problem(problem));
            }
        }
        None => return Some(Blocked::by_problem(channel_is_unset(None))),
    }
    let unmet = unmet_requirements(&release.message);
    if !unmet.is_empty() {
        return Some(Blocked::unmet(state, object(release), release.version.as_ref(), unmet));
    }
    let mut reasons = wait_reasons(&release.message);
    reasons.retain(|it| matches!(it, WaitReason::Gap | WaitReason::Major));
    reasons.truncate(1);
    let fact = (!reasons.is_empty()).then_some(ReleaseFact::Waits(reasons))?;
    Some(Blocked::by_problem(Problem::new(Code::NotItsTurn, object(release), fact).advise(Advice::Plan)))
}

/// What prevents the deployment of one that needs no approval any more.
pub(super) fn of_approved(release: &Release) -> Option<Blocked> {
    let problem = |code, fact: ReleaseFact| Problem::new(code, object(release), fact);
    let version = release.version.clone();
    let problem = reasons_of(release).into_iter().find_map(|reason| match reason {
        WaitReason::Disruption => {
            let fact = ReleaseFact::NeedsDisruptionApproval { disruptions: release.disruptions.clone() };
            let approve = version.clone().map(Advice::ApproveDisruption);
            Some(problem(Code::DisruptionApproval, fact).advise_all(approve))
        }
        WaitReason::NotificationFailed { why } => {
            let fact = ReleaseFact::NotificationFailed { why: why.into() };
            Some(problem(Code::Notification, fact).advise(Advice::CorrectWebhook))
        }
        WaitReason::Approval => {
            let approve = version.clone().map(Advice::ApproveRelease);
            Some(problem(Code::Approval, ReleaseFact::NeedsApprovalAnyway).advise_all(approve))
        }
        _ => None,
    });
    problem.map(Blocked::by_problem)
}

fn object(release: &Release) -> Object {
    Object::new(Kind::DeckhouseRelease, &*release.name)
}

/// Whether the controller gives no reason why a release waits that needs no approval any more.
pub(super) fn is_silent(state: &ClusterState, version: &Version) -> bool {
    let Some(releases) = state.releases.known() else { return false };
    let release = ReleaseOrder::of(releases).find(version);
    // What it wrote before the approval gives no reason.
    let passed = |it: &WaitReason| matches!(it, WaitReason::Approval | WaitReason::NotTakenUp { .. });
    release.is_some_and(|it| reasons_of(it).iter().all(passed))
}
