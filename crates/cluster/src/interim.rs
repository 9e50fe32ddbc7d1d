//! Texts of facts for the parts of this crate that still make text: plan, status, approve, kernel and doctor. `cli::words`
//! replaces each of them as soon as its part returns problems; the last one removes this file.

use commands::{Sentence, Update};
use problems::{ReleaseFact, WaitReason};
use semver::Version;

/// Why `version` is not next, or never will be.
pub(crate) fn position(fact: &ReleaseFact, version: &Version) -> Sentence {
    match fact {
        ReleaseFact::NotInCluster => format!("the cluster has no release v{version}").into(),
        ReleaseFact::NoneDeployed => "no release is currently Deployed".into(),
        ReleaseFact::Below { deployed } => format!("v{version} is below the deployed v{deployed}").into(),
        ReleaseFact::TwoDeployed { lower, other } => {
            format!("two releases are Deployed, {lower} and {other}: an update has just begun, or was broken off").into()
        }
        ReleaseFact::Withdrawn => {
            format!("v{version} is Suspended: the vendor has withdrawn it; take another patch of its minor").into()
        }
        ReleaseFact::PassedOver { phase } => {
            format!("v{version} is {phase}: the cluster has passed it over").into()
        }
        ReleaseFact::Duplicate { name, version } => Sentence::from(format!(
            "DeckhouseRelease/{name} is a second object of {version}: because of it the controller skips both, or waits \
             forever; "
        ))
        .command(Update::prepare())
        .text(" removes it where that is safe"),
        ReleaseFact::HigherPatch(higher) => {
            format!("v{higher} waits too, a higher patch of the same minor: approve that one").into()
        }
        ReleaseFact::Earlier(first) => {
            format!("v{first} comes first, which waits and is not deployed yet").into()
        }
        ReleaseFact::OtherMajor { deployed } => {
            format!("v{version} is of another major version than the deployed v{deployed}").into()
        }
        ReleaseFact::MissingMinors { deployed, minors: (first, last) } => {
            let major = deployed.major;
            let missing = if first == last {
                format!("{major}.{first}")
            } else {
                format!("{major}.{first} to {major}.{last}")
            };
            format!(
                "no release of {missing} is waiting after the deployed v{deployed}: releases are applied minor by minor"
            )
            .into()
        }
        _ => Sentence::default(),
    }
}

/// Why a release waits.
pub(crate) fn wait_reason(reason: &WaitReason) -> String {
    let with_time = |what: &str, until: &Option<String>| match until {
        Some(until) => format!("{what} until {until}"),
        None => what.to_owned(),
    };
    match reason {
        WaitReason::Approval => "it waits for approval".to_owned(),
        WaitReason::Window { until } => with_time("it waits for the update window", until),
        WaitReason::Postponed { until } => with_time("it is postponed", until),
        WaitReason::Notification { until } => with_time("the time after the notification runs", until),
        WaitReason::NotificationFailed { why } => {
            format!("the notification webhook fails, and nothing goes on until it answers: {why}")
        }
        WaitReason::Cooldown { until } => with_time("the pause after the last update runs", until),
        WaitReason::Requirement { key: Some(key), why, .. } => {
            format!("requirement {key} is not met: {why}")
        }
        WaitReason::Requirement { key: None, why, .. } => format!("a requirement is not met: {why}"),
        WaitReason::UnknownRequirement { key } => format!(
            "the running version does not know the requirement {key}: a version was left out, or it is another edition"
        ),
        WaitReason::Disruption => "its disruption must be approved".to_owned(),
        WaitReason::NotTakenUp { disruption: false } => {
            "approved; the controller has not taken it up yet".to_owned()
        }
        WaitReason::NotTakenUp { disruption: true } => {
            "its disruption is approved; the controller has not taken that up yet".to_owned()
        }
        WaitReason::Previous { release } => format!("{release} comes first"),
        WaitReason::PodNotReady => {
            "the platform's pod is not ready: the update before is not finished".to_owned()
        }
        WaitReason::Gap => "minor versions between are missing".to_owned(),
        WaitReason::Major => "it is of another major version".to_owned(),
        WaitReason::Suspended => "the vendor has withdrawn it (suspended)".to_owned(),
        WaitReason::NoPolicy => "the module has no update policy".to_owned(),
        WaitReason::Other { message } => message.clone(),
    }
}
