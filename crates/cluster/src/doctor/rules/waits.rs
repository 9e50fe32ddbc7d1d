//! What the controller says the next release waits for.

use commands::{Approve, Kubectl, Objects, Output, Resource, Sentence, Update};
use serde_json::json;

use super::{KERNELS, patch_of_updates};
use crate::safe_text::short;
use crate::{
    doctor::{
        finding::{Finding, Severity},
        look::{Controller, Look, tag},
    },
    interim::wait_reason,
    objects::{Release, UpdateSettings},
    wait_reason::{WaitReason, reasons_of},
};

const RELEASES: &str = "DeckhouseReleases";

/// The reason of the release that is next. Those after it wait for it.
pub(super) fn next(look: &Look<'_>) -> Vec<Finding> {
    let Some(release) = look.upcoming() else { return Vec::new() };
    let reasons = reasons_of(release);
    let findings = reasons.iter().filter_map(|reason| of_reason(look, release, reason));
    let mut findings: Vec<Finding> =
        findings.map(|finding| finding.since(release.transition_time).seen_in(RELEASES)).collect();
    // Several delays are one finding, and so are several requirements of one kind.
    findings.dedup_by(|one, other| one.rule == other.rule && one.what == other.what);
    findings
}

fn of_reason(look: &Look<'_>, release: &Release, reason: &WaitReason) -> Option<Finding> {
    match reason {
        WaitReason::NotificationFailed { .. } => Some(notification(look, release)),
        WaitReason::Requirement { why, .. } => requirement(look, release, reason, why),
        WaitReason::UnknownRequirement { .. } => Some(unknown_requirement(release, reason)),
        WaitReason::Disruption => Some(disruption(release)),
        WaitReason::Approval => Some(approval(look, release)),
        // The objects tell it better, where they show the gap.
        WaitReason::Gap | WaitReason::Major => {
            super::releases::gap(look).is_empty().then(|| sequence(look, release, reason))
        }
        WaitReason::PodNotReady => awaits_pod(look, release, reason),
        WaitReason::Previous { release: awaited } => previous(look, release, awaited),
        WaitReason::Window { .. }
        | WaitReason::Postponed { .. }
        | WaitReason::Notification { .. }
        | WaitReason::Cooldown { .. } => Some(delay(look, release)),
        // Suspended releases have a rule of their own; a policy is of modules; what is approved needs nobody.
        WaitReason::Suspended | WaitReason::NoPolicy | WaitReason::NotTakenUp { .. } => None,
        WaitReason::Other { message } => Some(
            finding("other-reason", Severity::Notable, release, short(message))
                .why("the platform says this, which is not known here")
                .remedy("see the whole object")
                .command(Kubectl::Get(Objects::one(Resource::DeckhouseRelease, &release.name), Output::Yaml)),
        ),
    }
}

fn finding(rule: &'static str, severity: Severity, release: &Release, what: impl Into<String>) -> Finding {
    Finding::new(rule, severity, format!("DeckhouseRelease/{}", release.name), what)
}

fn notification(look: &Look<'_>, release: &Release) -> Finding {
    let host =
        look.settings().and_then(|it| it.notification_webhook).and_then(|url| url::Url::parse(&url).ok());
    let host =
        host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "the webhook".to_owned());
    finding("notification", Severity::Blocks, release, release.message.clone())
        .why(format!("the platform announces a release to {host} before it applies it, and does not go on while it cannot"))
        .remedy("make the webhook reachable from the master nodes, or take the announcement out of the settings")
        .command(patch_of_updates(&json!({ "notification": null })))
}

fn requirement(look: &Look<'_>, release: &Release, reason: &WaitReason, why: &str) -> Option<Finding> {
    // Filled by hooks after the start; until the first converge is over nothing is known yet.
    let busy =
        look.controller() != Controller::Up || look.state.queue.known().is_some_and(|queue| queue.tasks > 0);
    if reason.is_value_not_known() && busy {
        return None;
    }
    let finding = finding("requirement", Severity::Blocks, release, short(&wait_reason(reason)))
        .why("the release is not applied, and its approval is refused, until this is met");
    Some(if why.to_lowercase().contains("kernel") {
        finding
            .remedy(
                Sentence::from("bring the nodes to a newer kernel: ")
                    .quoted(Update::Kernel)
                    .text(" writes the configuration that does it, group by group"),
            )
            .command(Kubectl::Get(Objects::all(Resource::Node), Output::Columns(KERNELS)))
            .command(Update::Plan)
    } else {
        finding
            .remedy(
                "see each requirement with object, value and way to meet it; the controller looks again within a minute, \
                 at Helm releases hourly",
            )
            .command(Update::Plan)
    })
}

fn unknown_requirement(release: &Release, reason: &WaitReason) -> Finding {
    finding("requirement", Severity::Blocks, release, short(&wait_reason(reason)))
        .why("a version does not apply a release of which it cannot check a requirement")
        .remedy("see that the releases follow one another and that the bundle is of the cluster's edition")
        .command(Kubectl::Get(
            Objects::one(Resource::Deployment, "deckhouse").within("d8-system"),
            Output::JsonPath("{.metadata.annotations}"),
        ))
        .command(Update::Plan)
}

