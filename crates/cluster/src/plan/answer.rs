//! The controller's own answer about the release that is next.

use crate::{
    objects::Release,
    requirements::{Outcome, Requirement, Unmet},
    wait_reason::{WaitReason, wait_reasons},
};

/// What the release's message says about requirements wins over what was found here.
pub(super) fn take_over(requirements: &mut Vec<Requirement>, release: &Release) {
    let reasons = wait_reasons(&release.message);
    let mut refused = false;
    for reason in &reasons {
        let (key, why) = match reason {
            WaitReason::Requirement { key, why, .. } => (key.as_deref(), why.clone()),
            WaitReason::UnknownRequirement { key } => (
                Some(key.as_str()),
                "the running version does not know this requirement: a version was left out, or the release is of \
                 another edition"
                    .to_owned(),
            ),
            _ => continue,
        };
        refused = true;
        refuse(requirements, release, key, &why);
    }
    if !refused && reasons.contains(&WaitReason::Approval) {
        for requirement in requirements {
            doubt(requirement);
        }
    }
}

fn refuse(requirements: &mut Vec<Requirement>, release: &Release, key: Option<&str>, why: &str) {
    let known = requirements.iter().position(|it| Some(it.key.as_str()) == key);
    if known.is_some_and(|it| matches!(requirements[it].outcome, Outcome::Unmet { .. })) {
        // The same, and this one knows the objects.
        return;
    }
    let needed = known.map(|it| requirements[it].needed.clone()).unwrap_or_default();
    let outcome = Outcome::Unmet {
        reasons: vec![Unmet {
            objects: vec![format!("DeckhouseRelease/{}", release.name)],
            value: why.to_owned(),
            needed: needed.clone(),
            fix: "the controller says so itself; it looks again every 15 seconds".into(),
            may_change: false,
        }],
    };
    match known {
        Some(it) => requirements[it].outcome = outcome,
        None => requirements.push(Requirement { key: key.unwrap_or("other").to_owned(), needed, outcome }),
    }
}

/// Requirements are looked at before the approval, so who waits for that has passed them.
fn doubt(requirement: &mut Requirement) {
    if let Outcome::Unmet { reasons } = &requirement.outcome {
        let found: Vec<String> =
            reasons.iter().map(|it| format!("{}: {}", it.objects.join(", "), it.value)).collect();
        requirement.outcome = Outcome::Unknown {
            why: format!(
                "the controller has nothing against it and waits for the approval only, though there is {}",
                found.join("; ")
            ),
        };
    }
}
