//! Which release an update is about, and why one has not begun.

use commands::{Approve, Mirror, Sentence, Update};
use deckhouse::version::parse_tag;
use semver::Version;

use super::{Diagnosis, Waiting};
use crate::{
    ClusterState,
    objects::{ModuleConfig, Phase, RegistrySettings, Release},
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
        let text = Sentence::from("is not in the cluster: ")
            .command(Update::prepare())
            .text(" brings it, or the platform from the release channel");
        return Waiting::new("release", object, text);
    };
    let settings = state.deckhouse_config().map(ModuleConfig::update_settings).unwrap_or_default();
    if state.deckhouse_config().is_some() && settings.release_channel.is_none() {
        let text = Sentence::from("releaseChannel is not set, and so the controller looks at no release: ")
            .command(Update::prepare());
        return Waiting::new("channel", "ModuleConfig/deckhouse", text);
    }
    let reasons: Vec<Sentence> = reasons_of(release).iter().map(|it| in_words(it, next)).collect();
    if !reasons.is_empty() {
        return Waiting::new("release", object, Sentence::joined(reasons, "; "));
    }
    let turn = state.releases.known().map(|it| Standing::of(it).turn(next, state.is_lts()));
    let text = match turn {
        Some(Turn::NotYet(why) | Turn::Never(why)) => why,
        _ => "waits for the controller to look at it".into(),
    };
    Waiting::new("release", object, text)
}

fn in_words(reason: &WaitReason, next: &Version) -> Sentence {
    let words = Sentence::from(reason.to_string());
    match reason {
        WaitReason::Approval => words.text(": ").command(Approve::Release(format!("v{next}"))),
        WaitReason::Disruption => words.text(": ").command(Approve::Disruption(format!("v{next}"))),
        _ => words,
    }
}

/// The cluster's registry, as far as it is known.
fn registry(state: &ClusterState) -> String {
    state.registry.known().map_or_else(|| "HOST/PATH".to_owned(), RegistrySettings::images_repo)
}

/// Why the release that is waited for will not come by itself. `seen` says whether it was there before.
pub(super) fn dead_end(state: &ClusterState, next: &Version, seen: bool) -> Option<Diagnosis> {
    let object = format!("DeckhouseRelease/v{next}");
    let Some(release) = find(state, next) else {
        return seen.then(|| Diagnosis {
            code: "releaseVanished",
            object,
            text: "was there, and is gone: the controller deletes releases that are newer than what the release channel's tag in the registry points to".into(),
            remedy: Sentence::from("push the release channel of the same bundle: ")
                .command(Mirror::Push(registry(state)))
                .text("; the platform then makes the release again"),
        });
    };
    match release.phase {
        Some(Phase::Suspended) => Some(Diagnosis {
            code: "suspended",
            object,
            text: "was withdrawn by the vendor".into(),
            remedy: "wait for another patch of this minor, pull and push it, and name that one with --to"
                .into(),
        }),
        Some(Phase::Skipped | Phase::Superseded) => Some(Diagnosis {
            code: "skipped",
            object,
            text: format!(
                "is {} and will not be deployed: the highest patch of its minor, or a later release, took its place",
                release.phase.as_ref().map_or("", Phase::name)
            )
            .into(),
            remedy: Sentence::from("name the highest patch of the minor with --to: ")
                .command(Update::Status)
                .text(" shows it"),
        }),
        _ => None,
    }
}
