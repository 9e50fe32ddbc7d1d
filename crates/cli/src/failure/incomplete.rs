//! What to do about a list of missing or damaged objects: by where they are missing, and why.

use std::collections::BTreeSet;

use commands::{Exclusion, Inclusion};
use deckhouse::repositories::{Attachment, Component, attachment};
use mirror::{
    Cause, LeavesOut, MissingItem, WantedBy,
    error::{BaseKinds, Place},
};

/// The next steps; none that is known not to help.
pub(super) fn hints(place: Place, items: &[MissingItem]) -> Vec<String> {
    let has = |cause: Cause| items.iter().any(|item| item.cause == cause);
    let mut hints = modules(place, items);
    let (of_modules, items): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.cause.is_module());
    if items.is_empty() && !of_modules.is_empty() {
        return hints;
    }
    match place {
        Place::Source if has(Cause::NoLongerThere) => hints.push(
            "no bundle was written; pull from a registry that has the locked images, such as an earlier mirror, or pull without \
             --locked and write a new lock file with --lock"
                .to_owned(),
        ),
        Place::Source if has(Cause::NotLocked) => hints.push(
            "no bundle was written; use the lock file as the pull wrote it, or pull without --locked and write a new lock file \
             with --lock"
                .to_owned(),
        ),
        Place::Source => {
            let flags = flags_to_leave_out(&items);
            if !flags.is_empty() {
                hints.push(format!("to leave out the listed objects: {}", flags.join(" ")));
            }
            hints.push(format!("no bundle was written; {}", at_source(&items)));
        }
        Place::Bundle => hints.push("copy the bundle again, or pull it again".to_owned()),
        Place::Target if has(Cause::StillDamaged) => hints.push(still_damaged(&items)),
        Place::Target if has(Cause::Damaged) => hints.push(
            "push the bundle again with --deep: it reads every blob that the registry has, and uploads the damaged ones \
             again"
                .to_owned(),
        ),
        Place::Target => hints.push("push the bundle again: objects that exist are skipped".to_owned()),
        Place::ThinAndTarget(kinds) => hints.push(format!("nothing was sent; {}", lost_in_target(kinds))),
        Place::Bases(kinds) => hints.push(lost_in_bases(kinds).to_owned()),
        Place::TargetAndBundle => hints.push("pull a complete bundle and push it".to_owned()),
    }
    hints
}

/// What to do about objects that are missing on the source.
fn at_source(items: &[&MissingItem]) -> &'static str {
    let all = |is_meant: fn(&WantedBy) -> bool| {
        items.iter().all(|item| !item.wanted_by.is_empty() && item.wanted_by.iter().all(is_meant))
    };
    if items.iter().any(|item| item.cause == Cause::ListedAndDenied) {
        "a registry that lists a tag and returns 404 for it has inconsistent replicas or caches: \
         ask its administrator to repair them, then run the same command again"
    } else if all(|by| matches!(by, WantedBy::WantList { .. })) {
        "pull from the source that the clusters have these from, or ask its administrator why they are missing"
    } else if all(|by| *by == WantedBy::Installer) {
        "name an installer that the source has with --installer-tag, or leave it out with --no-installer"
    } else {
        "choose releases that are complete on the source, or ask its administrator to repair it"
    }
}

/// What to do if the target does not have what a thin bundle leaves out.
fn lost_in_target(kinds: BaseKinds) -> &'static str {
    match kinds {
        BaseKinds::Bundles => {
            "push the bundle that was the base of this one first, or pull a full bundle without --base"
        }
        BaseKinds::Registry => {
            "this registry does not have what the want list says; write the want list again with dhctl update want, and pull \
             with the new list"
        }
        BaseKinds::Both => {
            "push the bundle that was the base of this one first; if something is still missing, write the want list again \
             with dhctl update want, and pull with the new list and without --base"
        }
    }
}

/// What to do if no base has what a thin bundle leaves out.
fn lost_in_bases(kinds: BaseKinds) -> &'static str {
    match kinds {
        BaseKinds::Bundles => {
            "name every bundle with --base that was a base of the thin bundle; dhctl bundle inspect lists them"
        }
        BaseKinds::Registry => {
            "the base of the thin bundle is the registry of a want list, not a bundle: name the bundles that were pushed to \
             this registry with --base, or pull a full bundle without --want"
        }
        BaseKinds::Both => {
            "name every bundle with --base that was a base of the thin bundle (dhctl bundle inspect lists them), and those that \
             were pushed to the registry of the want list"
        }
    }
}

