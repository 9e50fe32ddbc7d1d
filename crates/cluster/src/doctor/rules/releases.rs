//! The release objects: whether they are what the controller expects.

use commands::{Command, Filter, Json, Kubectl, Mirror, Objects, Output, Resource, Sentence, Update};
use serde_json::json;

use crate::{
    doctor::{
        finding::{Finding, Severity},
        limits,
        look::{Controller, Look, tag},
    },
    interim,
    objects::{Phase, Release},
    release_order,
};

const RELEASES: &str = "DeckhouseReleases";

fn list() -> Kubectl {
    Kubectl::Get(Objects::all(Resource::DeckhouseRelease), Output::Table)
}

fn object(release: &Release) -> String {
    format!("DeckhouseRelease/{}", release.name)
}

/// Several objects say that they are deployed, for longer than a switch takes.
pub(super) fn two_deployed(look: &Look<'_>) -> Vec<Finding> {
    let deployed = look.of_phase(&Phase::Deployed);
    let [first, .., last] = deployed[..] else { return Vec::new() };
    let newest = deployed.iter().filter_map(|release| release.transition_time).max();
    if newest.is_some_and(|since| !look.is_over(since, limits::SWITCH)) {
        return Vec::new();
    }
    // The later one has not said yet since when it is deployed: an update may just begin.
    let is_dated = last.transition_time.is_some();
    let image_tag = look.state.deployment.known().and_then(|it| it.tag()).unwrap_or("unknown");
    let names: Vec<&str> = deployed.iter().map(|release| release.name.as_str()).collect();
    let severity = if is_dated { Severity::Blocks } else { Severity::Slows };
    let finding = Finding::new("two-deployed", severity, object(last), format!("Deployed at the same time: {}", names.join(", ")))
        .why(format!(
            "the controllers count the lowest, {}, as deployed, and measure gaps from it; the image of the Deployment is {image_tag}",
            tag(first)
        ))
        .since(last.transition_time.and(newest))
        .seen_in(RELEASES);
    if !is_dated {
        let remedy = "check again in a few minutes: this is normal for a moment while an update begins, and resolves automatically";
        return vec![finding.remedy(remedy).command(list())];
    }
    let wrong = deployed.iter().filter(|release| tag(release) != image_tag);
    let mut finding =
        finding.remedy("mark those that do not run as Superseded; it is a change of the status alone");
    if deployed.iter().any(|release| tag(release) == image_tag) {
        for release in wrong {
            finding = finding.command(Kubectl::Patch {
                resource: Resource::DeckhouseRelease,
                name: release.name.clone(),
                status: true,
                patch: Json::from(&json!({ "status": { "phase": "Superseded" } })),
            });
        }
    }
    vec![finding.command(list())]
}

/// No object says that it is deployed, though there are some, for longer than a switch takes.
pub(super) fn none_deployed(look: &Look<'_>) -> Vec<Finding> {
    let Some(releases) = look.state.releases.known() else { return Vec::new() };
    // Unset, the channel explains it: no object is looked at, none restored.
    if releases.is_empty()
        || look.deployed().is_some()
        || look.channel_is_unset()
        || look.controller() != Controller::Up
    {
        return Vec::new();
    }
    let newest = releases.iter().filter_map(|release| release.transition_time.or(release.created)).max();
    if newest.is_some_and(|since| !look.is_over(since, limits::SWITCH)) {
        return Vec::new();
    }
    let image_tag = look.state.deployment.known().and_then(|it| it.tag()).unwrap_or("unknown");
    vec![
        Finding::new("none-deployed", Severity::Blocks, "DeckhouseRelease", "no release has the phase Deployed")
            .why(format!(
                "the switch of the phases was broken off, as when the pod is killed in its middle; minors then wait \
                 without a message. The image of the Deployment is {image_tag}"
            ))
            .remedy("restart the platform's pod: with the channel set it restores the object of the version that runs")
            .command(Kubectl::RestartPlatform)
            .command(list())
            .since(newest)
            .seen_in(RELEASES),
    ]
}

/// The object says one version, the Deployment runs another.
pub(super) fn other_image(look: &Look<'_>) -> Vec<Finding> {
    let (Some(release), Some(deployment)) = (look.deployed(), look.state.deployment.known()) else {
        return Vec::new();
    };
    let Some(image_tag) = deployment.tag().filter(|_| deployment.has_fixed_tag()) else { return Vec::new() };
    let of_phase = look.of_phase(&Phase::Deployed);
    if of_phase.iter().any(|release| tag(release) == image_tag) || of_phase.len() > 1 {
        return Vec::new();
    }
    // The image is switched first and the object follows; after a broken switch it is the other way round for long.
    if release.transition_time.is_some_and(|since| !look.is_over(since, limits::SWITCH))
        || look.controller() != Controller::Up
    {
        return Vec::new();
    }
    vec![
        Finding::new(
            "other-image",
            Severity::Slows,
            object(release),
            format!("{} is marked as deployed, and the Deployment runs {image_tag}", tag(release)),
        )
        .why(
            "the image was changed by hand, or the object was marked without a switch (annotation dryrun); the next \
             release is measured from the object, not from what runs",
        )
        .remedy("bring the two together: set the image of the deployed release, if that is what should run")
        .command(Kubectl::SetPlatformImage(format!(
            "{}:{}",
            deployment.image.strip_suffix(image_tag).and_then(|it| it.strip_suffix(':')).unwrap_or(&deployment.image),
            tag(release)
        )))
        .since(release.transition_time)
        .seen_in("DeckhouseReleases and Deployment d8-system/deckhouse"),
    ]
}

