//! Releases of the platform.

use commands::Sentence;
use problems::{ReleaseFact, Unfinished, WaitReason};

use super::list;

/// How many names are listed.
const NAMED: usize = 5;

/// How many nodes are listed.
const NODES: usize = 20;

/// Whether what is said is a whole sentence: no object is the one that it is about.
pub(super) fn is_whole(fact: &ReleaseFact) -> bool {
    matches!(fact, ReleaseFact::NoneDeployed | ReleaseFact::NoVersion | ReleaseFact::DeployedLost { .. })
}

#[expect(clippy::too_many_lines, reason = "an arm for each fact")]
pub(super) fn predicate(fact: &ReleaseFact) -> Sentence {
    match fact {
        ReleaseFact::NoneDeployed => {
            "no DeckhouseRelease is marked Deployed; waiting for the controller to mark one (no action needed)"
                .to_owned()
        }
        ReleaseFact::NoVersion => {
            "no DeckhouseRelease is marked Deployed, and the image of Deployment/deckhouse has no version tag"
                .to_owned()
        }
        ReleaseFact::StillDeployed { .. } => {
            "is still marked Deployed; waiting for the controller to mark it Superseded (no action needed)"
                .to_owned()
        }
        ReleaseFact::StillUpdating => {
            "is still marked isUpdating; waiting for the controller to remove the mark (no action needed)"
                .to_owned()
        }
        ReleaseFact::TwoDeployed { other, .. } => {
            format!("is marked Deployed, and so is {other}: an update has just started, or was interrupted")
        }
        ReleaseFact::NotInCluster => "is not in the cluster".to_owned(),
        ReleaseFact::Waits(reasons) | ReleaseFact::Delayed { reasons, .. } => {
            // The controller reports a window as a postponement too.
            let has_window = reasons.iter().any(WaitReason::is_window);
            let is_shown = |it: &&WaitReason| !(has_window && matches!(it, WaitReason::Postponed { .. }));
            reasons.iter().filter(is_shown).map(wait_reason).collect::<Vec<_>>().join("; ")
        }
        ReleaseFact::NotSeen => "is waiting for the controller to check it".to_owned(),
        ReleaseFact::Disappeared => "was in the cluster and is missing now".to_owned(),
        ReleaseFact::Withdrawn => "was suspended by the vendor".to_owned(),
        ReleaseFact::PassedOver { phase } => {
            format!("is {phase} and will not be deployed: a newer patch or release replaced it")
        }
        ReleaseFact::IsDeployed => "is already deployed".to_owned(),
        ReleaseFact::Below { deployed } => format!("is older than the deployed v{deployed}"),
        ReleaseFact::OtherMajor { deployed } => {
            format!("has a different major version from the deployed v{deployed}")
        }
        ReleaseFact::MissingMinors { deployed, minors: (first, last) } => {
            let missing = missing(deployed.major, (*first, *last));
            format!("cannot follow the deployed v{deployed}: {missing}")
        }
        ReleaseFact::MissingBetween { before, minors: (first, last) } => {
            let missing = missing(before.major, (*first, *last));
            format!("cannot follow v{before}, the release before it in this plan: {missing}")
        }
        ReleaseFact::ApprovedAhead { first } => {
            format!("is approved, but v{first} comes first and is not deployed yet")
        }
        ReleaseFact::SkippedMinors(versions) => {
            let versions: Vec<String> = versions.iter().map(|version| format!("v{version}")).collect();
            format!("is deployed, but these earlier releases were skipped and never ran: {}", list(&versions, NAMED))
        }
        ReleaseFact::RanNotKnown(versions) => {
            let versions: Vec<String> = versions.iter().map(|version| format!("v{version}")).collect();
            format!("is deployed, but it is not known whether these earlier releases ran: {}", list(&versions, NAMED))
        }
        ReleaseFact::HigherPatch(higher) => {
            format!(
                "will not be deployed: v{higher}, a newer patch of the same minor version, is waiting too"
            )
        }
        ReleaseFact::Earlier(first) => format!("must wait for v{first}, which is not deployed yet"),
        ReleaseFact::Duplicate { name, version } => {
            format!("is blocked by DeckhouseRelease/{name}, a duplicate object of {version}")
        }
        ReleaseFact::Unmet(reasons) | ReleaseFact::ApprovedButUnmet(reasons) => format!("has unmet requirements: {}", requirements(reasons)),
        ReleaseFact::RequirementsNotKnown(reasons) => {
            format!(
                "has requirements that cannot be checked yet: the controller has not yet collected the current values from \
                 the cluster ({})",
                requirements(reasons)
            )
        }
        ReleaseFact::NeedsDisruptionApproval { disruptions } if disruptions.is_empty() => {
            "waits for approval of its disruptions".to_owned()
        }
        ReleaseFact::NeedsDisruptionApproval { disruptions } => {
            format!("waits for approval of its disruptions: {}", disruptions.join(", "))
        }
        ReleaseFact::NeedsApprovalAnyway => {
            "waits for approval, although the update mode needs none".to_owned()
        }
        ReleaseFact::ToBeApproved => "waits for approval".to_owned(),
        ReleaseFact::NotificationFailed { why } => {
            format!("is blocked: the notification webhook fails: {why}")
        }
        ReleaseFact::ApprovalLost => {
            "needs a new approval: the old one was removed, or the update mode was changed".to_owned()
        }
        ReleaseFact::Silent { approved: true } => {
            "is approved, but the controller does not start it and gives no reason".to_owned()
        }
        ReleaseFact::Silent { approved: false } => {
            "needs no approval, but the controller does not start it and gives no reason".to_owned()
        }
        ReleaseFact::ChangedMeanwhile => "was changed while it was being approved".to_owned(),
        ReleaseFact::NotNow(why) => format!("cannot be approved now: {why}"),
        ReleaseFact::DeployedLost { .. } => "no DeckhouseRelease is marked Deployed".to_owned(),
        ReleaseFact::OtherImage { image_tag } => {
            format!("is marked Deployed, but Deployment/deckhouse runs {image_tag}")
        }
        ReleaseFact::IsDuplicate { of, version, .. } => {
            format!("is a duplicate of DeckhouseRelease/{of}: both are for release {version}")
        }
        ReleaseFact::NoPhase { names } if names.len() > 1 => {
            format!("has no phase; {} releases are affected: {}", names.len(), list(names, NAMED))
        }
        ReleaseFact::NoPhase { .. } => "has no phase".to_owned(),
        ReleaseFact::StillNoPhase { names } => {
            let all = if names.len() > 1 {
                format!("; {} releases are affected: {}", names.len(), list(names, NAMED))
            } else {
                String::new()
            };
            format!("has no phase, although it was annotated so that the controller processes it{all}")
        }
        ReleaseFact::SkippedTogether { names } => {
            format!("will not be deployed: the controller skipped all objects of this version: {}", list(names, NAMED))
        }
        ReleaseFact::NotificationMayFail { alert: true } => {
            "waits without a message: an alert says that its notification was not sent".to_owned()
        }
        ReleaseFact::NotificationMayFail { alert: false } => {
            "waits without a message, and a notification webhook is configured".to_owned()
        }
        ReleaseFact::UnmetByNodes { reason, .. } => {
            format!("has unmet requirements: {}", requirement(reason))
        }
        ReleaseFact::WithdrawnAndReplaced => {
            "was suspended by the vendor; another patch of its minor version is waiting".to_owned()
        }
        ReleaseFact::ImageMissing { image } => {
            format!("needs the image {image}, which is missing from the registry")
        }
        ReleaseFact::AboveChannel { names, image, channel } => {
            let all = if names.len() > 1 {
                format!(" ({} releases are affected: {})", names.len(), list(names, NAMED))
            } else {
                String::new()
            };
            format!("is newer than v{channel}, which the release channel {image} points to{all}")
        }
        ReleaseFact::HeldByAlerts { alerts, .. } => {
            format!("is blocked by update.blockOnAlerts while these alerts fire: {}", list(alerts, NAMED))
        }
        ReleaseFact::InProgress { restarting: false } => "is being deployed".to_owned(),
        ReleaseFact::InProgress { restarting: true } => {
            "is being deployed: the platform's pod is being replaced, or is applying all modules for the first time"
                .to_owned()
        }
        ReleaseFact::PreviousUnfinished { previous, sign } => {
            format!("cannot be approved yet: the update to {previous} is not done ({})", unfinished(sign))
        }
        ReleaseFact::PreRelease => "is a pre-release, which the cluster refuses".to_owned(),
        ReleaseFact::UnmetKeys(keys) => format!("has unmet requirements: {}", keys.join(", ")),
    }
    .into()
}

