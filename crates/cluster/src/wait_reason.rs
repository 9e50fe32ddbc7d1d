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
    // The gates of a module's release (`…/module-controllers/release/gates.go`), with any text behind them.
    if let Some(why) = message.strip_prefix("validations failed: ") {
        return vec![WaitReason::ValidationsFailed { why: why.to_owned() }];
    }
    if let Some(why) = message.strip_prefix("migrations failed: ") {
        return vec![WaitReason::MigrationsFailed { why: why.to_owned() }];
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
    // The dependencies of a module's release, which are joined with `;` too.
    if let Some((_, why)) =
        message.split_once(" error occurred: ").or_else(|| message.split_once(" errors occurred: "))
    {
        return vec![unmet(None, why.trim())];
    }
    message.split(';').filter_map(requirement).collect()
}

/// A requirement in the refusal of the platform's webhook, which names the key within the text only.
pub(crate) fn refused(why: &str) -> WaitReason {
    module_constraint(why).unwrap_or_else(|| unmet(None, why))
}

/// An enabled module that does not work with the release (facts, cluster-2026.md 1.3; upstream
/// `go_lib/dependency/extenders/deckhouseversion` and `kubernetesversion`, in their versions since 2024):
///
/// - `requirements of the 'X' module are not satisfied: …`, also `… module not met: …`
/// - `requirements of X are not satisfied: …`
/// - ``the 'X' module`s requirements not met: …``
fn module_constraint(part: &str) -> Option<WaitReason> {
    let (module, why) = if let Some((before, why)) = part.split_once(" module`s requirements not met") {
        (before.rsplit_once("the ").map_or(before, |(_, name)| name), why)
    } else {
        let (_, rest) = part.split_once("requirements of ")?;
        rest.split_once(" are not satisfied").or_else(|| rest.split_once(" not met"))?
    };
    let module = module.strip_prefix("the ").unwrap_or(module);
    let module = module.strip_suffix(" module").unwrap_or(module).trim_matches(['\'', '"', ' ']);
    let is_name = !module.is_empty() && !module.contains([' ', ':', '\'']);
    is_name.then(|| WaitReason::ModuleConstraint {
        module: module.to_owned(),
        why: why.trim_start_matches([':', ' ']).trim_end().to_owned(),
    })
}

