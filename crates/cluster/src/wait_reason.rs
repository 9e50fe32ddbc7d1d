//! Why a release waits: what the controllers of all eras write into `status.message`, as data.
//!
//! A text that is not known is passed on as it is.

use crate::objects::Release;

pub use problems::{RequirementCause, WaitReason};

/// The reasons in a message; none in an empty one.
pub fn wait_reasons(message: &str) -> Vec<WaitReason> {
    let message = message.trim();
    if message.is_empty() {
        return Vec::new();
    }
    let mut reasons = requirements(message);
    let text = message.to_lowercase();
    let has = |part: &str| text.contains(part);
    let until = || until(message);
    if !reasons.is_empty() {
        return reasons;
    }
    if has("notification") && (has("failed") || has("blocked")) {
        reasons.push(WaitReason::NotificationFailed { why: after(message, "notification:").to_owned() });
    } else if has("by notification") {
        reasons.push(WaitReason::Notification { until: until() });
    }
    if has("disruption approval") {
        reasons.push(WaitReason::Disruption);
    }
    if has("manual approval") || has("deckhouse.io/approved") {
        reasons.push(WaitReason::Approval);
    }
    if has("update window") {
        reasons.push(WaitReason::Window { until: until() });
    }
    if has("cooldown") {
        reasons.push(WaitReason::Cooldown { until: until() });
    }
    let delayed_by_notification = reasons.iter().any(|it| matches!(it, WaitReason::Notification { .. }));
    if (has("postponed") && !delayed_by_notification) || has("canary") {
        reasons.push(WaitReason::Postponed { until: until() });
    }
    if let Some(rest) = after_any(message, &["awaiting for ", "Awaiting for ", "Waiting for "]) {
        if rest.contains("pod to be ready") {
            reasons.push(WaitReason::PodNotReady);
        } else if let Some(release) = rest.strip_suffix(" release to be deployed") {
            reasons.push(WaitReason::Previous { release: release.to_owned() });
        }
    }
    if has("minor version is greater than deployed")
        || has("next minor version is missed")
        || has("not in sequence")
    {
        reasons.push(WaitReason::Gap);
    }
    if has("major version is greater") {
        reasons.push(WaitReason::Major);
    }
    if has("is suspended") {
        reasons.push(WaitReason::Suspended);
    }
    if has("update policy not set") {
        reasons.push(WaitReason::NoPolicy);
    }
    if reasons.is_empty() {
        reasons.push(WaitReason::Other { message: message.to_owned() });
    }
    reasons
}

/// The reasons of a release of the platform. A message stays until the controller looks again, which is minutes where
/// it is busy, and an approval that is there is not waited for.
pub fn reasons_of(release: &Release) -> Vec<WaitReason> {
    let mut reasons = wait_reasons(&release.message);
    for reason in &mut reasons {
        match reason {
            WaitReason::Approval if release.is_approved() => {
                *reason = WaitReason::NotTakenUp { disruption: false };
            }
            WaitReason::Disruption if release.is_disruption_approved() => {
                *reason = WaitReason::NotTakenUp { disruption: true };
            }
            _ => {}
        }
    }
    reasons
}

/// Those of the reasons that are requirements.
pub fn unmet_requirements(message: &str) -> Vec<WaitReason> {
    wait_reasons(message).into_iter().filter(WaitReason::is_requirement).collect()
}

/// A requirement that is not met, for the reason that the controller or its webhook gives.
pub(crate) fn unmet(key: Option<String>, why: &str) -> WaitReason {
    // The values are collected anew after every start of the controller.
    let cause = if why.contains("is not set") {
        RequirementCause::ValueNotKnown
    } else if why.to_lowercase().contains("kernel") {
        RequirementCause::Kernel
    } else {
        RequirementCause::Unmet
    };
    WaitReason::Requirement { key, why: why.to_owned(), cause }
}