pub(super) fn means(fact: &ReleaseFact) -> Option<Sentence> {
    let text = match fact {
        ReleaseFact::Disappeared => {
            "the controller deletes releases that are newer than what the release channel's tag in the registry \
             points to"
        }
        ReleaseFact::ApprovedAhead { .. } => {
            "the controller may deploy the later release directly and skip the earlier one; the platform does not support skipping minor versions"
        }
        ReleaseFact::SkippedMinors(_) => {
            "the platform does not support skipping minor versions: the changes that the skipped versions make in the cluster were never made"
        }
        ReleaseFact::RanNotKnown(_) => {
            "the controller may have skipped them; the cluster no longer has the ReplicaSets, events and times that would show it"
        }
        ReleaseFact::Duplicate { .. } => "the controller may skip both objects or hang",
        ReleaseFact::MissingMinors { .. } | ReleaseFact::MissingBetween { .. } => {
            "releases are deployed one minor version after another"
        }
        ReleaseFact::TwoDeployed { .. } => "the platform treats the older version as the deployed one",
        ReleaseFact::Unmet(_) => "dhctl does not approve it until the requirements are met",
        ReleaseFact::ApprovedButUnmet(_) => {
            "it is already approved: the controller starts it automatically when the requirements are met"
        }
        ReleaseFact::NotificationFailed { .. } => {
            "the platform announces a release before it deploys it, and waits until the webhook answers"
        }
        ReleaseFact::NeedsDisruptionApproval { .. } => {
            "the release interrupts workloads, and settings.update.disruptionApprovalMode is Manual"
        }
        ReleaseFact::DeployedLost { image_tag } => {
            let runs =
                image_tag.as_ref().map_or(String::new(), |it| format!(". Deployment/deckhouse runs {it}"));
            let text = "the controller was interrupted while it changed the phases of releases; until one is Deployed, later minor versions wait without a message. Old platform versions instead deploy them without an approval, like patches";
            return Some(format!("{text}{runs}").into());
        }
        ReleaseFact::OtherImage { .. } => {
            "the image was changed by hand, or the release was marked Deployed without an update (annotation \
             dryrun); the controller compares the next release with this object, not with the version that is \
             running"
        }
        ReleaseFact::IsDuplicate { version, deployed: true, .. } => {
            return Some(
                format!(
                    "the waiting object is never deployed, and the next minor version waits with the message `awaiting for {version} \
                     release to be deployed`"
                )
                .into(),
            );
        }
        ReleaseFact::IsDuplicate { deployed: false, .. } => {
            "the controller may skip both objects without a message; then this minor version is never deployed"
        }
        ReleaseFact::NoPhase { .. } => {
            "it may have been created while no release channel was set; the controller processes such an object only after \
             it changes"
        }
        ReleaseFact::StillNoPhase { .. } => {
            "the controller has not processed the changed object: its queue may be stuck, or it cannot process releases"
        }
        ReleaseFact::SkippedTogether { .. } => {
            "if two objects of one version are waiting, the controller skips both; later minor versions wait until this \
             version is created again"
        }
        ReleaseFact::NotificationMayFail { .. } => {
            "while the controller tries to reach the webhook, it processes no release and writes no message, for about a \
             minute each time"
        }
        ReleaseFact::UnmetByNodes { nodes, .. } => {
            let nodes: Vec<String> = nodes.iter().map(|it| format!("{} ({})", it.node, it.value)).collect();
            return Some(format!("nodes that do not meet it: {}", list(&nodes, NODES)).into());
        }
        ReleaseFact::Withdrawn => {
            "no other patch of its minor version is waiting, so no later release can be deployed"
        }
        ReleaseFact::ImageMissing { .. } => {
            "if this release gets deployed, the platform's old pod will be removed and the new one will not start; nothing in the \
             cluster can repair that"
        }
        ReleaseFact::AboveChannel { .. } => {
            "the controller deletes waiting releases that are newer than the one that the channel points to"
        }
        ReleaseFact::Delayed { windows, .. } if !windows.is_empty() => {
            return Some(format!("update windows: {}", windows.join(", ")).into());
        }
        ReleaseFact::HeldByAlerts { threshold, .. } => {
            return Some(
                format!(
                    "while alerts of severity {threshold} to 9 fire, no release is deployed, and the releases do \
                     not show why; alerts with a lower number, which are more severe, do not block releases"
                )
                .into(),
            );
        }
        ReleaseFact::InProgress { .. } => {
            "this takes up to 30 minutes; with one control-plane node the controller is down for part of that time"
        }
        _ => return None,
    };
    Some(text.into())
}