fn requirement(part: &str) -> Option<WaitReason> {
    if let Some(constraint) = module_constraint(part) {
        return Some(constraint);
    }
    if part.contains("migrated module ") && part.contains("not found in any ModuleSource") {
        return Some(unmet(Some("migratedModules".to_owned()), part.trim()));
    }
    if let Some((_, why)) = part.split_once(" module release`s requirements not met: ") {
        return Some(unmet(None, why.trim()));
    }
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

    fn at(time: &str) -> String {
        time.to_owned()
    }

    fn requirement(key: &str, why: &str) -> WaitReason {
        let key = (!key.is_empty()).then(|| key.to_owned());
        WaitReason::Requirement { key, why: why.to_owned(), cause: RequirementCause::Unmet }
    }

    fn constraint(module: &str, why: &str) -> WaitReason {
        WaitReason::ModuleConstraint { module: module.to_owned(), why: why.to_owned() }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn messages_of_all_platform_versions() {
        let window = || WaitReason::Window { until: Some(at("02 Jan 2026 15:04 UTC")) };
        let postponed = || WaitReason::Postponed { until: Some(at("02 Jan 26 15:04 UTC")) };
        let previous = || WaitReason::Previous { release: "v1.58.3".to_owned() };
        let unknown = || WaitReason::UnknownRequirement { key: "x".to_owned() };
        let failed = |why: &str| WaitReason::NotificationFailed { why: why.to_owned() };
        for (message, expected) in [
            ("", vec![]),
            ("Waiting for manual approval", vec![WaitReason::Approval]),
            ("Release is waiting for manual approval", vec![WaitReason::Approval]),
            (
                "Waiting for the 'release.deckhouse.io/approved: \"true\"' annotation",
                vec![WaitReason::Approval],
            ),
            (
                "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation. After approval the release will be delayed until 02 Jan 2026 15:04 UTC",
                vec![WaitReason::Approval],
            ),
            (
                "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation",
                vec![WaitReason::Approval],
            ),
            (
                "Release is postponed, waiting for the update window until 02 Jan 2026 15:04 UTC",
                vec![window(), WaitReason::Postponed { until: Some(at("02 Jan 2026 15:04 UTC")) }],
            ),
            (
                "Release is postponed by notification until 02 Jan 2026 15:04 UTC",
                vec![WaitReason::Notification { until: Some(at("02 Jan 2026 15:04 UTC")) }],
            ),
            (
                "Release is waiting for the update window: 02 Jan 26 15:04 UTC",
                vec![WaitReason::Window { until: Some(at("02 Jan 26 15:04 UTC")) }],
            ),
            ("Release is postponed until: 02 Jan 26 15:04 UTC", vec![postponed()]),
            (
                "Release is in cooldown until: 02 Jan 26 15:04 UTC",
                vec![WaitReason::Cooldown { until: Some(at("02 Jan 26 15:04 UTC")) }],
            ),
            ("Release is postponed by canary process until 02 Jan 26 15:04 UTC", vec![postponed()]),
            ("awaiting for v1.58.3 release to be deployed", vec![previous()]),
            ("Awaiting for v1.58.3 release to be deployed", vec![previous()]),
            ("awaiting for Deckhouse v1.57.5 pod to be ready", vec![WaitReason::PodNotReady]),
            ("Awaiting for Deckhouse pod to be ready", vec![WaitReason::PodNotReady]),
            ("Waiting for Deckhouse pod to be ready", vec![WaitReason::PodNotReady]),
            ("minor version is greater than deployed v1.57.5 by one", vec![WaitReason::Gap]),
            ("major version is greater than deployed v1.57.5", vec![WaitReason::Major]),
            (
                "\"k8s\" requirement for DeckhouseRelease \"1.58.6\" not met: current kubernetes version is lower than required",
                vec![requirement("k8s", "current kubernetes version is lower than required")],
            ),
            (
                "reason: deckhouse requirements check, requirement: \"k8s\" requirement for DeckhouseRelease \"1.58.6\" not met: too low;\"ingressNginx\" requirement for DeckhouseRelease \"1.58.6\" not met: old",
                vec![requirement("k8s", "too low"), requirement("ingressNginx", "old")],
            ),
            ("\"x\" requirement is not registered", vec![unknown()]),
            ("requirement with a key: x: Not registered", vec![unknown()]),
            (
                "requirements are not satisfied: current deckhouse version is not suitable: 1.60.1 is less than 1.61",
                vec![requirement("", "current deckhouse version is not suitable: 1.60.1 is less than 1.61")],
            ),
            (
                "requirements of the 'console' module are not satisfied: 1.73.2 deckhouse version is not suitable: 1.73.2 is greater than or equal to 1.73",
                vec![constraint(
                    "console",
                    "1.73.2 deckhouse version is not suitable: 1.73.2 is greater than or equal to 1.73",
                )],
            ),
            (
                "requirements of console are not satisfied: current deckhouse version is not suitable: 1.73.2 is greater than 1.70",
                vec![constraint(
                    "console",
                    "current deckhouse version is not suitable: 1.73.2 is greater than 1.70",
                )],
            ),
            ("requirements of console are not satisfied", vec![constraint("console", "")]),
            (
                "the 'sds-node-configurator' module`s requirements not met: the '1.33' kubernetes version is not suitable: 1.33.0 is greater than 1.31",
                vec![constraint(
                    "sds-node-configurator",
                    "the '1.33' kubernetes version is not suitable: 1.33.0 is greater than 1.31",
                )],
            ),
            (
                "requirements of the 'console' module not met: the '1.73.2' deckhouse version is not suitable: 1.73.2 is greater than 1.70",
                vec![constraint(
                    "console",
                    "the '1.73.2' deckhouse version is not suitable: 1.73.2 is greater than 1.70",
                )],
            ),
            (
                "requirements of the 'console' module are not satisfied: too old;\"k8s\" requirement for DeckhouseRelease \"1.73.2\" not met: too low;the 'sds' module`s requirements not met: too new;migrated module 'prompp' not found in any ModuleSource registry",
                vec![
                    constraint("console", "too old"),
                    requirement("k8s", "too low"),
                    constraint("sds", "too new"),
                    requirement(
                        "migratedModules",
                        "migrated module 'prompp' not found in any ModuleSource registry",
                    ),
                ],
            ),
            (
                "reason: deckhouse version check, requirement: requirements of the 'console' module are not satisfied: too old",
                vec![constraint("console", "too old")],
            ),
            (
                "the 'console-v1.4.0' module release`s requirements not met: the current deckhouse version is not suitable: 1.60.1 is less than 1.61",
                vec![requirement(
                    "",
                    "the current deckhouse version is not suitable: 1.60.1 is less than 1.61",
                )],
            ),
            (
                "2 errors occurred: 'prompp' is not deployed; dependency 'console' not meet version constraint: 1.0.0 is less than 1.2",
                vec![requirement(
                    "",
                    "'prompp' is not deployed; dependency 'console' not meet version constraint: 1.0.0 is less than 1.2",
                )],
            ),
            (
                "Release is blocked, failed to send release notification: Post \"http://hook\": connection refused",
                vec![failed("Post \"http://hook\": connection refused")],
            ),
            (
                "Release blocked: failed to send release notification",
                vec![failed("Release blocked: failed to send release notification")],
            ),
            (
                "release blocked, disruption approval required: (`kubectl annotate …`)",
                vec![WaitReason::Disruption],
            ),
            (
                "validations failed: 010_no_old_pools.sql: 2 rows; requirements of x are not satisfied",
                vec![WaitReason::ValidationsFailed {
                    why: "010_no_old_pools.sql: 2 rows; requirements of x are not satisfied".to_owned(),
                }],
            ),
            (
                "migrations failed: 002_rename.up.sql: object is suspended",
                vec![WaitReason::MigrationsFailed {
                    why: "002_rename.up.sql: object is suspended".to_owned(),
                }],
            ),
            ("Release is suspended", vec![WaitReason::Suspended]),
            (
                "Update policy not set. Create a suitable ModuleUpdatePolicy object",
                vec![WaitReason::NoPolicy],
            ),
            (
                "something that nobody knows yet",
                vec![WaitReason::Other { message: "something that nobody knows yet".to_owned() }],
            ),
        ] {
            assert_eq!(wait_reasons(message), expected, "{message}");
        }
    }

    #[test]
    fn the_cause_of_an_unmet_requirement() {
        for (why, expected) in [
            ("the value of k8s is not set", RequirementCause::ValueNotKnown),
            ("minimal Linux kernel version is 5.8", RequirementCause::Kernel),
            ("too low", RequirementCause::Unmet),
        ] {
            let WaitReason::Requirement { cause, .. } = unmet(None, why) else { panic!("{why}") };
            assert_eq!(cause, expected, "{why}");
        }
    }

    #[test]
    fn an_approval_that_was_given_is_not_waited_for() {
        const APPROVAL: &str = "Release is waiting for manual approval";
        const DISRUPTION: &str = "release blocked, disruption approval required: (`kubectl annotate …`)";
        const WINDOW: &str =
            "Release is postponed, waiting for the update window until 02 Jan 2026 15:04 UTC";
        let annotated = |key: &str| Release {
            annotations: [(format!("release.deckhouse.io/{key}"), "true".to_owned())].into(),
            ..Release::default()
        };
        let approved = WaitReason::NotTakenUp { disruption: false };
        let disruption = WaitReason::NotTakenUp { disruption: true };
        for (release, message, expected) in [
            (Release::default(), APPROVAL, vec![WaitReason::Approval]),
            (Release { approved_field: true, ..Release::default() }, APPROVAL, vec![approved.clone()]),
            (annotated("approved"), APPROVAL, vec![approved]),
            (annotated("disruption-approved"), APPROVAL, vec![WaitReason::Approval]),
            (annotated("approved"), DISRUPTION, vec![WaitReason::Disruption]),
            (annotated("disruption-approved"), DISRUPTION, vec![disruption]),
            (annotated("approved"), "", vec![]),
        ] {
            let release = Release { message: message.into(), ..release };
            assert_eq!(reasons_of(&release), expected, "{release:?}");
        }
        let release = Release { message: WINDOW.into(), ..annotated("approved") };
        assert_eq!(reasons_of(&release), wait_reasons(WINDOW));
    }

    #[test]
    fn fuzz_messages() {
        let inputs = [
            &b"\"k8s\" requirement for DeckhouseRelease \"1.58.6\" not met: low;x"[..],
            b"Release is postponed, waiting for the update window until 02 Jan 2026 15:04 UTC",
            b"requirements of the 'console' module are not satisfied: old;the 'sds' module`s requirements not met: new",
        ];
        fuzzing::fuzz!(inputs, |bytes: &[u8]| {
            let message = String::from_utf8_lossy(bytes);
            assert_eq!(wait_reasons(&message).is_empty(), message.trim().is_empty());
        });
    }
}
