//! What the controller reports that the next release waits for.

use commands::{Kubectl, Objects, Output, Resource};
use problems::{
    Advice, NodeAdvice, NodeValue, PlatformAdvice, PrepareFor, Problem, ReleaseAdvice, ReleaseFact, Rule,
    See, SettingsAdvice, Unfinished,
};

use super::{
    kernels, platform_pod,
    releases::{self, see_all},
};
use crate::{
    approve::unfinished_sign,
    doctor::{
        context::{Context, ControllerState, object, see, tag, version_of},
        finding::{Finding, Severity},
        source::Source,
    },
    holds,
    modules::against_constraint,
    notification::may_fail,
    objects::{Release, UpdateSettings},
    release_order::Position,
    requirements::{self, FoundRuntime, Holder, Outcome, Shortfall},
    safe_text::{foreign, short},
    update_windows::with_time,
    wait_reason::{RequirementCause, WaitReason, reasons_of},
};

/// The reasons of the next release. Those after it wait for it.
pub(super) fn reasons(context: &Context<'_>) -> Vec<Finding> {
    let Some(release) = context.next_release() else { return Vec::new() };
    let reasons = reasons_of(release);
    let findings = reasons.iter().filter_map(|reason| of_reason(context, release, reason));
    let mut findings: Vec<Finding> =
        findings.map(|finding| finding.since(release.transition_time).seen_in(Source::Releases)).collect();
    // Several delays are one finding, and so are several requirements with one reason.
    findings.dedup_by(|one, other| one.rule == other.rule && one.problem.fact == other.problem.fact);
    findings
}

fn of_reason(context: &Context<'_>, release: &Release, reason: &WaitReason) -> Option<Finding> {
    match reason {
        WaitReason::NotificationFailed { why } => Some(notification(release, why)),
        WaitReason::Requirement { cause, .. } => requirement(context, release, reason, *cause),
        WaitReason::UnknownRequirement { .. } => Some(unknown_requirement(release, reason)),
        WaitReason::ModuleConstraint { module, .. } => Some(
            unmet(release, reason)
                .advise_all(against_constraint(context.state, module, release.version.as_ref()))
                .advise(Advice::MeetRequirements),
        ),
        WaitReason::Disruption => Some(disruption(release)),
        WaitReason::Approval => approval(context, release, reason),
        // The rule about the objects reports it better, where they show the gap.
        WaitReason::Gap if !context.order().skipped_together().is_empty() => None,
        WaitReason::Gap | WaitReason::Major => {
            releases::gap_of(context).is_none().then(|| out_of_order(context, release, reason))
        }
        WaitReason::PodNotReady => awaits_pod(context, release, reason),
        WaitReason::Previous { release: awaited } => previous(context, release, reason, awaited),
        WaitReason::Window { .. }
        | WaitReason::WindowOpen { .. }
        | WaitReason::Postponed { .. }
        | WaitReason::Notification { .. }
        | WaitReason::Cooldown { .. } => Some(delay(context, release)),
        // Suspended releases have their own rule; policies and gates are about modules; an approved release waits for nobody.
        WaitReason::Suspended
        | WaitReason::NoPolicy
        | WaitReason::ValidationsFailed { .. }
        | WaitReason::MigrationsFailed { .. }
        | WaitReason::NotTakenUp { .. } => None,
        WaitReason::Other { .. } => {
            let get = Kubectl::Get(Objects::one(Resource::DeckhouseRelease, &release.name), Output::Yaml);
            Some(waits(Rule::OtherReason, Severity::Notable, release, reason).advise(see(See::Release, get)))
        }
    }
}

/// The finding that a release waits for this reason.
fn waits(rule: Rule, severity: Severity, release: &Release, reason: &WaitReason) -> Finding {
    Finding::new(rule, severity, object(release), ReleaseFact::Waits(vec![reason.clone()]))
}

/// What comes before an approval has a finding of its own.
fn approval(context: &Context<'_>, release: &Release, reason: &WaitReason) -> Option<Finding> {
    let version = version_of(release);
    if context.order().position(&version, context.state.is_lts()) != Position::Next {
        return None;
    }
    let waits = waits(Rule::Approval, Severity::Notable, release, reason);
    match holds::first(context.state, release) {
        None => Some(waits.advise(Advice::ApproveRelease(version))),
        Some(hold) if hold.passes => Some(waits.advise(Advice::Watch)),
        Some(_) => None,
    }
}

