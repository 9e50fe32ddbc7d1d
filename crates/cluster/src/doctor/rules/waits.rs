//! What the controller says the next release waits for.

use crate::{
    doctor::{
        finding::{Finding, Severity},
        look::{Controller, Look},
        safe_text::{hosts_only, short},
    },
    objects::{Release, UpdateSettings},
};

const RELEASES: &str = "DeckhouseReleases";

/// The reason of the release that is next: the highest patch of the lowest minor. Those after it wait for it.
pub(super) fn next(look: &Look<'_>) -> Vec<Finding> {
    let Some(release) = upcoming(look) else { return Vec::new() };
    let text = release.message.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let finding = if has(&["failed to send release notification"]) {
        notification(look, release)
    } else if has(&["requirement", "k8s version is not available"]) {
        match requirement(look, release) {
            Some(finding) => finding,
            None => return Vec::new(),
        }
    } else if has(&["disruption approval"]) {
        disruption(release)
    } else if has(&["release.deckhouse.io/approved", "manual approval"]) {
        if release.is_approved() {
            return Vec::new();
        }
        approval(look, release)
    } else if has(&[
        "minor version is greater",
        "major version is greater",
        "next minor version is missed",
        "not in sequence",
    ]) {
        // The objects tell it better, where they show the gap.
        if !super::releases::gap(look).is_empty() {
            return Vec::new();
        }
        sequence(look, release)
    } else if has(&["awaiting for"]) {
        match previous(look, release) {
            Some(finding) => finding,
            None => return Vec::new(),
        }
    } else if has(&["update window", "postponed", "cooldown", "canary"]) {
        delay(look, release)
    } else {
        return Vec::new();
    };
    vec![finding.since(release.transition_time).seen_in(RELEASES)]
}

/// The release that is next: the highest waiting patch of the lowest minor that waits.
pub(in crate::doctor) fn upcoming<'a>(look: &Look<'a>) -> Option<&'a Release> {
    let waiting = look.waiting();
    let minor = |release: &Release| release.version.as_ref().map(|version| (version.major, version.minor));
    let first = minor(waiting.first()?);
    waiting.into_iter().rev().find(|release| minor(release) == first)
}

fn finding(rule: &'static str, severity: Severity, release: &Release, what: impl Into<String>) -> Finding {
    Finding::new(rule, severity, format!("DeckhouseRelease/{}", release.name), what)
}

fn notification(look: &Look<'_>, release: &Release) -> Finding {
    let host =
        look.settings().and_then(|it| it.notification_webhook).and_then(|url| url::Url::parse(&url).ok());
    let host =
        host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "the webhook".to_owned());
    finding("notification", Severity::Blocks, release, hosts_only(&release.message))
        .why(format!("the platform announces a release to {host} before it applies it, and does not go on while it cannot"))
        .remedy("make the webhook reachable from the master nodes, or take the announcement out of the settings")
        .command(r#"kubectl patch moduleconfig deckhouse --type=merge -p '{"spec":{"settings":{"update":{"notification":null}}}}'"#)
}

fn requirement(look: &Look<'_>, release: &Release) -> Option<Finding> {
    let text = release.message.to_lowercase();
    // Filled by hooks after the start; until the first converge is over nothing is known yet.
    let unset = text.contains("is not set");
    if unset
        && (look.controller() != Controller::Up
            || look.state.queue.known().is_some_and(|queue| queue.tasks > 0))
    {
        return None;
    }
    let finding = finding("requirement", Severity::Blocks, release, short(&release.message));
    if text.contains("not registered") {
        return Some(
            finding
                .why("the version that runs does not know this requirement: a minor was left out, or the images are of another edition")
                .remedy("see that the releases follow one another and that the bundle is of the cluster's edition")
                .command("kubectl -n d8-system get deployment deckhouse -o jsonpath='{.metadata.annotations}'")
                .command("dhctl update plan"),
        );
    }
    let finding = finding.why("the release is not applied, and its approval is refused, until this is met");
    Some(if text.contains("kernel") {
        finding
            .remedy("bring the nodes to a newer kernel: `dhctl update kernel` writes the configuration that does it, group by group")
            .command("kubectl get nodes -o custom-columns=NAME:.metadata.name,KERNEL:.status.nodeInfo.kernelVersion")
            .command("dhctl update plan")
    } else {
        finding
            .remedy("see each requirement with object, value and way to meet it; the controller looks again within a minute, at Helm releases hourly")
            .command("dhctl update plan")
    })
}

fn disruption(release: &Release) -> Finding {
    finding("disruption-approval", Severity::Blocks, release, short(&release.message))
        .why("the release interrupts something, and settings.update.disruptionApprovalMode is Manual")
        .remedy("read what it interrupts, then approve that")
        .command(format!("dhctl update approve --disruption {}", release.version_text))
}

fn approval(look: &Look<'_>, release: &Release) -> Finding {
    let mode = look.settings().and_then(|settings| settings.mode);
    let mode = mode.map_or("the default".to_owned(), |mode| mode.name().to_owned());
    finding("approval", Severity::Notable, release, "it waits for your approval")
        .why(format!("the update mode is {mode}: as it should be; something else may come up behind this once it is approved"))
        .remedy("approve it when it suits")
        .command(format!("dhctl update approve {}", release.version_text))
}

fn sequence(look: &Look<'_>, release: &Release) -> Finding {
    let since =
        look.deployed().map_or_else(|| "the deployed release".to_owned(), |it| it.version_text.clone());
    finding("sequence", Severity::Blocks, release, short(&release.message))
        .why(format!("minors are taken one by one, and the one after {since} is not there"))
        .remedy(format!("pull the releases from {since} on, push them, and bring them into the cluster with `dhctl update prepare`"))
        .command("kubectl get deckhousereleases")
}

/// A release that waits for another, or for the platform's pod.
fn previous(look: &Look<'_>, release: &Release) -> Option<Finding> {
    let text = release.message.to_lowercase();
    if text.contains("pod") {
        // A ready pod is noticed within seconds.
        let Controller::Away(_) = look.controller() else { return None };
        return Some(
            finding("awaits-pod", Severity::Slows, release, short(&release.message))
                .why("the update before it is not finished: the platform's pod is not ready")
                .remedy("see the findings about the platform's pod")
                .command("kubectl -n d8-system get pods -l app=deckhouse"),
        );
    }
    let awaited =
        look.deployed().filter(|deployed| release.message.contains(&format!("{} ", deployed.version_text)));
    // The stray twin of the deployed release is a finding of its own.
    let stray = look
        .releases()
        .into_iter()
        .any(|it| it.is_waiting() && awaited.is_some_and(|awaited| awaited.version == it.version));
    if stray {
        return None;
    }
    Some(
        finding("awaits-release", Severity::Notable, release, short(&release.message))
            .why("releases are applied one after the other")
            .remedy("deal with the earlier release first")
            .command("kubectl get deckhousereleases"),
    )
}

fn delay(look: &Look<'_>, release: &Release) -> Finding {
    let windows = look.settings().map_or_else(String::new, |settings| windows(&settings));
    finding("delay", Severity::Notable, release, short(&release.message))
        .why(format!("the settings, or the vendor's gradual delivery, delay it{windows}"))
        .remedy("wait; only if it must be now: this passes over window, gradual delivery, announcement and approval alike, not over requirements")
        .command(format!("kubectl annotate deckhouserelease {} release.deckhouse.io/apply-now=true", release.name))
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
            .command("dhctl update watch")
            .since(since)
            .seen_in("DeckhouseReleases and pods of d8-system"),
    ]
}
