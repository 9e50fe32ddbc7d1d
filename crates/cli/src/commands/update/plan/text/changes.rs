//! What a release of a plan changes, as text: the changes with an impact, and the others on request.

use cluster::{
    changelog::{ChangeKind, Changelog, ReleaseChanges},
    plan::Step,
};

use crate::{format::paragraph, words};

/// The column in which texts begin behind their labels.
const COLUMN: usize = 12;

/// The lines of one release. `all`: with all changes, not only those that have an impact.
pub(super) fn text(step: &Step, all: bool) -> String {
    let Some(changes) = &step.changes else { return String::new() };
    let line = |label: &str, text: &str| paragraph(&format!("   {label:<8} "), COLUMN, text);
    let mut text = String::new();
    match changes {
        ReleaseChanges::Known(changelog) => {
            for (section, impact) in changelog.impacts() {
                text += &line("impact", &words::changelog::impact(section, impact));
            }
            if changelog.impacts().next().is_none() {
                text += &line("impact", words::changelog::NO_IMPACT);
            }
            let counts = words::changelog::counts(changelog);
            if all {
                text += &line("changes", &counts);
                text += &listed(changelog);
            } else {
                text += &line("changes", &format!("{counts}; to list them, add --changelog"));
            }
        }
        ReleaseChanges::Absent { .. } | ReleaseChanges::Unknown { .. } => {
            text += &line("changes", &words::changelog::unknown(changes));
        }
    }
    if let Some(interruption) = &step.interruption {
        text += &line("API", &words::changelog::interruption(interruption));
    }
    text
}

/// All changes, section by section.
fn listed(changelog: &Changelog) -> String {
    let mut text = String::new();
    for section in &changelog.sections {
        text += &format!("            {}\n", section.name);
        for change in &section.changes {
            let kind = match change.kind {
                ChangeKind::Feature => "feature",
                ChangeKind::Fix => "fix",
                ChangeKind::Other => "other",
            };
            text += &paragraph(&format!("              {kind:<7} "), COLUMN + 10, &change.summary);
        }
    }
    if !changelog.left_out.is_empty() {
        let left_out = words::changelog::left_out(changelog);
        text += &paragraph("            ", COLUMN, &left_out);
    }
    if let Some(link) = &changelog.link {
        text += &format!("            {link}\n");
    }
    text
}
