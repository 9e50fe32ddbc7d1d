//! What keeps the update from going through, and the command that goes on from here.
//!
//! What only a person can change blocks. Windows, waves of a rollout and delays pass by themselves, and an approval
//! that is still to be given is what comes next.

use commands::{Approve, Command, Sentence, Update};
use deckhouse::release_list::RELEASES_FILE;
use semver::Version;

use super::Step;
use crate::{
    ClusterState,
    chain::{Candidate, Chain, Range, Why},
    interim,
    objects::{ModuleConfig, Release, UpdateSettings},
    prepare::{interrupted_preparation, noted_channel, set_channel},
    release_order::{Position, ReleaseOrder},
    safe_text::hosts_only,
    wait_reason::{WaitReason, wait_reasons},
};

/// Everything that blocks, in plain words.
pub(super) fn blocking(
    state: &ClusterState,
    order: &ReleaseOrder<'_>,
    chain: &Chain<'_>,
    steps: &[Step],
    range: Range<'_>,
) -> Vec<Sentence> {
    let config = state.deckhouse_config();
    let mut blocking = Vec::new();
    blocking.extend(moving_tag(state).map(Sentence::from));
    blocking.extend(config.and_then(unset_channel));
    if let (Some(one), Some(other)) = (order.deployed, order.also_deployed.first()) {
        blocking.push(
            Sentence::from(format!(
                "two releases are Deployed, {} and {}: an update has just begun, or was broken off; ",
                one.name, other.name
            ))
            .command(Update::Watch)
            .text(" tells"),
        );
    } else if let Some((version, Candidate { object: Some(_), .. })) = chain.steps.first()
        && let Position::NotYet(why) | Position::Never(why) = order.position(version, range.lts)
    {
        blocking.push(interim::position(&why, version));
    }
    blocking.extend(withdrawn(chain, range).into_iter().map(Sentence::from));
    blocking.extend(chain.steps.first().and_then(|(_, next)| held(next.object?)));
    for step in steps {
        let keys: Vec<&str> =
            step.requirements.iter().filter(|it| it.outcome.blocks()).map(|it| it.key.as_str()).collect();
        if !keys.is_empty() {
            let keys = keys.join(", ");
            blocking.push(format!("{} requires what the cluster has not: {keys}", step.version).into());
        }
    }
    blocking.extend(higher_patch(order, range).map(Sentence::from));
    blocking
}

fn moving_tag(state: &ClusterState) -> Option<String> {
    let deployment = state.deployment.known().filter(|it| !it.has_fixed_tag())?;
    Some(format!(
        "Deployment/deckhouse has the image {}, whose tag moves: whatever is pushed there is run unasked; set it to \
         the tag vX.Y.Z of the version that runs",
        deployment.image
    ))
}

fn unset_channel(config: &ModuleConfig) -> Option<Sentence> {
    if config.update_settings().release_channel.is_some() {
        return None;
    }
    let how = match noted_channel(config) {
        Some(channel) => interrupted_preparation(channel),
        None => Sentence::default().command(set_channel()).text(" sets it"),
    };
    let what = "ModuleConfig/deckhouse has no releaseChannel: while it is unset no release is looked at; ";
    Some(Sentence::from(what).then(how))
}

/// Releases of minors that the chain does not have for no other reason, and the one that is wanted.
fn withdrawn(chain: &Chain<'_>, range: Range<'_>) -> Vec<String> {
    let minor = |version: &Version| (version.major, version.minor);
    let is_passed = |version: &Version| chain.steps.iter().any(|(step, _)| minor(step) == minor(version));
    let mut blocking = Vec::new();
    for (why, versions) in &chain.left_out {
        let is_suspended = match why {
            Why::Suspended => true,
            Why::PassedOver(_) | Why::PreRelease => false,
            _ => continue,
        };
        let lost = versions.iter().filter(|version| {
            range.to == Some(**version) || is_suspended && !is_passed(version) && **version > range.deployed
        });
        blocking.extend(lost.map(|version| {
            if is_suspended {
                format!("v{version} is {why}; take another patch of its minor")
            } else {
                format!("v{version} cannot be had: {why}")
            }
        }));
    }
    blocking
}

/// What the controller waits for besides the approval. Requirements are told of the step.
fn held(next: &Release) -> Option<Sentence> {
    let name = &next.name;
    wait_reasons(&next.message).iter().find_map(|reason| match reason {
        WaitReason::NotificationFailed { .. } => Some(Sentence::from(format!(
            "{name}: {}; bring up the webhook of update.notification in ModuleConfig/deckhouse, or change its address \
             there",
            hosts_only(&interim::wait_reason(reason))
        ))),
        WaitReason::Disruption if !next.is_disruption_approved() => Some(
            Sentence::from(format!(
                "{name} waits until somebody lets it interrupt what it has to ({}): ",
                next.disruptions.join(", ")
            ))
            .command(Approve::Disruption(name.clone())),
        ),
        _ => None,
    })
}

/// The controller skips a release if a higher patch of its minor waits.
fn higher_patch(order: &ReleaseOrder<'_>, range: Range<'_>) -> Option<String> {
    let to = range.to?;
    let mut waiting = order.waiting.iter().filter_map(|release| release.version.as_ref());
    let higher = waiting.find(|it| *it > to && (it.major, it.minor) == (to.major, to.minor))?;
    Some(format!("v{to} cannot be had: v{higher} of the same minor waits too, and the cluster takes that"))
}

/// The command that goes on from here.
pub(super) fn next(
    chain: &Chain<'_>,
    deployed: &Version,
    settings: Option<&UpdateSettings>,
    file: Option<&str>,
) -> Option<Command> {
    let (version, first) = chain.steps.first()?;
    Some(Command::dhctl(match first.object {
        None if first.delivered.is_some() => {
            Update::Prepare { channel: None, file: Some(file.unwrap_or(RELEASES_FILE).to_owned()) }
        }
        None => Update::Status,
        Some(object) if object.is_approved() || comes_by_itself(object, version, deployed, settings) => {
            Update::Watch
        }
        Some(_) => Update::Approve(Approve::Release(format!("v{version}"))),
    }))
}

/// Whether an approval would have no effect. What the controller says counts more than what the mode means.
fn comes_by_itself(
    release: &Release,
    version: &Version,
    deployed: &Version,
    settings: Option<&UpdateSettings>,
) -> bool {
    let is_patch = (version.major, version.minor) == (deployed.major, deployed.minor);
    let mode = settings.and_then(|it| it.mode.as_ref());
    mode.is_some_and(|mode| mode.deploys_unasked(is_patch))
        && !wait_reasons(&release.message).contains(&WaitReason::Approval)
}