/// Requirements that are not met, before the controller has checked them.
pub(super) fn requirements_in_advance(context: &Context<'_>) -> Vec<Finding> {
    let problem = context.next_release().and_then(|it| holds::unmet_requirements(context.state, it));
    let of_problem = |problem: Problem| {
        Finding::new(Rule::Requirement, Severity::Blocks, problem.object, problem.fact)
            .advise_all(problem.advice)
            .seen_in(Source::Releases)
    };
    problem.map(of_problem).into_iter().collect()
}

/// A notification that may fail, of which the controller has written nothing yet.
pub(super) fn silent_notification(context: &Context<'_>) -> Vec<Finding> {
    if context.state.channel_is_unset() || context.controller() != ControllerState::Ready {
        return Vec::new();
    }
    let Some(release) = context.next_release() else { return Vec::new() };
    let Some(fact) = may_fail(context.state, release) else { return Vec::new() };
    let alert = matches!(fact, ReleaseFact::NotificationMayFail { alert: true });
    let severity = if alert { Severity::Blocks } else { Severity::Slows };
    let finding = Finding::new(Rule::Notification, severity, object(release), fact)
        .advise(Advice::CorrectWebhook)
        .advise(SettingsAdvice::RemoveNotification)
        .seen_in(Source::Releases)
        .seen_in(Source::ModuleConfigs);
    vec![if alert { finding.seen_in(Source::Alerts) } else { finding }]
}

fn notification(release: &Release, why: &str) -> Finding {
    let fact = ReleaseFact::NotificationFailed { why: short(why) };
    Finding::new(Rule::Notification, Severity::Blocks, object(release), fact)
        .advise(Advice::CorrectWebhook)
        .advise(SettingsAdvice::RemoveNotification)
}

fn requirement(
    context: &Context<'_>,
    release: &Release,
    reason: &WaitReason,
    cause: RequirementCause,
) -> Option<Finding> {
    // Hooks collect the values after a start; until the first converge is over they are unknown.
    let busy = context.controller() != ControllerState::Ready
        || context.state.queue.known().is_some_and(|queue| queue.tasks > 0);
    if cause == RequirementCause::ValueNotKnown && busy {
        return None;
    }
    let nodes = nodes_that_fail(context, release, reason);
    let finding = if nodes.is_empty() {
        unmet(release, reason)
    } else {
        let fact = ReleaseFact::UnmetByNodes { reason: reason.clone(), nodes };
        Finding::new(Rule::Requirement, Severity::Blocks, object(release), fact).seen_in(Source::Nodes)
    };
    Some(if cause == RequirementCause::Kernel {
        finding
            .advise(see(See::Kernels, kernels()))
            .advise(NodeAdvice::UpgradeKernel)
            .advise(Advice::MeetRequirements)
    } else {
        finding.advise(Advice::MeetRequirements)
    })
}

/// The nodes that fail a requirement, as `update plan` finds them.
fn nodes_that_fail(context: &Context<'_>, release: &Release, reason: &WaitReason) -> Vec<NodeValue> {
    let WaitReason::Requirement { key: Some(key), .. } = reason else { return Vec::new() };
    let Some(needed) = release.requirements.get(key) else { return Vec::new() };
    let Outcome::Unmet(unmet) = requirements::check(context.state, key, needed).outcome else {
        return Vec::new();
    };
    let mut nodes = Vec::new();
    for it in unmet {
        let (Shortfall::Kubelet { found: value, .. }
        | Shortfall::OperatingSystem { found: value, .. }
        | Shortfall::Kernel { found: value, .. }
        | Shortfall::Runtime { found: FoundRuntime::Running(value), .. }) = it.shortfall
        else {
            continue;
        };
        nodes.extend(it.objects.into_iter().filter_map(|holder| match holder {
            Holder::Node { name, .. } => Some(NodeValue { node: name, value: foreign(&value) }),
            _ => None,
        }));
    }
    nodes.sort_by(|one, other| one.node.cmp(&other.node));
    nodes
}

fn unknown_requirement(release: &Release, reason: &WaitReason) -> Finding {
    let annotations = Kubectl::Get(
        Objects::one(Resource::Deployment, "deckhouse").within("d8-system"),
        Output::JsonPath("{.metadata.annotations}"),
    );
    unmet(release, reason)
        .advise(Advice::Plan)
        .advise(ReleaseAdvice::CheckEdition)
        .advise(see(See::Annotations, annotations))
}

fn unmet(release: &Release, reason: &WaitReason) -> Finding {
    let reasons = vec![reason.clone()];
    let fact = if release.is_approved() {
        ReleaseFact::ApprovedButUnmet(reasons)
    } else {
        ReleaseFact::Unmet(reasons)
    };
    Finding::new(Rule::Requirement, Severity::Blocks, object(release), fact)
}

