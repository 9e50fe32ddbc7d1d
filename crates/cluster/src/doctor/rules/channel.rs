//! The release channel: whether it is followed, and whether what it leads to agrees with the cluster.

use commands::{Command, Filter, Kubectl, Mirror, Objects, Output, Resource, Sentence, Update};
use semver::Version;

use super::registry::repo;
use crate::{
    doctor::{
        evidence::{Answer, Answers, ChannelRelease, Probe},
        finding::{Finding, Severity},
        look::{Controller, Look, tag as tag_of_release},
    },
    objects::Release,
    prepare::{interrupted_preparation, noted_channel, set_channel},
};

const CONFIG: &str = "ModuleConfig/deckhouse";

/// Nothing is looked at while the channel is unset.
pub(super) fn unset(look: &Look<'_>) -> Vec<Finding> {
    if !look.channel_is_unset() {
        return Vec::new();
    }
    let kept = look.state.deckhouse_config().and_then(noted_channel);
    let finding = Finding::new("channel-unset", Severity::Blocks, CONFIG, "settings.releaseChannel is unset")
        .why("without a channel the controller looks at no release and creates none")
        .seen_in("ModuleConfigs");
    vec![match kept {
        Some(channel) => finding.remedy(interrupted_preparation(channel)).command(Update::prepare()),
        None => finding
            .remedy(
                Sentence::from("set the channel whose releases the registry holds: ").command(set_channel()),
            )
            .command(Kubectl::Get(
                Objects::one(Resource::ModuleConfig, "deckhouse"),
                Output::JsonPath("{.spec.settings.releaseChannel}"),
            )),
    }]
}

/// The Deployment runs a tag that moves.
pub(super) fn moving_tag(look: &Look<'_>) -> Vec<Finding> {
    let Some(deployment) =
        look.state.deployment.known().filter(|it| !it.image.is_empty() && !it.has_fixed_tag())
    else {
        return Vec::new();
    };
    let finding = Finding::new(
        "moving-tag",
        Severity::Blocks,
        "Deployment/deckhouse",
        format!("its image is {}", deployment.image),
    )
    .why(
        "this tag is moved by every push; while the release channel is unset the platform restarts into whatever is \
         there, which is an update that nobody controls",
    )
    .seen_in("Deployment d8-system/deckhouse");
    vec![match look.deployed() {
        Some(release) => {
            let base = deployment.image.split('@').next().unwrap_or_default();
            let base =
                deployment.tag().and_then(|tag| base.strip_suffix(tag)?.strip_suffix(':')).unwrap_or(base);
            let version = tag_of_release(release);
            finding
                .remedy(format!(
                    "set the tag of the release that is deployed, {version}, if that image is in the registry"
                ))
                .command(Kubectl::SetPlatformImage(format!("{base}:{version}")))
        }
        None => finding.remedy("set the tag vX.Y.Z of the version that runs"),
    }]
}

/// The channel's tag in the registry against the releases in the cluster.
pub(super) fn tag(look: &Look<'_>) -> Vec<Finding> {
    let Probe::Answered(answers) = &look.evidence.registry else { return Vec::new() };
    let Some(channel) = look.settings().and_then(|settings| settings.channel()) else { return Vec::new() };
    let image = format!("{}/release-channel:{channel}", repo(look));
    let finding = |severity, what: String| {
        Finding::new("channel-tag", severity, CONFIG, what).seen_in("registry, with the cluster's login")
    };
    let push = Sentence::from("pull the bundle again with the releases up to the channel's, and push it: ")
        .command(look.push());
    let release = match &answers.channel {
        Answer::Is(release) => release,
        Answer::Missing => {
            return vec![
                finding(Severity::Blocks, format!("{image} is not in the registry"))
                    .why("the cluster follows this channel, so it sees no new release")
                    .remedy(push),
            ];
        }
        Answer::Denied(words) => {
            return vec![
                finding(Severity::Blocks, format!("{image} may not be read: {words}"))
                    .why("the cluster follows this channel, so it sees no new release")
                    .remedy("let the cluster's login read this repository"),
            ];
        }
        Answer::Unknown(_) => return Vec::new(),
    };
    let mut findings = Vec::new();
    if release.suspended {
        findings.push(
            finding(Severity::Blocks, format!("{image} (v{}) is marked as suspended", release.version))
                .why("its vendor holds the release back; the controller does not go on to it")
                .remedy(
                    "pull another patch by its version, or pull again when the channel is free; then push",
                ),
        );
    }
    findings.extend(vanishing(look, release, &image, push));
    findings.extend(unseen(look, answers, release, &image));
    findings
}