/// The hints for modules that releases or other modules require. Empty if none of the items is such a module.
pub(crate) fn modules(place: Place, items: &[MissingItem]) -> Vec<String> {
    let names = |is_meant: fn(Cause) -> bool| -> BTreeSet<&str> {
        items.iter().filter(|item| is_meant(item.cause)).map(|item| item.reference.as_str()).collect()
    };
    let all = names(Cause::is_module);
    let left_out = [
        (names(|cause| cause == Cause::ModuleLeftOut(LeavesOut::Excluded)), LeavesOut::Excluded),
        (names(|cause| cause == Cause::ModuleLeftOut(LeavesOut::NotNamed)), LeavesOut::NotNamed),
        (names(|cause| cause == Cause::ModuleLeftOut(LeavesOut::NoModules)), LeavesOut::NoModules),
    ];
    // A selection leaves all modules out in the same way.
    let left_out = left_out.into_iter().find(|(names, _)| !names.is_empty());
    if all.is_empty() {
        return Vec::new();
    }
    let flags = |names: &BTreeSet<&str>, flag: fn(String) -> String| {
        names.iter().map(|name| flag((*name).to_owned())).collect::<Vec<_>>().join(" ")
    };
    let include = |names: &BTreeSet<&str>| flags(names, |name| Inclusion(name).to_string());
    let allow = flags(&all, |name| Exclusion::RequiredModule(name).to_string());
    let mut hints = Vec::new();
    match (place, left_out) {
        (Place::Source, Some((names, how))) => hints.push(match how {
            LeavesOut::Excluded => {
                let exclude = flags(&names, |name| Exclusion::Module(name).to_string());
                format!("to pull these modules too, remove {exclude}")
            }
            LeavesOut::NotNamed => format!("to pull these modules too, add {}", include(&names)),
            LeavesOut::NoModules => {
                format!("to pull these modules too, use {} instead of --no-modules", include(&names))
            }
        }),
        (Place::Source, None) => hints.push(
            "no bundle was written; without a listed module, a cluster that uses it cannot update to what requires it"
                .to_owned(),
        ),
        _ => {
            hints.push(format!("pull the bundle again with these modules: {}", include(&all)));
        }
    }
    hints.push(format!("if no cluster uses a listed module, or the registry has it already, add {allow}"));
    hints
}

/// Another push would fail in the same way: the registry accepts the upload, and keeps the damaged data.
fn still_damaged(items: &[&MissingItem]) -> String {
    let damaged = items.iter().filter(|item| item.cause == Cause::StillDamaged);
    let digests: BTreeSet<&str> = damaged.map(|item| item.reference.as_str()).collect();
    let digests: Vec<&str> = digests.into_iter().collect();
    format!(
        "another push cannot replace these: the administrator of the registry must remove their data from its storage \
         (Docker distribution: blobs/sha256/XX/DIGEST/data), then restart the registry and push again: {}",
        digests.join(" ")
    )
}

/// The flags that leave out everything that needs those of the items that can be left out.
fn flags_to_leave_out(items: &[&MissingItem]) -> Vec<String> {
    let flags: BTreeSet<Exclusion> = items.iter().filter_map(|item| flags_of(item)).flatten().collect();
    flags.iter().map(Exclusion::to_string).collect()
}

