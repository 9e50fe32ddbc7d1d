//! Two objects of one version: the name that an old controller gave has dashes, the name that a new one gives has dots.
//!
//! A controller that sees two objects of a version skips both, or waits forever (cluster-source.md, "Twins"). The
//! duplicate is deleted where the other one exists or is going to be created.

use super::{PrepareNote, Step};
use crate::{
    change::{Change, Guard, Kind, Purpose, Write},
    objects::{Phase, Release},
    release_order::{Duplicate, KeepReason, ReleaseOrder},
};

/// The duplicates that are deleted, highest version first: so the controller never sees a later release next to a duplicate of an earlier one;
/// and which waiting ones are kept, with the reason. `created` are the names that are about to exist.
pub(super) fn removals(existing: &[Release], created: &[&str]) -> (Vec<Step>, Vec<PrepareNote>) {
    let (mut steps, mut notes) = (Vec::new(), Vec::new());
    for duplicate in ReleaseOrder::of(existing).duplicates {
        match reason_to_keep(&duplicate, existing, created) {
            None => steps.push(removal(duplicate.release)),
            Some(reason) if duplicate.release.is_waiting() => {
                notes.push(PrepareNote::DuplicateKept { name: duplicate.release.name.clone(), reason });
            }
            Some(_) => {}
        }
    }
    (steps, notes)
}

fn reason_to_keep(duplicate: &Duplicate<'_>, existing: &[Release], created: &[&str]) -> Option<KeepReason> {
    let release = duplicate.release;
    let proper = existing.iter().find(|it| it.name == release.version_text);
    match proper.and_then(|proper| proper.phase.as_ref()) {
        // The controller ignores these for good: then only the duplicate can be deployed.
        Some(phase @ (Phase::Skipped | Phase::Suspended)) if release.is_waiting() => {
            let (other, phase) = (release.version_text.clone(), phase.name().to_owned());
            Some(KeepReason::OtherIgnored { other, phase })
        }
        _ if created.contains(&release.version_text.as_str()) && release.is_waiting() => release
            .is_approved()
            .then(|| KeepReason::OnlyItIsApproved { other: release.version_text.clone() }),
        _ => duplicate.keep.clone(),
    }
}

fn removal(release: &Release) -> Step {
    let change = Change {
        purpose: Purpose::DeleteDuplicate { version: release.version_text.clone() },
        kind: Kind::DeckhouseRelease,
        name: release.name.clone(),
        write: Write::Delete,
    };
    Step { change, guard: Guard::of(release.resource_version.as_deref()), settles: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(existing: &[(&str, &str)], created: &[&str]) -> Vec<String> {
        let existing: Vec<Release> = existing
            .iter()
            .map(|(name, phase)| {
                let version_text = name.replace('-', ".");
                Release {
                    name: (*name).to_owned(),
                    version: deckhouse::version::parse_tag(&version_text),
                    version_text,
                    phase: Phase::parse(phase),
                    ..Release::default()
                }
            })
            .collect();
        removals(&existing, created).0.into_iter().map(|step| step.change.name).collect()
    }

    #[test]
    fn only_duplicates_with_another_object_are_deleted() {
        for (existing, created, expected) in [
            (&[("v1-58-3", "Pending"), ("v1.58.3", "Pending")][..], &[][..], &["v1-58-3"][..]),
            (&[("v1-58-3", ""), ("v1.58.3", "Deployed")], &[], &["v1-58-3"]),
            (&[("v1-58-3", "Pending")], &["v1.58.3"], &["v1-58-3"]),
            // Highest first.
            (
                &[("v1-58-3", ""), ("v1.58.3", ""), ("v1-59-0", ""), ("v1.59.0", "")],
                &[],
                &["v1-59-0", "v1-58-3"],
            ),
            // Nothing stands for it.
            (&[("v1-58-3", "Pending")], &[], &[]),
            (&[("v1-58-3", "Pending"), ("v1.58.3", "Skipped")], &[], &[]),
            (&[("v1-58-3", "Pending"), ("v1.58.3", "Suspended")], &[], &[]),
            (&[("v1-58-3", "Pending"), ("v1-58-4", "Pending")], &[], &[]),
            // What was or is deployed is never touched.
            (&[("v1-58-3", "Deployed"), ("v1.58.3", "Pending")], &[], &[]),
            (&[("v1-58-3", "Superseded"), ("v1.58.3", "Deployed")], &[], &[]),
        ] {
            assert_eq!(names(existing, created), expected, "{existing:?}");
        }
    }
}
