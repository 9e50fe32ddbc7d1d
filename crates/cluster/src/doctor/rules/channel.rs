//! The release channel: whether it is set, and whether the release that it points to fits the cluster.

use commands::{Filter, Kubectl, Objects, Output, Resource};
use deckhouse::version::minor_of;
use problems::{
    Advice, ChannelFact, Contents, DeploymentFact, Kind, Object, PlatformAdvice, PrepareFor, RegistryAdvice,
    RegistryFact, ReleaseAdvice, ReleaseFact, Restart, Rule, See, SettingsFact,
};
use semver::Version;

use super::registry::secret;
use crate::{
    doctor::{
        context::{Context, ControllerState, see, version_of},
        details::{ChannelRelease, RegistryAnswer, RegistryAnswers, RegistryCheck},
        finding::{Finding, Severity},
        source::Source,
    },
    objects::{Release, image_repository},
    prepare::noted_channel,
};

/// While the channel is unset, the controller processes no release.
pub(super) fn unset(context: &Context<'_>) -> Vec<Finding> {
    if !context.state.channel_is_unset() {
        return Vec::new();
    }
    let noted = context.state.deckhouse_config().and_then(noted_channel);
    let fact =
        SettingsFact::ChannelUnset { interrupted: noted.map(|channel| channel.in_settings().to_owned()) };
    let finding = Finding::new(Rule::ChannelUnset, Severity::Blocks, Object::settings(), fact)
        .seen_in(Source::ModuleConfigs);
    let current = Kubectl::Get(
        Objects::one(Resource::ModuleConfig, "deckhouse"),
        Output::JsonPath("{.spec.settings.releaseChannel}"),
    );
    vec![match noted {
        Some(_) => finding.advise(Advice::Prepare(PrepareFor::Resume)),
        None => finding.advise(Advice::SetChannel).advise(see(See::Status, current)),
    }]
}

/// The Deployment runs a moving tag.
pub(super) fn moving_tag(context: &Context<'_>) -> Vec<Finding> {
    let Some(deployment) =
        context.state.deployment.known().filter(|it| !it.image.is_empty() && !it.has_fixed_tag())
    else {
        return Vec::new();
    };
    let fact = DeploymentFact::MovingTag {
        image: deployment.image.clone(),
        tag: deployment.tag().map(str::to_owned),
    };
    let finding = Finding::new(Rule::MovingTag, Severity::Blocks, Object::deployment(), fact)
        .seen_in(Source::Deployment);
    vec![match context.deployed() {
        Some(release) => {
            let repository = image_repository(&deployment.image).to_owned();
            finding.advise(Advice::SetImage { repository, version: version_of(release) })
        }
        None => finding.advise(PlatformAdvice::SetFixedTag),
    }]
}

/// The channel's tag in the registry, compared with the releases in the cluster.
pub(super) fn tag(context: &Context<'_>) -> Vec<Finding> {
    let RegistryCheck::Answered(answers) = &context.details.registry else { return Vec::new() };
    let Some(channel) = context.settings().and_then(|settings| settings.channel()) else { return Vec::new() };
    let image = format!("{}/release-channel:{channel}", context.registry());
    let finding = |fact: ChannelFact| {
        Finding::new(Rule::ChannelTag, Severity::Blocks, Object::settings(), fact).seen_in(Source::Registry)
    };
    let release = match &answers.channel {
        RegistryAnswer::Found(release) => release,
        RegistryAnswer::Missing => {
            return vec![
                finding(ChannelFact::TagMissing { image })
                    .advise(RegistryAdvice::Pull(channel_contents(context)))
                    .advise(context.push()),
            ];
        }
        RegistryAnswer::Denied(message) => {
            return vec![
                finding(ChannelFact::TagDenied { image, message: message.clone() })
                    .advise(RegistryAdvice::AllowReading),
            ];
        }
        RegistryAnswer::Unknown(_) => return Vec::new(),
    };
    let mut findings = Vec::new();
    if release.suspended {
        findings.push(
            finding(ChannelFact::Suspended { image: image.clone(), version: release.version.clone() })
                .advise(Advice::AnotherPatch(release.version.clone()))
                .advise(context.push()),
        );
    }
    findings.extend(above_channel(context, release, &image));
    findings.extend(without_release(context, answers, release, &image));
    findings
}

