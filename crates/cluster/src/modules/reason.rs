//! Why a release of a module is waiting, as data.

use foreign_text::ForeignText;

use super::{
    note::ModuleNote,
    turn::{ModuleTurn, NotNext},
};
use crate::{
    objects::{ModuleRelease, Phase},
    wait_reason::{WaitReason, wait_reasons},
};

/// Why a release of a module is waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleWait {
    /// It is suspended; the controller's message, which may be empty.
    Suspended(ForeignText),
    /// The controller gives no reason, and it cannot be approved now.
    NotNext(NotNext),
    /// The controller gives no reason.
    NoReason,
    /// It needs an approval, and may be approved now.
    Approval,
    /// It needs an approval, and cannot be approved now.
    ApprovalLater(NotNext),
    /// It is approved; the controller has not processed that yet.
    Approved,
    /// What the controller says.
    Controller(Vec<WaitReason>),
    /// The controller reports missing releases, but none is missing: what this version of it does not do.
    NotByThisController(ModuleNote),
}

/// The reason, by the controller's message, or where it has none, by the turn.
pub(super) fn reason(release: &ModuleRelease, turn: &ModuleTurn, notes: &[ModuleNote]) -> ModuleWait {
    if release.phase == Some(Phase::Suspended) {
        return ModuleWait::Suspended(release.message.clone());
    }
    let reasons = wait_reasons(&release.message);
    if reasons.contains(&WaitReason::Gap)
        && let Some(doubt) = notes.iter().find(|it| it.is_doubt())
    {
        return ModuleWait::NotByThisController(doubt.clone());
    }
    match turn {
        ModuleTurn::Not(why) if reasons.is_empty() => ModuleWait::NotNext(why.clone()),
        ModuleTurn::Approved if reasons.is_empty() => ModuleWait::Approved,
        _ if reasons.is_empty() => ModuleWait::NoReason,
        _ if !reasons.contains(&WaitReason::Approval) => ModuleWait::Controller(reasons),
        ModuleTurn::Not(why) => ModuleWait::ApprovalLater(why.clone()),
        ModuleTurn::Approved => ModuleWait::Approved,
        _ => ModuleWait::Approval,
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;

    #[test]
    fn the_message_has_precedence_over_the_order() {
        let first = || NotNext::After(Version::new(1, 1, 0));
        let not = ModuleTurn::Not(first());
        let approval = "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation";
        let postponed = "Release is postponed until: 02 Jan 26 15:04 UTC";
        for (message, turn, expected) in [
            (approval, &ModuleTurn::Now, ModuleWait::Approval),
            (approval, &ModuleTurn::Approved, ModuleWait::Approved),
            ("Waiting for manual approval", &not, ModuleWait::ApprovalLater(first())),
            (postponed, &not, ModuleWait::Controller(wait_reasons(postponed))),
            ("", &not, ModuleWait::NotNext(first())),
            ("", &ModuleTurn::Approved, ModuleWait::Approved),
            ("", &ModuleTurn::Now, ModuleWait::NoReason),
        ] {
            let release = ModuleRelease {
                message: message.into(),
                phase: Some(Phase::Pending),
                ..ModuleRelease::default()
            };
            assert_eq!(reason(&release, turn, &[]), expected, "{message}");
        }
        let zero = || ModuleNote::MinorZero { deployed: Version::new(0, 9, 4) };
        let gap = ModuleRelease {
            message: "minor version is greater than deployed v0.9.4 by one".into(),
            phase: Some(Phase::Pending),
            ..ModuleRelease::default()
        };
        for (notes, expected) in [
            (vec![zero()], ModuleWait::NotByThisController(zero())),
            (
                vec![ModuleNote::DirectPossible { to: Version::new(1, 4, 0) }],
                ModuleWait::Controller(vec![WaitReason::Gap]),
            ),
        ] {
            assert_eq!(reason(&gap, &ModuleTurn::Now, &notes), expected, "{notes:?}");
        }
        let suspended = ModuleRelease { phase: Some(Phase::Suspended), ..ModuleRelease::default() };
        assert_eq!(reason(&suspended, &ModuleTurn::Now, &[]), ModuleWait::Suspended("".into()));
    }
}