/// Several are joined with `;`, and each may have a prefix.
fn requirements(message: &str) -> Vec<WaitReason> {
    message.split(';').filter_map(requirement).collect()
}

fn requirement(part: &str) -> Option<WaitReason> {
    if let Some((_, key)) = part.split_once("requirement with a key: ") {
        let key = key.split(':').next().unwrap_or_default().trim();
        return Some(WaitReason::UnknownRequirement { key: key.to_owned() });
    }
    if let Some((_, why)) = part.split_once("requirements are not satisfied: ") {
        return Some(unmet(None, why.trim()));
    }
    let (before, after) = part.split_once("\" requirement")?;
    let key = before.rsplit_once('"').map_or(before, |(_, key)| key).to_owned();
    if after.contains("not registered") || after.contains("Not registered") {
        return Some(WaitReason::UnknownRequirement { key });
    }
    let (_, why) = after.split_once("not met: ")?;
    Some(unmet(Some(key), why.trim()))
}

/// The moment behind `until`, or behind the colon of older texts.
fn until(message: &str) -> Option<String> {
    let moment = after_any(message, &[" until ", " until: ", "window: "])?;
    Some(moment.trim_start_matches(':').trim().trim_end_matches('.').to_owned())
}

fn after_any<'a>(message: &'a str, marks: &[&str]) -> Option<&'a str> {
    marks.iter().find_map(|mark| message.split_once(mark)).map(|(_, rest)| rest)
}

