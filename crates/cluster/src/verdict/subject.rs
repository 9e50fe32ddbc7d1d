//! Which release an update is about, and why one has not begun.

use deckhouse::version::parse_tag;
use semver::Version;

use super::{Diagnosis, Waiting};
use crate::{
    ClusterState,
    objects::{ModuleConfig, Phase, Release},
    standing::{Standing, Turn},
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
        let next = Standing::of(releases).next(state.is_lts());
        next.filter(|it| it.is_approved())?.version.as_ref()
    };
    let next = target.or_else(approved).filter(later);
    Subject { next: next.cloned(), release }
}

/// The object of this version.
pub(super) fn find<'a>(state: &'a ClusterState, version: &Version) -> Option<&'a Release> {
    Standing::of(state.releases.known()?).find(version)
}

/// Why `next` has not begun.
pub(super) fn reason(state: &ClusterState, next: &Version) -> Waiting {
    let object = format!("DeckhouseRelease/v{next}");
    let Some(release) = find(state, next) else {
        let text =
            "is not in the cluster: dhctl update prepare brings it, or the platform from the release channel";
        return Waiting::new("release", object, text);
    };
    let settings = state.deckhouse_config().map(ModuleConfig::update_settings).unwrap_or_default();
    if state.deckhouse_config().is_some() && settings.release_channel.is_none() {
        let text =
            "releaseChannel is not set, and so the controller looks at no release: dhctl update prepare";
        return Waiting::new("channel", "ModuleConfig/deckhouse", text);
    }
    let reasons: Vec<String> = reasons_of(release).iter().map(|it| in_words(it, next)).collect();
    if !reasons.is_empty() {
        return Waiting::new("release", object, reasons.join("; "));
    }
    let turn = state.releases.known().map(|it| Standing::of(it).turn(next, state.is_lts()));
    let text = match turn {
        Some(Turn::NotYet(why) | Turn::Never(why)) => why,
        _ => "waits for the controller to look at it".to_owned(),
    };
    Waiting::new("release", object, text)
}

fn in_words(reason: &WaitReason, next: &Version) -> String {
    match reason {
        WaitReason::Approval => format!("{reason}: dhctl update approve v{next}"),
        WaitReason::Disruption => format!("{reason}: dhctl update approve --disruption v{next}"),
        _ => reason.to_string(),
    }
}

/// Why the release that is waited for will not come by itself. `seen` says whether it was there before.
pub(super) fn dead_end(state: &ClusterState, next: &Version, seen: bool) -> Option<Diagnosis> {
    let object = format!("DeckhouseRelease/v{next}");
    let Some(release) = find(state, next) else {
        return seen.then(|| Diagnosis {
            code: "releaseVanished",
            object,
            text: "was there, and is gone: the controller deletes releases that are newer than what the release channel's tag in the registry points to".to_owned(),
            remedy: "push the release channel of the same bundle: dhctl mirror --registry …; the platform then makes the release again"
                .to_owned(),
        });
    };
    match release.phase {
        Some(Phase::Suspended) => Some(Diagnosis {
            code: "suspended",
            object,
            text: "was withdrawn by the vendor".to_owned(),
            remedy: "wait for another patch of this minor, pull and push it, and name that one with --to"
                .to_owned(),
        }),
        Some(Phase::Skipped | Phase::Superseded) => Some(Diagnosis {
            code: "skipped",
            object,
            text: format!(
                "is {} and will not be deployed: the highest patch of its minor, or a later release, took its place",
                release.phase.as_ref().map_or("", Phase::name)
            ),
            remedy: "name the highest patch of the minor with --to: dhctl update status shows it".to_owned(),
        }),
        _ => None,
    }
}