/// The flags for one item; `None` if something needs it that has no flag.
fn flags_of(item: &MissingItem) -> Option<Vec<Exclusion>> {
    if item.cause == Cause::Attached {
        // A flag that leaves out signatures does not leave out attestations.
        let is_attestation = matches!(attachment(&item.reference), Some((_, Attachment::Attestation)));
        return Some(vec![if is_attestation { Exclusion::Attestations } else { Exclusion::Signatures }]);
    }
    item.wanted_by
        .iter()
        .map(|by| match by {
            WantedBy::Channel(channel) => Some(Exclusion::Channel(channel.to_string())),
            WantedBy::Component { component: Component::Module, name, .. }
            | WantedBy::WantList { component: Component::Module, name } => {
                Some(Exclusion::Module(name.clone()))
            }
            WantedBy::Component { component: Component::Package, name, .. }
            | WantedBy::WantList { component: Component::Package, name } => {
                Some(Exclusion::Package(name.clone()))
            }
            WantedBy::Plugin { .. } => Some(Exclusion::Plugins),
            WantedBy::Database(_) => Some(Exclusion::SecurityDb),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(cause: Cause, wanted_by: &[WantedBy]) -> MissingItem {
        MissingItem {
            repository: "r/a".to_owned(),
            reference: "sha256:ab".to_owned(),
            wanted_by: wanted_by.to_vec(),
            reason: "gone".to_owned(),
            cause,
        }
    }

    fn module(name: &str) -> WantedBy {
        WantedBy::Component { component: Component::Module, name: name.to_owned(), version: None }
    }

    #[test]
    fn hints_are_only_shown_if_they_can_help() {
        let release = WantedBy::Release(semver::Version::new(1, 58, 3));
        let channel = WantedBy::Channel(deckhouse::Channel::Stable);
        let wanted = WantedBy::WantList { component: Component::Package, name: "mysql".to_owned() };
        let cases = [
            (
                Place::Source,
                vec![item(Cause::Missing, &[module("b"), module("a")])],
                "to leave out the listed objects: --exclude-module a --exclude-module b",
            ),
            (
                Place::Source,
                vec![item(Cause::Missing, &[module("a"), release.clone()])],
                "no bundle was written",
            ),
            (
                Place::Source,
                vec![
                    item(Cause::ListedAndDenied, &[channel]),
                    item(Cause::Missing, std::slice::from_ref(&release)),
                ],
                "to leave out the listed objects: --exclude-channel stable",
            ),
            (
                Place::Source,
                vec![item(Cause::Attached, std::slice::from_ref(&release))],
                "to leave out the listed objects: --no-signatures",
            ),
            (
                Place::Source,
                vec![MissingItem {
                    reference: Attachment::Attestation.tag(&oci::Digest::of(b"")).unwrap().to_string(),
                    ..item(Cause::Attached, std::slice::from_ref(&release))
                }],
                "to leave out the listed objects: --no-vex",
            ),
            (
                Place::Target,
                vec![item(Cause::Missing, &[])],
                "push the bundle again: objects that exist are skipped",
            ),
            (Place::Target, vec![item(Cause::Damaged, &[])], "push the bundle again with --deep"),
            (Place::Target, vec![item(Cause::StillDamaged, &[])], "another push cannot replace these"),
            (
                Place::Source,
                vec![item(Cause::ModuleMissing, &[])],
                "no bundle was written; without a listed module, a cluster",
            ),
            (Place::Source, vec![item(Cause::NotLocked, &[])], "no bundle was written; use the lock file"),
            (
                Place::Source,
                vec![item(Cause::NoLongerThere, &[WantedBy::LockFile])],
                "no bundle was written; pull from a registry that has the locked images",
            ),
            (
                Place::Source,
                vec![item(Cause::Missing, &[WantedBy::Installer])],
                "no bundle was written; name an installer",
            ),
            (
                Place::Source,
                vec![item(Cause::Missing, &[wanted])],
                "to leave out the listed objects: --exclude-package mysql",
            ),
            (
                Place::Source,
                vec![item(Cause::ModuleLeftOut(LeavesOut::NotNamed), std::slice::from_ref(&release))],
                "to pull these modules too, add --include-module sha256:ab",
            ),
            (
                Place::Source,
                vec![item(Cause::ModuleLeftOut(LeavesOut::Excluded), std::slice::from_ref(&release))],
                "to pull these modules too, remove --exclude-module sha256:ab",
            ),
            (
                Place::ThinAndTarget(BaseKinds::Bundles),
                vec![item(Cause::Missing, &[])],
                "nothing was sent; push the bundle that was the base",
            ),
            (
                Place::ThinAndTarget(BaseKinds::Registry),
                vec![item(Cause::Missing, &[])],
                "nothing was sent; this registry does not have what the want list says; write the want list again",
            ),
            (
                Place::Bases(BaseKinds::Registry),
                vec![item(Cause::Missing, &[])],
                "the base of the thin bundle is the registry of a want list, not a bundle",
            ),
            (
                Place::Bundle,
                vec![item(Cause::ModuleMissing, &[])],
                "pull the bundle again with these modules",
            ),
        ];
        for (place, items, expected) in cases {
            let hints = hints(place, &items);
            assert!(hints[0].starts_with(expected), "{hints:?}");
            let says_push = hints.iter().any(|hint| hint.starts_with("push the bundle again"));
            assert_eq!(says_push, place == Place::Target && items[0].cause != Cause::StillDamaged);
        }
    }
}
