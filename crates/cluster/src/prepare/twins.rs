//! Two objects of one version: what an old controller named with dashes, and what a new one names with dots.
//!
//! A controller that sees two of a version skips both, or waits for ever (cluster-source.md, "Twins"). The stray one
//! is removed where the other one stands for the version, or is about to.

use super::Step;
use crate::{
    change::{Change, Guard, Kind, Write},
    objects::{Phase, Release},
    release_order::{Duplicate, ReleaseOrder},
};

/// What is removed, highest version first: so the controller never finds a later one beside a twin of an earlier one;
/// and what is kept although it waits, with the reason. `created` are the names that are about to exist.
pub(super) fn removals(existing: &[Release], created: &[&str]) -> (Vec<Step>, Vec<String>) {
    let (mut steps, mut notes) = (Vec::new(), Vec::new());
    for twin in ReleaseOrder::of(existing).duplicates {
        match reason_to_keep(&twin, existing, created) {
            None => steps.push(removal(twin.release)),
            Some(why) if twin.release.is_waiting() => {
                notes.push(format!("DeckhouseRelease/{} stays: {why}", twin.release.name));
            }
            Some(_) => {}
        }
    }
    (steps, notes)
}

fn reason_to_keep(twin: &Duplicate<'_>, existing: &[Release], created: &[&str]) -> Option<String> {
    let release = twin.release;
    let proper = existing.iter().find(|it| it.name == release.version_text);
    match proper.and_then(|proper| proper.phase.as_ref()) {
        // The controller does not come back to these: then the twin is the last chance of its version.
        Some(phase @ (Phase::Skipped | Phase::Suspended)) if release.is_waiting() => {
            Some(format!("DeckhouseRelease/{} is {}", release.version_text, phase.name()))
        }
        _ if created.contains(&release.version_text.as_str()) && release.is_waiting() => release
            .is_approved()
            .then(|| format!("it is approved, and {} is not going to be", release.version_text)),
        _ => twin.keep.clone(),
    }
}

fn removal(release: &Release) -> Step {
    let change = Change {
        what: format!(
            "remove the second object of release {}, named as old versions did",
            release.version_text
        ),
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
    fn only_what_something_else_stands_for() {
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