fn disruption(release: &Release) -> Finding {
    let fact = ReleaseFact::NeedsDisruptionApproval { disruptions: release.disruptions.clone() };
    Finding::new(Rule::DisruptionApproval, Severity::Blocks, object(release), fact)
        .advise(Advice::ApproveDisruption(version_of(release)))
}

fn out_of_order(context: &Context<'_>, release: &Release, reason: &WaitReason) -> Finding {
    let deployed = context.deployed().and_then(|it| it.version.as_ref());
    let pull = deployed.map(|it| Advice::PullSince { major: it.major, minor: it.minor });
    waits(Rule::Sequence, Severity::Blocks, release, reason)
        .advise_all(pull)
        .advise(context.push())
        .advise(Advice::Prepare(PrepareFor::CreateReleases))
        .advise(see_all())
}

/// A ready pod is noticed within seconds, and one that is being replaced is normal.
fn awaits_pod(context: &Context<'_>, release: &Release, reason: &WaitReason) -> Option<Finding> {
    let ControllerState::Down(_) = context.controller() else { return None };
    let pods = Kubectl::Get(Objects::of_the_platform(Resource::Pod), Output::Table);
    Some(
        waits(Rule::AwaitsPod, Severity::Slows, release, reason)
            .advise(PlatformAdvice::FixPod)
            .advise(see(See::PlatformPods, pods)),
    )
}

fn previous(context: &Context<'_>, release: &Release, reason: &WaitReason, awaited: &str) -> Option<Finding> {
    // Held by the duplicate of the deployed release, which is a finding of its own.
    if context.deployed().is_some_and(|deployed| tag(deployed) == awaited) {
        return None;
    }
    // The controller treats a duplicate of the release itself as an earlier one; this is also a finding of its own.
    if context.releases().iter().any(|it| it.name == awaited && it.version == release.version) {
        return None;
    }
    Some(
        waits(Rule::AwaitsRelease, Severity::Notable, release, reason)
            .advise(ReleaseAdvice::DeployEarlier)
            .advise(see_all()),
    )
}

fn delay(context: &Context<'_>, release: &Release) -> Finding {
    let settings = context.settings();
    let windows = settings.as_ref().map_or_else(Vec::new, windows);
    let reasons = with_time(reasons_of(release), settings.as_ref(), context.now);
    let is_open = reasons.iter().any(|it| matches!(it, WaitReason::WindowOpen { .. }));
    let version = version_of(release);
    let wait = if is_open { ReleaseAdvice::WatchTo(version) } else { ReleaseAdvice::WaitForWindow };
    let fact = ReleaseFact::Delayed { reasons, windows };
    Finding::new(Rule::Delay, Severity::Notable, object(release), fact)
        .advise(wait)
        .advise(ReleaseAdvice::ApplyNow(version_of(release)))
}

/// The update windows, such as `every day 08:00-10:00 UTC`.
fn windows(settings: &UpdateSettings) -> Vec<String> {
    settings
        .windows
        .iter()
        .map(|window| {
            let days = if window.days.is_empty() { "every day".to_owned() } else { window.days.join(" ") };
            format!("{days} {}-{} UTC", window.from, window.to)
        })
        .collect()
}

/// What is in progress, so that a busy cluster is not taken for an unhealthy one.
pub(super) fn in_progress(context: &Context<'_>) -> Vec<Finding> {
    let Some(release) = context.deployed() else { return Vec::new() };
    if !platform_pod::image(context).is_empty() || !platform_pod::crash(context).is_empty() {
        return Vec::new();
    }
    let (restarting, since) = match context.controller() {
        ControllerState::Restarting(since) => (true, since),
        // Neither the annotation `isUpdating` nor the alert shows it (cluster-2026.md, 1.9).
        ControllerState::Ready if is_rolling(context, release) => (false, release.transition_time),
        _ => return Vec::new(),
    };
    let fact = ReleaseFact::InProgress { restarting };
    vec![
        Finding::new(Rule::UnderWay, Severity::Notable, object(release), fact)
            .advise(ReleaseAdvice::Watch)
            .since(since)
            .seen_in(Source::Releases)
            .seen_in(Source::PlatformPods),
    ]
}

/// Whether the Deployment shows that the new version has not taken over.
fn is_rolling(context: &Context<'_>, release: &Release) -> bool {
    let sign = unfinished_sign(context.state, release);
    matches!(sign, Some(Unfinished::Rollout | Unfinished::VersionAnnotation(_)))
}
