//! Two objects of one version: what an old controller named with dashes, and what a new one names with dots.
//!
//! A controller that sees two of a version skips both, or waits for ever (`task_calculator.go`). The stray one can be
//! removed where the other one stands for the version.

use super::Step;
use crate::{
    change::{Change, Guard, Kind, Write},
    objects::{Phase, Release},
};

/// The objects that are removed, highest version first: so the controller never finds a later one beside a twin of an
/// earlier one. `created` are the names that are about to exist.
pub(super) fn removals(existing: &[Release], created: &[&str]) -> Vec<Step> {
    let mut stray: Vec<&Release> =
        existing.iter().filter(|release| is_stray(release, existing, created)).collect();
    stray.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| a.name.cmp(&b.name)));
    stray.into_iter().map(removal).collect()
}

/// Waiting or not looked at yet, under an old name, and something else stands for its version: an object that waits, is
/// deployed or was, or one that is about to be created. One that was skipped does not: then this one is the
/// last chance of its version.
fn is_stray(release: &Release, existing: &[Release], created: &[&str]) -> bool {
    let stands = |other: &Release| {
        other.version == release.version
            && !other.is_misnamed()
            && matches!(other.phase, None | Some(Phase::Pending | Phase::Deployed | Phase::Superseded))
    };
    release.version.is_some()
        && release.is_misnamed()
        && release.is_waiting()
        && (existing.iter().any(stands) || created.contains(&release.version_text.as_str()))
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
        removals(&existing, created).into_iter().map(|step| step.change.name).collect()
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
