//! Why a release of a module waits, in plain words.
//!
//! Texts of the controllers: `deckhouse-controller/pkg/controller/module-controllers/release`, of all eras;
//! found by their constant parts. Whatever is not known is passed on as it is.

use crate::objects::{ModuleRelease, Phase};

use super::turn::ModuleTurn;

/// The reason, by the controller's message, or where it has none, by the turn.
pub(super) fn reason(release: &ModuleRelease, turn: &ModuleTurn) -> String {
    let message = release.message.trim();
    let has = |part: &str| message.contains(part);
    let after = |part: &str| message.split_once(part).map_or(message, |(_, rest)| rest.trim());
    if release.phase == Some(Phase::Suspended) {
        return if message.is_empty() { "suspended".to_owned() } else { format!("suspended: {message}") };
    }
    if has("modules.deckhouse.io/approved") || has("manual approval") {
        return match turn {
            ModuleTurn::Not(why) => format!("waits for approval, but not yet: {why}"),
            ModuleTurn::Approved => "approved just now; the controller has not yet gone on".to_owned(),
            _ => "waits for approval".to_owned(),
        };
    }
    if has("Update policy not set") {
        return "no update policy is for this module (old versions want one): \
                label the release `modules.deckhouse.io/update-policy=NAME`"
            .to_owned();
    }
    if has("Update policy") && has("not found") {
        return format!("{message}: create that ModuleUpdatePolicy, or name another in the ModuleConfig");
    }
    if has("current deckhouse version is not suitable") {
        return format!("wants another version of the platform: {}", after("not suitable:"));
    }
    if has("current kubernetes version is not suitable") {
        return format!("wants another version of Kubernetes: {}", after("not suitable:"));
    }
    if has("requirements are not satisfied") || has("not met") {
        return format!("a requirement is not met: {}", after("not satisfied:"));
    }
    if has("update window") {
        return format!("waits for an update window ({message})");
    }
    match (message, turn) {
        ("", ModuleTurn::Not(why)) => why.clone(),
        ("", ModuleTurn::Approved) => "approved; the controller has not yet gone on".to_owned(),
        ("", _) => "the controller gives no reason".to_owned(),
        (message, _) => message.to_owned(),
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
                "no update policy is for this module (old versions want one): label the release `modules.deckhouse.io/update-policy=NAME`",
            ),
            (
                "Update policy slow not found",
                &ModuleTurn::Now,
                "Update policy slow not found: create that ModuleUpdatePolicy, or name another in the ModuleConfig",
            ),
            (
                "requirements are not satisfied: current deckhouse version is not suitable: 1.68.0 is less than 1.70",
                &ModuleTurn::Now,
                "wants another version of the platform: 1.68.0 is less than 1.70",
            ),
            (
                "awaiting for v1.1.0 release to be deployed",
                &ModuleTurn::Now,
                "awaiting for v1.1.0 release to be deployed",
            ),
            ("", &not, "v1.1.0 comes first"),
            ("", &ModuleTurn::Now, "the controller gives no reason"),
        ] {
            let release = ModuleRelease {
                message: message.to_owned(),
                phase: Some(Phase::Pending),
                ..ModuleRelease::default()
            };
            assert_eq!(reason(&release, turn), words, "{message}");
        }
    }
}