fn unfinished(sign: &Unfinished) -> String {
    match sign {
        Unfinished::Image(version) => format!("the image of Deployment/deckhouse is v{version}"),
        Unfinished::Rollout => "Deployment/deckhouse is rolling out".to_owned(),
        Unfinished::VersionAnnotation(version) => {
            format!("Deployment/deckhouse has the annotation core.deckhouse.io/version v{version}")
        }
        Unfinished::Pod => "the platform's pod is not ready".to_owned(),
    }
}

/// `minor version 1.74 is missing`.
fn missing(major: u64, (first, last): (u64, u64)) -> String {
    if first == last {
        format!("minor version {major}.{first} is missing")
    } else {
        format!("minor versions {major}.{first} to {major}.{last} are missing")
    }
}

fn opens(time: Option<&str>) -> String {
    let opens = time.map(|time| format!(", which opens at {time}")).unwrap_or_default();
    format!("waits for the update window{opens}")
}

fn delayed(until: Option<&str>, by: &str) -> String {
    until.map_or_else(|| format!("is delayed by {by}"), |time| format!("is delayed until {time} by {by}"))
}

/// Why it waits, as what is said of the release.
pub(crate) fn wait_reason(reason: &WaitReason) -> String {
    let until = |what: &str, until: &Option<String>| match until {
        Some(until) => format!("{what} until {until}"),
        None => what.to_owned(),
    };
    match reason {
        WaitReason::Approval => "waits for approval".to_owned(),
        WaitReason::Window { until: time } => opens(time.as_deref()),
        WaitReason::WindowOpen { until: time } => {
            format!("waits for the controller to start it: the update window is open until {time}")
        }
        WaitReason::Postponed { until: time } => until("is postponed", time),
        WaitReason::Notification { until: time } => {
            delayed(time.as_deref(), "minimalNotificationTime (the wait after the notification)")
        }
        WaitReason::NotificationFailed { why } => {
            format!("is blocked: the notification webhook fails: {why}")
        }
        WaitReason::Cooldown { until: time } => {
            delayed(time.as_deref(), "the pause after the previous update")
        }
        WaitReason::Requirement { .. }
        | WaitReason::UnknownRequirement { .. }
        | WaitReason::ModuleConstraint { .. } => {
            format!("has an unmet requirement: {}", requirement(reason))
        }
        WaitReason::Disruption => "waits for approval of its disruptions".to_owned(),
        WaitReason::NotTakenUp { disruption: false } => {
            "is approved; waiting for the controller to start it".to_owned()
        }
        WaitReason::NotTakenUp { disruption: true } => {
            "has approval for its disruptions; waiting for the controller to continue".to_owned()
        }
        WaitReason::Previous { release } => format!("waits for {release}, which comes first"),
        WaitReason::PodNotReady => {
            "waits for the platform's pod to be ready: the previous update is not done".to_owned()
        }
        WaitReason::Gap => "cannot be deployed: minor versions before it are missing".to_owned(),
        WaitReason::Major => "has a different major version from the deployed one".to_owned(),
        WaitReason::Suspended => "was suspended by the vendor".to_owned(),
        WaitReason::ValidationsFailed { why } => format!("has failed validations: {why}"),
        WaitReason::MigrationsFailed { why } => format!("has failed migrations: {why}"),
        WaitReason::NoPolicy => "has no update policy".to_owned(),
        WaitReason::Other { message } => format!("waits: {message}"),
    }
}

fn requirements(reasons: &[WaitReason]) -> String {
    reasons.iter().map(requirement).collect::<Vec<_>>().join("; ")
}

/// `k8s: current kubernetes version is lower than required`.
pub(crate) fn requirement(reason: &WaitReason) -> String {
    match reason {
        WaitReason::Requirement { key: Some(key), why, .. } => format!("{key}: {why}"),
        WaitReason::Requirement { key: None, why, .. } => why.clone(),
        WaitReason::ModuleConstraint { module, why } if why.is_empty() => {
            format!("the module {module} does not work with it")
        }
        WaitReason::ModuleConstraint { module, why } => {
            format!("the module {module} does not work with it: {why}")
        }
        WaitReason::UnknownRequirement { key } => format!(
            "{key}: the running platform version does not know this requirement (a version was skipped, or the release is \
             for another edition)"
        ),
        other => wait_reason(other),
    }
}