fn after<'a>(message: &'a str, mark: &str) -> &'a str {
    message.split_once(mark).map_or(message, |(_, rest)| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interim::wait_reason;

    #[test]
    fn messages_of_all_eras() {
        for (message, expected) in [
            ("", ""),
            ("Waiting for manual approval", "it waits for approval"),
            ("Release is waiting for manual approval", "it waits for approval"),
            ("Waiting for the 'release.deckhouse.io/approved: \"true\"' annotation", "it waits for approval"),
            (
                "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation. After approval the release will be delayed until 02 Jan 2026 15:04 UTC",
                "it waits for approval",
            ),
            (
                "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation",
                "it waits for approval",
            ),
            (
                "Release is postponed, waiting for the update window until 02 Jan 2026 15:04 UTC",
                "it waits for the update window until 02 Jan 2026 15:04 UTC; it is postponed until 02 Jan 2026 15:04 UTC",
            ),
            (
                "Release is postponed by notification until 02 Jan 2026 15:04 UTC",
                "the time after the notification runs until 02 Jan 2026 15:04 UTC",
            ),
            (
                "Release is waiting for the update window: 02 Jan 26 15:04 UTC",
                "it waits for the update window until 02 Jan 26 15:04 UTC",
            ),
            ("Release is postponed until: 02 Jan 26 15:04 UTC", "it is postponed until 02 Jan 26 15:04 UTC"),
            (
                "Release is in cooldown until: 02 Jan 26 15:04 UTC",
                "the pause after the last update runs until 02 Jan 26 15:04 UTC",
            ),
            (
                "Release is postponed by canary process until 02 Jan 26 15:04 UTC",
                "it is postponed until 02 Jan 26 15:04 UTC",
            ),
            ("awaiting for v1.58.3 release to be deployed", "v1.58.3 comes first"),
            ("Awaiting for v1.58.3 release to be deployed", "v1.58.3 comes first"),
            (
                "awaiting for Deckhouse v1.57.5 pod to be ready",
                "the platform's pod is not ready: the update before is not finished",
            ),
            (
                "Awaiting for Deckhouse pod to be ready",
                "the platform's pod is not ready: the update before is not finished",
            ),
            (
                "Waiting for Deckhouse pod to be ready",
                "the platform's pod is not ready: the update before is not finished",
            ),
            ("minor version is greater than deployed v1.57.5 by one", "minor versions between are missing"),
            ("major version is greater than deployed v1.57.5", "it is of another major version"),
            (
                "\"k8s\" requirement for DeckhouseRelease \"1.58.6\" not met: current kubernetes version is lower than required",
                "requirement k8s is not met: current kubernetes version is lower than required",
            ),
            (
                "reason: deckhouse requirements check, requirement: \"k8s\" requirement for DeckhouseRelease \"1.58.6\" not met: too low;\"ingressNginx\" requirement for DeckhouseRelease \"1.58.6\" not met: old",
                "requirement k8s is not met: too low; requirement ingressNginx is not met: old",
            ),
            (
                "\"x\" requirement is not registered",
                "the running version does not know the requirement x: a version was left out, or it is another edition",
            ),
            (
                "requirement with a key: x: Not registered",
                "the running version does not know the requirement x: a version was left out, or it is another edition",
            ),
            (
                "requirements are not satisfied: current deckhouse version is not suitable: 1.60.1 is less than 1.61",
                "a requirement is not met: current deckhouse version is not suitable: 1.60.1 is less than 1.61",
            ),
            (
                "Release is blocked, failed to send release notification: Post \"http://hook\": connection refused",
                "the notification webhook fails, and nothing goes on until it answers: Post \"http://hook\": connection refused",
            ),
            (
                "Release blocked: failed to send release notification",
                "the notification webhook fails, and nothing goes on until it answers: Release blocked: failed to send release notification",
            ),
            (
                "release blocked, disruption approval required: (`kubectl annotate …`)",
                "its disruption must be approved",
            ),
            ("Release is suspended", "the vendor has withdrawn it (suspended)"),
            (
                "Update policy not set. Create a suitable ModuleUpdatePolicy object",
                "the module has no update policy",
            ),
            ("something that nobody knows yet", "something that nobody knows yet"),
        ] {
            let reasons: Vec<String> = wait_reasons(message).iter().map(wait_reason).collect();
            assert_eq!(reasons.join("; "), expected, "{message}");
        }
    }

    #[test]
    fn what_is_approved_is_not_waited_for() {
        const APPROVAL: &str = "Release is waiting for manual approval";
        const DISRUPTION: &str = "release blocked, disruption approval required: (`kubectl annotate …`)";
        const WINDOW: &str =
            "Release is postponed, waiting for the update window until 02 Jan 2026 15:04 UTC";
        let annotated = |key: &str| Release {
            annotations: [(format!("release.deckhouse.io/{key}"), "true".to_owned())].into(),
            ..Release::default()
        };
        let taken_up = "approved; the controller has not taken it up yet";
        let disruption = "its disruption is approved; the controller has not taken that up yet";
        for (release, message, expected) in [
            (Release::default(), APPROVAL, "it waits for approval"),
            (Release { approved_field: true, ..Release::default() }, APPROVAL, taken_up),
            (annotated("approved"), APPROVAL, taken_up),
            (annotated("disruption-approved"), APPROVAL, "it waits for approval"),
            (annotated("approved"), DISRUPTION, "its disruption must be approved"),
            (annotated("disruption-approved"), DISRUPTION, disruption),
            (annotated("approved"), "", ""),
        ] {
            let release = Release { message: message.into(), ..release };
            let said: Vec<String> = reasons_of(&release).iter().map(wait_reason).collect();
            assert_eq!(said.join("; "), expected, "{release:?}");
        }
        let release = Release { message: WINDOW.into(), ..annotated("approved") };
        assert_eq!(reasons_of(&release), wait_reasons(WINDOW));
    }

    #[test]
    fn fuzz_messages() {
        let inputs = [
            &b"\"k8s\" requirement for DeckhouseRelease \"1.58.6\" not met: low;x"[..],
            b"Release is postponed, waiting for the update window until 02 Jan 2026 15:04 UTC",
        ];
        fuzzing::fuzz!(inputs, |bytes: &[u8]| {
            let message = String::from_utf8_lossy(bytes);
            assert_eq!(wait_reasons(&message).is_empty(), message.trim().is_empty());
        });
    }
}