/// What a bundle has to contain for the channel.
fn channel_contents(context: &Context<'_>) -> Contents {
    Contents::Channel(context.deployed().map(version_of))
}

/// The controller deletes waiting releases that are newer than what the channel's tag points to.
fn above_channel(context: &Context<'_>, channel: &ChannelRelease, image: &str) -> Option<Finding> {
    let above = |release: &&Release| release.version.as_ref() > Some(&channel.version);
    let names: Vec<String> =
        context.order().waiting.into_iter().filter(above).map(|release| release.name.clone()).collect();
    let object = Object::new(Kind::DeckhouseRelease, names.first()?);
    let fact = ReleaseFact::AboveChannel { names, image: image.to_owned(), channel: channel.version.clone() };
    Some(
        Finding::new(Rule::AboveChannel, Severity::Blocks, object, fact)
            .advise(RegistryAdvice::Pull(channel_contents(context)))
            .advise(context.push())
            .seen_in(Source::Registry),
    )
}

/// Releases that the channel points to, or that come before it, and that the cluster does not have.
fn without_release(
    context: &Context<'_>,
    answers: &RegistryAnswers,
    channel: &ChannelRelease,
    image: &str,
) -> Option<Finding> {
    let deployed = context.deployed().and_then(|release| release.version.as_ref())?;
    let ready = context.controller() == ControllerState::Ready;
    let (image, version) = (image.to_owned(), channel.version.clone());
    let notable = |rule, fact: ChannelFact| {
        Finding::new(rule, Severity::Notable, Object::settings(), fact).seen_in(Source::Registry)
    };
    if version == *deployed {
        let reached = context.next_release().is_none() && ready;
        return reached.then(|| {
            notable(Rule::ChannelReached, ChannelFact::Reached { image, version })
                .advise(RegistryAdvice::Pull(Contents::NewerChannel { deployed: deployed.clone() }))
                .advise(context.push())
        });
    }
    if version < *deployed {
        let fact = ChannelFact::Behind { image, version, deployed: deployed.clone() };
        return Some(
            notable(Rule::ChannelBehind, fact)
                .advise(RegistryAdvice::Pull(Contents::NewerChannel { deployed: deployed.clone() }))
                .advise(context.push()),
        );
    }
    if let Some(finding) = missing_minors(context, answers, deployed, &version) {
        return Some(finding);
    }
    let has_waiting = context.next_release().is_some();
    (!has_waiting && ready && !channel.suspended && !context.state.channel_is_unset()).then(|| {
        notable(Rule::ReleaseNotCreated, ChannelFact::ReleaseNotCreated { image, version })
            .advise(ReleaseAdvice::WaitForChannel)
            .advise(context.see_log(See::LogOfReleases, Filter::GrepAny("release|channel")))
            .advise(PlatformAdvice::Restart(Restart::IfUnchanged))
    })
}

fn missing_minors(
    context: &Context<'_>,
    answers: &RegistryAnswers,
    deployed: &Version,
    channel: &Version,
) -> Option<Finding> {
    let versions = answers.versions.found()?;
    if channel.major != deployed.major || context.state.is_lts() {
        return None;
    }
    let is_missing = |minor: &u64| !versions.all().any(|it| minor_of(it) == (deployed.major, *minor));
    let minors: Vec<(u64, u64)> =
        (deployed.minor + 1..channel.minor).filter(is_missing).map(|minor| (deployed.major, minor)).collect();
    if minors.is_empty() {
        return None;
    }
    let fact = RegistryFact::MinorsMissing {
        repo: context.registry(),
        minors,
        deployed: deployed.clone(),
        channel: channel.clone(),
    };
    Some(
        Finding::new(Rule::RegistryGap, Severity::Blocks, secret(), fact)
            .advise(Advice::PullSince { major: deployed.major, minor: deployed.minor })
            .advise(context.push())
            .seen_in(Source::Registry),
    )
}