fn disruption(release: &Release) -> Finding {
    finding("disruption-approval", Severity::Blocks, release, short(&release.message))
        .why("the release interrupts something, and settings.update.disruptionApprovalMode is Manual")
        .remedy("read what it interrupts, then approve that")
        .command(Approve::Disruption(tag(release)))
}

fn approval(look: &Look<'_>, release: &Release) -> Finding {
    let mode = look.settings().and_then(|settings| settings.mode);
    let mode = mode.map_or("the default".to_owned(), |mode| mode.name().to_owned());
    finding("approval", Severity::Notable, release, "it waits for your approval")
        .why(format!("the update mode is {mode}: as it should be; something else may come up behind this once it is approved"))
        .remedy("approve it when it suits")
        .command(Approve::Release(tag(release)))
}

fn sequence(look: &Look<'_>, release: &Release, reason: &WaitReason) -> Finding {
    let since = look.deployed().map_or_else(|| "the deployed release".to_owned(), tag);
    finding("sequence", Severity::Blocks, release, wait_reason(reason))
        .why(format!("releases are taken one by one, and the one after {since} is not there"))
        .remedy(
            Sentence::from(format!(
                "pull the releases from {since} on, push them, and bring them into the cluster with "
            ))
            .quoted(Update::prepare()),
        )
        .command(Kubectl::Get(Objects::all(Resource::DeckhouseRelease), Output::Table))
}

/// A ready pod is noticed within seconds, and one that is being replaced is normal.
fn awaits_pod(look: &Look<'_>, release: &Release, reason: &WaitReason) -> Option<Finding> {
    let Controller::Away(_) = look.controller() else { return None };
    Some(
        finding("awaits-pod", Severity::Slows, release, wait_reason(reason))
            .why("the controller applies no minor before its own pod is ready")
            .remedy("see the findings about the platform's pod")
            .command(Kubectl::Get(Objects::of_the_platform(Resource::Pod), Output::Table)),
    )
}

fn previous(look: &Look<'_>, release: &Release, awaited: &str) -> Option<Finding> {
    // Held by the stray twin of the deployed release, which is a finding of its own.
    if look.deployed().is_some_and(|deployed| tag(deployed) == awaited) {
        return None;
    }
    // The controller takes a twin of the release itself for an earlier one; the twins are a finding of their own.
    if look.releases().iter().any(|it| it.name == awaited && it.version == release.version) {
        return None;
    }
    Some(
        finding("awaits-release", Severity::Notable, release, format!("{awaited} comes first"))
            .why("releases are applied one after the other")
            .remedy("deal with the earlier release first")
            .command(Kubectl::Get(Objects::all(Resource::DeckhouseRelease), Output::Table)),
    )
}

fn delay(look: &Look<'_>, release: &Release) -> Finding {
    let windows = look.settings().map_or_else(String::new, |settings| windows(&settings));
    finding("delay", Severity::Notable, release, short(&release.message))
        .why(format!("the settings, or the vendor's gradual delivery, delay it{windows}"))
        .remedy("wait; only if it must be now: this passes over window, gradual delivery, announcement and approval alike, not over requirements")
        .command(Approve::ReleaseNow(tag(release)))
}

fn windows(settings: &UpdateSettings) -> String {
    let all: Vec<String> = settings
        .windows
        .iter()
        .map(|window| {
            let days = if window.days.is_empty() { "every day".to_owned() } else { window.days.join(" ") };
            format!("{days} {}-{} UTC", window.from, window.to)
        })
        .collect();
    if all.is_empty() { String::new() } else { format!("; update windows: {}", all.join(", ")) }
}

/// What goes on just now, so that a busy cluster is not taken for an ill one.
pub(super) fn under_way(look: &Look<'_>) -> Vec<Finding> {
    let Some(release) = look.deployed() else { return Vec::new() };
    if !super::platform_pod::image(look).is_empty() || !super::platform_pod::crash(look).is_empty() {
        return Vec::new();
    }
    let (what, since) = match look.controller() {
        Controller::Restarting(since) => {
            ("the platform's pod is being replaced, or goes through its modules for the first time", since)
        }
        Controller::Up if release.is_annotated("release.deckhouse.io/isUpdating") => {
            ("it is being applied", release.transition_time)
        }
        Controller::Up if look.alert("DeckhouseUpdating").is_some() => {
            ("it is being applied", release.transition_time)
        }
        _ => return Vec::new(),
    };
    vec![
        finding("under-way", Severity::Notable, release, what)
            .why("this takes up to 30 minutes, and with one master the controller is away for a part of it")
            .remedy("wait, and watch it")
            .command(Update::Watch)
            .since(since)
            .seen_in("DeckhouseReleases and pods of d8-system"),
    ]
}
