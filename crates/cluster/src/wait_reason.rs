//! Why a release waits: what the controllers of all eras write into `status.message`, in plain words.
//!
//! Their texts: facts 1.7; cluster-source.md, "Eras" and "Windows, approval, notification". A text that is not known
//! is passed on as it is.

use std::fmt;

use serde::Serialize;

use crate::objects::Release;

/// One reason why a release waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "reason")]
pub enum WaitReason {
    /// It must be approved. This hides all other delays.
    Approval,
    /// Outside of the update windows.
    #[serde(rename_all = "camelCase")]
    Window {
        /// When the next one opens, as the controller writes it.
        until: Option<String>,
    },
    /// `spec.applyAfter`, or its wave of a gradual rollout, is not there yet.
    #[serde(rename_all = "camelCase")]
    Postponed {
        /// Until when.
        until: Option<String>,
    },
    /// Notified, and `minimalNotificationTime` is not over.
    #[serde(rename_all = "camelCase")]
    Notification {
        /// Until when.
        until: Option<String>,
    },
    /// The webhook that is to be notified does not answer: nothing goes on until it does.
    #[serde(rename_all = "camelCase")]
    NotificationFailed {
        /// What the controller says.
        why: String,
    },
    /// After another update, on old versions.
    #[serde(rename_all = "camelCase")]
    Cooldown {
        /// Until when.
        until: Option<String>,
    },
    /// Something that the release needs is not so.
    #[serde(rename_all = "camelCase")]
    Requirement {
        /// Its key, where the controller names one.
        key: Option<String>,
        /// What the controller says.
        why: String,
    },
    /// A requirement that the running version does not know: a version was left out, or it is another edition.
    #[serde(rename_all = "camelCase")]
    UnknownRequirement {
        /// Its key.
        key: String,
    },
    /// Its disruption must be approved.
    Disruption,
    /// What it needed was approved since the controller wrote its message.
    #[serde(rename_all = "camelCase")]
    NotTakenUp {
        /// Whether that was its disruption.
        disruption: bool,
    },
    /// An earlier release comes first.
    #[serde(rename_all = "camelCase")]
    Previous {
        /// That release.
        release: String,
    },
    /// The platform's pod is not ready: the update before is still under way.
    PodNotReady,
    /// Minor versions between are missing.
    Gap,
    /// It is of another major version.
    Major,
    /// Withdrawn by the vendor.
    Suspended,
    /// A module's release without an update policy, on old versions.
    NoPolicy,
    /// Anything else.
    #[serde(rename_all = "camelCase")]
    Other {
        /// The message.
        message: String,
    },
}

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

/// Those of the reasons that are requirements, in plain words.
pub fn unmet_requirements(message: &str) -> Vec<String> {
    wait_reasons(message).iter().filter(|it| it.is_requirement()).map(ToString::to_string).collect()
}

/// Whether an unmet requirement only says that the controller does not know the cluster's value yet. It collects
/// them anew after every start (facts 0.7).
pub fn is_not_known_yet(requirement: &str) -> bool {
    requirement.contains("is not set")
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
        return Some(WaitReason::Requirement { key: None, why: why.trim().to_owned() });
    }
    let (before, after) = part.split_once("\" requirement")?;
    let key = before.rsplit_once('"').map_or(before, |(_, key)| key).to_owned();
    if after.contains("not registered") || after.contains("Not registered") {
        return Some(WaitReason::UnknownRequirement { key });
    }
    let (_, why) = after.split_once("not met: ")?;
    Some(WaitReason::Requirement { key: Some(key), why: why.trim().to_owned() })
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

impl WaitReason {
    /// Whether something that the release needs is not so, or not known to the running version.
    pub fn is_requirement(&self) -> bool {
        matches!(self, Self::Requirement { .. } | Self::UnknownRequirement { .. })
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_time = |f: &mut fmt::Formatter<'_>, what: &str, until: &Option<String>| match until {
            Some(until) => write!(f, "{what} until {until}"),
            None => f.write_str(what),
        };
        match self {
            Self::Approval => f.write_str("it waits for approval"),
            Self::Window { until } => with_time(f, "it waits for the update window", until),
            Self::Postponed { until } => with_time(f, "it is postponed", until),
            Self::Notification { until } => with_time(f, "the time after the notification runs", until),
            Self::NotificationFailed { why } => {
                write!(f, "the notification webhook fails, and nothing goes on until it answers: {why}")
            }
            Self::Cooldown { until } => with_time(f, "the pause after the last update runs", until),
            Self::Requirement { key: Some(key), why } => write!(f, "requirement {key} is not met: {why}"),
            Self::Requirement { key: None, why } => write!(f, "a requirement is not met: {why}"),
            Self::UnknownRequirement { key } => write!(
                f,
                "the running version does not know the requirement {key}: a version was left out, or it is another edition"
            ),
            Self::Disruption => f.write_str("its disruption must be approved"),
            Self::NotTakenUp { disruption: false } => {
                f.write_str("approved; the controller has not taken it up yet")
            }
            Self::NotTakenUp { disruption: true } => {
                f.write_str("its disruption is approved; the controller has not taken that up yet")
            }
            Self::Previous { release } => write!(f, "{release} comes first"),
            Self::PodNotReady => {
                f.write_str("the platform's pod is not ready: the update before is not finished")
            }
            Self::Gap => f.write_str("minor versions between are missing"),
            Self::Major => f.write_str("it is of another major version"),
            Self::Suspended => f.write_str("the vendor has withdrawn it (suspended)"),
            Self::NoPolicy => f.write_str("the module has no update policy"),
            Self::Other { message } => f.write_str(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let reasons: Vec<String> = wait_reasons(message).iter().map(ToString::to_string).collect();
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
            let said: Vec<String> = reasons_of(&release).iter().map(ToString::to_string).collect();
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
