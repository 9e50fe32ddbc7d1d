//! Why a release of a module waits, in plain words.
//!
//! Texts of the controllers: `deckhouse-controller/pkg/controller/module-controllers/release`, of all eras;
//! found by their constant parts. Whatever is not known is passed on as it is.

use crate::{
    interim::wait_reason,
    objects::{ModuleRelease, Phase},
    wait_reason::{WaitReason, wait_reasons},
};

use super::turn::ModuleTurn;

/// The reason, by the controller's message, or where it has none, by the turn.
pub(super) fn reason(release: &ModuleRelease, turn: &ModuleTurn) -> String {
    let message = release.message.trim();
    if release.phase == Some(Phase::Suspended) {
        return if message.is_empty() { "suspended".to_owned() } else { format!("suspended: {message}") };
    }
    match wait_reasons(message).as_slice() {
        [] => match turn {
            ModuleTurn::Not(why) => why.clone(),
            ModuleTurn::Approved => "approved; the controller has not acted on it yet".to_owned(),
            _ => "the controller gives no reason".to_owned(),
        },
        reasons if reasons.contains(&WaitReason::Approval) => match turn {
            ModuleTurn::Not(why) => format!("waits for approval, but not yet: {why}"),
            ModuleTurn::Approved => {
                "approved a moment ago; the controller has not acted on it yet".to_owned()
            }
            _ => "waits for approval".to_owned(),
        },
        reasons => reasons.iter().map(of_reason).collect::<Vec<_>>().join("; "),
    }
}

/// What modules have that the platform has not.
fn of_reason(reason: &WaitReason) -> String {
    let after = |text: &str, mark: &str| text.split_once(mark).map(|(_, rest)| rest.trim().to_owned());
    match reason {
        WaitReason::NoPolicy => format!(
            "{} (old versions want one): label the release `modules.deckhouse.io/update-policy=NAME`",
            wait_reason(reason)
        ),
        WaitReason::Other { message }
            if message.contains("Update policy") && message.contains("not found") =>
        {
            format!("{message}: create that ModuleUpdatePolicy, or name another in the ModuleConfig")
        }
        WaitReason::Requirement { why, .. } => {
            let platform = after(why, "current deckhouse version is not suitable:");
            let kubernetes = after(why, "current kubernetes version is not suitable:");
            platform
                .map(|why| format!("it wants another version of the platform: {why}"))
                .or_else(|| kubernetes.map(|why| format!("it wants another version of Kubernetes: {why}")))
                .unwrap_or_else(|| wait_reason(reason))
        }
        reason => wait_reason(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_all_eras_in_plain_words() {
        let not = ModuleTurn::Not("v1.1.0 comes first".to_owned());
        for (message, turn, words) in [
            (
                "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation",
                &ModuleTurn::Now,
                "waits for approval",
            ),
            ("Waiting for manual approval", &not, "waits for approval, but not yet: v1.1.0 comes first"),
            (
                "Update policy not set. Create or set one",
                &ModuleTurn::Now,
                "the module has no update policy (old versions want one): label the release `modules.deckhouse.io/update-policy=NAME`",
            ),
            (
                "Update policy slow not found",
                &ModuleTurn::Now,
                "Update policy slow not found: create that ModuleUpdatePolicy, or name another in the ModuleConfig",
            ),
            (
                "requirements are not satisfied: current deckhouse version is not suitable: 1.68.0 is less than 1.70",
                &ModuleTurn::Now,
                "it wants another version of the platform: 1.68.0 is less than 1.70",
            ),
            ("awaiting for v1.1.0 release to be deployed", &ModuleTurn::Now, "v1.1.0 comes first"),
            ("", &not, "v1.1.0 comes first"),
            ("", &ModuleTurn::Now, "the controller gives no reason"),
        ] {
            let release = ModuleRelease {
                message: message.into(),
                phase: Some(Phase::Pending),
                ..ModuleRelease::default()
            };
            assert_eq!(reason(&release, turn), words, "{message}");
        }
    }
}