/// Releases above what the channel's tag leads to are deleted while they wait.
fn vanishing(look: &Look<'_>, channel: &ChannelRelease, image: &str, push: Sentence) -> Option<Finding> {
    let above = |release: &&Release| release.version.as_ref() > Some(&channel.version);
    let names: Vec<&str> =
        look.order().waiting.into_iter().filter(above).map(|release| release.name.as_str()).collect();
    let first = names.first()?;
    Some(
        Finding::new(
            "above-channel",
            Severity::Blocks,
            format!("DeckhouseRelease/{first}"),
            format!("{} above v{}, which {image} leads to", names.join(", "), channel.version),
        )
        .why("the controller deletes waiting releases that are newer than the channel's")
        .remedy(
            Sentence::from("the tag of the channel must lead to the newest release that is to come: ")
                .then(push),
        )
        .seen_in("registry, with the cluster's login"),
    )
}

/// Releases that the channel leads to, or that lie on the way to it, and that the cluster does not have.
fn unseen(look: &Look<'_>, answers: &Answers, channel: &ChannelRelease, image: &str) -> Option<Finding> {
    let deployed = look.deployed().and_then(|release| release.version.as_ref())?;
    let up = look.controller() == Controller::Up;
    if channel.version == *deployed && look.upcoming().is_none() && up {
        return Some(
            Finding::new(
                "channel-reached",
                Severity::Notable,
                CONFIG,
                format!("{image} leads to v{deployed}, which is deployed"),
            )
            .why(
                "there is nothing to go on to; releases above the channel's, which an earlier tag or a person has brought, \
                 are deleted by the controller while they wait",
            )
            .remedy("push a bundle whose channel leads further, if there is to be an update")
            .seen_in("registry, with the cluster's login"),
        );
    }
    if channel.version <= *deployed {
        return (channel.version < *deployed).then(|| {
            Finding::new(
                "channel-behind",
                Severity::Notable,
                CONFIG,
                format!("{image} leads to v{}, below the deployed v{deployed}", channel.version),
            )
            .why("nothing new comes from this channel until its tag is above what is deployed")
            .remedy("push a newer bundle, if there is to be an update")
            .seen_in("registry, with the cluster's login")
        });
    }
    let minors = |version: &Version| (version.major, version.minor);
    if let Answer::Is(versions) = &answers.versions {
        let gaps: Vec<String> = (deployed.minor + 1..channel.version.minor)
            .filter(|minor| {
                channel.version.major == deployed.major
                    && !versions.iter().any(|it| minors(it) == (deployed.major, *minor))
            })
            .map(|minor| format!("v{}.{minor}", deployed.major))
            .collect();
        if !gaps.is_empty() && !look.state.is_lts() {
            return Some(
                Finding::new(
                    "registry-gap",
                    Severity::Blocks,
                    "Secret/deckhouse-registry",
                    format!("the registry has no release of {}", gaps.join(", ")),
                )
                .why(format!(
                    "v{deployed} is deployed and the channel leads to v{}; minors are taken one by one, so the controller \
                     creates no release beyond the gap",
                    channel.version
                ))
                .remedy(
                    Sentence::from("pull again from the deployed release on, and push: ")
                        .command(Mirror::PullSince { major: deployed.major, minor: deployed.minor }),
                )
                .seen_in("registry, with the cluster's login"),
            );
        }
    }
    let has_waiting = look.upcoming().is_some();
    (!has_waiting && up && !channel.suspended && !look.channel_is_unset()).then(|| {
        Finding::new(
            "release-not-created",
            Severity::Notable,
            CONFIG,
            format!("{image} leads to v{}, and no release waits in the cluster", channel.version),
        )
        .why(
            "the controller looks at the tag every few minutes, and again when it changes or the platform's pod restarts; \
             if this stays so, it does not see what was asked from here",
        )
        .remedy("wait 5 minutes; then see what the platform says about release channels, and restart its pod")
        .command(Command::kubectl(look.recent_log()).piped(Filter::GrepAny("release|channel")))
        .command(Kubectl::RestartPlatform)
        .seen_in("registry, with the cluster's login")
    })
}
