//! The controller's own answer on the next release.

use crate::{
    ClusterState,
    objects::Release,
    requirements::{Fix, Holder, MODULES, Outcome, Requirement, Shortfall, Unmet, WhyUnknown, module_fix},
    wait_reason::{WaitReason, wait_reasons},
};

/// Replaces what was found here by what the release's message says about requirements.
pub(super) fn apply(requirements: &mut Vec<Requirement>, state: &ClusterState, release: &Release) {
    let reasons = wait_reasons(&release.message);
    let mut refused = false;
    for reason in &reasons {
        let (key, why) = match reason {
            WaitReason::Requirement { key, why, .. } => (key.as_deref(), Some(why.as_str())),
            WaitReason::UnknownRequirement { key } => (Some(key.as_str()), None),
            WaitReason::ModuleConstraint { module, why } => {
                refused = true;
                refuse_module(requirements, state, release, module, why);
                continue;
            }
            _ => continue,
        };
        refused = true;
        refuse(requirements, release, key, why);
    }
    if !refused && reasons.contains(&WaitReason::Approval) {
        for requirement in requirements {
            mark_unknown(requirement);
        }
    }
}

/// `why`: what the controller says; `None` if it does not know the requirement.
fn refuse(requirements: &mut Vec<Requirement>, release: &Release, key: Option<&str>, why: Option<&str>) {
    let known = requirements.iter().position(|it| Some(it.key.as_str()) == key);
    if known.is_some_and(|it| matches!(requirements[it].outcome, Outcome::Unmet(_))) {
        // The same, and this one knows the objects.
        return;
    }
    let needed = known.map(|it| requirements[it].needed.clone()).unwrap_or_default();
    let shortfall = match why {
        Some(why) => Shortfall::Reported { why: why.to_owned(), needed: needed.clone() },
        None => Shortfall::UnknownToController { needed: needed.clone() },
    };
    let outcome = Outcome::Unmet(vec![Unmet {
        objects: vec![Holder::object("DeckhouseRelease", &release.name)],
        shortfall,
        fix: Fix::ControllerChecksAgain,
        may_change: false,
    }]);
    match known {
        Some(it) => requirements[it].outcome = outcome,
        None => requirements.push(Requirement { key: key.unwrap_or("other").to_owned(), needed, outcome }),
    }
}

/// The controller names one module that does not work with the release. Others are found here only.
fn refuse_module(
    requirements: &mut Vec<Requirement>,
    state: &ClusterState,
    release: &Release,
    module: &str,
    why: &str,
) {
    let object = Holder::object("Module", module);
    let is_found = |it: &Requirement| matches!(&it.outcome, Outcome::Unmet(reasons) if reasons.iter().any(|it| it.objects.contains(&object)));
    if requirements.iter().any(is_found) {
        return;
    }
    let needed = release.version.as_ref().map(|it| format!("a module version that works with v{it}"));
    let fix = match &release.version {
        Some(version) => module_fix(state, module, version),
        None => Fix::ControllerChecksAgain,
    };
    let shortfall = Shortfall::Reported { why: why.to_owned(), needed: needed.unwrap_or_default() };
    let unmet = Unmet { objects: vec![object], shortfall, fix, may_change: false };
    match requirements.iter_mut().find(|it| it.key == MODULES) {
        Some(Requirement { outcome: Outcome::Unmet(reasons), .. }) => reasons.push(unmet),
        Some(requirement) => requirement.outcome = Outcome::Unmet(vec![unmet]),
        None => requirements.push(Requirement {
            key: MODULES.to_owned(),
            needed: format!("work with {}", release.version_text),
            outcome: Outcome::Unmet(vec![unmet]),
        }),
    }
}

/// Requirements are checked before the approval, so a release that waits for its approval has passed them.
fn mark_unknown(requirement: &mut Requirement) {
    if let Outcome::Unmet(reasons) = &mut requirement.outcome {
        let found = std::mem::take(reasons);
        requirement.outcome = Outcome::Unknown(WhyUnknown::ControllerPassedIt(found));
    }
}
