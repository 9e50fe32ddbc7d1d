//! Which release an update is about, and why one has not started.

use deckhouse::version::parse_tag;
use jiff::Timestamp;
use problems::{Advice, Code, Object, PrepareFor, Problem, ReleaseFact};
use semver::Version;

use crate::{
    ClusterState,
    objects::{ModuleConfig, Phase, Release},
    prepare::unset_channel,
    release_order::{Position, ReleaseOrder},
    update_windows::with_time,
    wait_reason::{WaitReason, reasons_of},
};

/// What the verdict is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// The release that is being deployed, or is deployed.
    pub(super) release: Option<Version>,
    /// A later one that is waited for.
    pub(super) next: Option<Version>,
}

/// What the verdict is about if somebody waits for `target`. Without a target it is the deployed release, or one
/// that is approved already and waits.
pub(super) fn of(state: &ClusterState, target: Option<&Version>) -> Subject {
    let releases = state.releases.known().map_or(&[][..], Vec::as_slice);
    let deployed =
        releases.iter().filter(|it| it.phase == Some(Phase::Deployed)).filter_map(|it| it.version.as_ref());
    // The controller writes the image first and the objects after: a later image has begun already.
    let image = state.deployment.known().and_then(|it| it.tag()).and_then(parse_tag);
    let release = deployed.max().max(image.as_ref()).cloned();
    let later = |version: &&Version| release.as_ref().is_none_or(|release| *version > release);
    // One that is approved out of turn is not on its way.
    let approved = || {
        let next = ReleaseOrder::of(releases).next(state.is_lts());
        next.filter(|it| it.is_approved())?.version.as_ref()
    };
    let next = target.or_else(approved).filter(later);
    Subject { next: next.cloned(), release }
}

/// The object of this version.
pub(super) fn find<'a>(state: &'a ClusterState, version: &Version) -> Option<&'a Release> {
    ReleaseOrder::of(state.releases.known()?).find(version)
}

/// Why the update to `next` has not started.
pub(super) fn reason(state: &ClusterState, next: &Version, now: Timestamp) -> Problem {
    let object = Object::release(next);
    let Some(release) = find(state, next) else {
        return Problem::new(Code::Release, object, ReleaseFact::NotInCluster)
            .advise(Advice::Prepare(PrepareFor::CreateReleases));
    };
    if let Some(problem) = state.deckhouse_config().and_then(unset_channel) {
        return problem;
    }
    let settings = state.deckhouse_config().map(ModuleConfig::update_settings);
    let reasons = with_time(reasons_of(release), settings.as_ref(), now);
    if !reasons.is_empty() {
        let advice: Vec<Advice> = reasons
            .iter()
            .filter_map(|reason| match reason {
                WaitReason::Approval => Some(Advice::ApproveRelease(next.clone())),
                WaitReason::Disruption => Some(Advice::ApproveDisruption(next.clone())),
                _ => None,
            })
            .collect();
        return Problem::new(Code::Release, object, ReleaseFact::Waits(reasons)).advise_all(advice);
    }
    let position = state.releases.known().map(|it| ReleaseOrder::of(it).position(next, state.is_lts()));
    let fact = match position {
        Some(Position::NotYet(fact) | Position::Never(fact)) => fact,
        _ => ReleaseFact::NotSeen,
    };
    Problem::new(Code::Release, object, fact)
}

/// Why the release that is waited for will not be deployed. `seen` says whether it was there before.
pub(super) fn dead_end(state: &ClusterState, next: &Version, seen: bool) -> Option<Problem> {
    let problem = |code, fact: ReleaseFact| Problem::new(code, Object::release(next), fact);
    let Some(release) = find(state, next) else {
        return seen.then(|| {
            problem(Code::ReleaseVanished, ReleaseFact::Disappeared)
                .advise(Advice::PushChannel { registry: state.registry_address() })
        });
    };
    match &release.phase {
        Some(Phase::Suspended) => Some(
            problem(Code::Suspended, ReleaseFact::Withdrawn)
                .advise(Advice::AnotherPatch(next.clone()))
                .advise(Advice::Push { registry: state.registry_address() })
                .advise(Advice::TargetHighestPatch),
        ),
        Some(phase @ (Phase::Skipped | Phase::Superseded)) => Some(
            problem(Code::Skipped, ReleaseFact::PassedOver { phase: phase.name().to_owned() })
                .advise(Advice::TargetHighestPatch),
        ),
        _ => None,
    }
}