/// Two objects of one version.
pub(super) fn twins(look: &Look<'_>) -> Vec<Finding> {
    let releases = look.releases();
    let pairs = releases.windows(2).filter(|pair| pair[0].version == pair[1].version);
    // Only where one of them waits does the pair do harm.
    let harmful = pairs.filter(|pair| pair[0].is_waiting() || pair[1].is_waiting());
    harmful
        .map(|pair| {
            let stray = if pair[0].is_misnamed() { pair[0] } else { pair[1] };
            let kept = if stray.name == pair[0].name { pair[1] } else { pair[0] };
            let why = if [pair[0], pair[1]].iter().any(|it| it.phase == Some(Phase::Deployed)) {
                format!(
                    "the one that waits is never taken, and holds the next minor at `awaiting for {} release to be deployed`",
                    tag(kept)
                )
            } else {
                "each takes the other for a higher patch: both are skipped, and the minor is lost without a word".to_owned()
            };
            let finding = Finding::new(
                "twins",
                Severity::Blocks,
                object(stray),
                format!("{} and {} are of one version", stray.name, kept.name),
            )
            .why(why)
            .seen_in(RELEASES);
            if stray.is_waiting() {
                finding
                    .remedy(
                        Sentence::from("remove the one that waits and whose name is not its version; ")
                            .quoted(Update::prepare())
                            .text(" does it in the safe order"),
                    )
                    .command(Update::prepare())
            } else {
                finding
                    .remedy("remove the one that waits, never the deployed one")
                    .command(Kubectl::Delete(Resource::DeckhouseRelease, vec![kept.name.clone()]))
            }
        })
        .collect()
}

/// Minors between the deployed release and the next one are not there.
pub(super) fn gap(look: &Look<'_>) -> Vec<Finding> {
    let order = look.order();
    let (Some(deployed), Some(next)) = (order.deployed_version(), look.upcoming()) else {
        return Vec::new();
    };
    // Of two, which for a moment are normal, it is not known which one counts.
    if !order.also_deployed.is_empty() {
        return Vec::new();
    }
    let what = next
        .version
        .as_ref()
        .and_then(|version| Some((release_order::gap(deployed, version, look.state.is_lts())?, version)));
    let Some((what, version)) = what else { return Vec::new() };
    let alert = look.alert("DeckhouseUpdatingFailed");
    vec![
        Finding::new(
            "gap",
            Severity::Blocks,
            object(next),
            interim::position(&what, version).to_string(),
        )
        .why(
            "where a release between them was skipped or suspended, the controller may even jump, which the platform \
             does not support",
        )
        .remedy(
            Sentence::from(
                "do not approve it; pull the releases from the deployed one on, push them, and bring them into the \
                 cluster: ",
            )
            .command(Mirror::PullSince { major: deployed.major, minor: deployed.minor })
            .text(", then ")
            .command(look.push())
            .text(", then ")
            .command(Update::prepare()),
        )
        .command(list())
        .since(alert.and_then(|alert| alert.starts_at))
        .seen_in(RELEASES),
    ]
}

/// The controller looks at a new object within seconds.
pub(super) fn no_phase(look: &Look<'_>) -> Vec<Finding> {
    if look.channel_is_unset() || look.controller() != Controller::Up {
        return Vec::new();
    }
    let unseen: Vec<&Release> = look
        .releases()
        .into_iter()
        .filter(|release| release.phase.is_none())
        .filter(|release| release.created.is_none_or(|since| look.is_over(since, limits::FIRST_LOOK)))
        .collect();
    let Some(first) = unseen.first() else { return Vec::new() };
    let names: Vec<&str> = unseen.iter().map(|release| release.name.as_str()).collect();
    vec![
        Finding::new("no-phase", Severity::Blocks, object(first), format!("without a phase: {}", names.join(", ")))
            .why("the controller has not looked at it, though its pod is ready and a channel is set: it hangs, or fails at it")
            .remedy("see what it says of this release; restart it if it says nothing")
            .command(Command::kubectl(look.recent_log()).piped(Filter::GrepAny("release")))
            .command(Kubectl::RestartPlatform)
            .since(first.created)
            .seen_in(RELEASES),
    ]
}

/// A release that its vendor has withdrawn.
pub(super) fn suspended(look: &Look<'_>) -> Vec<Finding> {
    let deployed = look.deployed().and_then(|release| release.version.as_ref());
    let above = look
        .of_phase(&Phase::Suspended)
        .into_iter()
        .filter(|it| deployed.is_none_or(|deployed| it.version.as_ref() > Some(deployed)));
    above
        .map(|release| {
            let other = look.order().waiting.into_iter().any(|it| minor(it) == minor(release));
            let severity = if other { Severity::Notable } else { Severity::Blocks };
            Finding::new("suspended", severity, object(release), "it is suspended")
                .why(if other {
                    "its vendor has withdrawn it; another patch of the same minor waits, which takes its place"
                } else {
                    "its vendor has withdrawn it, and no other patch of its minor waits"
                })
                .remedy(format!(
                    "pull another patch of this minor by its version, and push it; the update continues automatically once {} is no longer suspended",
                    tag(release)
                ))
                .command(Kubectl::Get(Objects::one(Resource::DeckhouseRelease, &release.name), Output::Yaml))
                .since(release.transition_time)
                .seen_in(RELEASES)
        })
        .collect()
}

fn minor(release: &Release) -> Option<(u64, u64)> {
    release.version.as_ref().map(|version| (version.major, version.minor))
}
