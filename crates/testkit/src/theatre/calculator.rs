//! Which release the controller deploys next, as a pure function: the release calculator of the platform.
//!
//! From `deckhouse-controller/pkg/releaseupdater/task_calculator.go`, in its versions of August 2025 to autumn 2026. What
//! changed between them is in [`Code`]. Facts: cluster-2026.md 1.10, 1.11.

use semver::Version;
use serde::Deserialize;

/// How many minor versions a release of the platform may be ahead on the channel LTS. Older code limits modules too.
const LTS_LIMIT: u64 = 10;

/// Which code of the controller runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Before deckhouse#16096 (October 2025): a release is compared with the one just below it, in any phase. Modules
    /// know no channel LTS.
    BeforeOctober2025,
    /// Since then: it is compared with the nearest one below that is Pending or Deployed. For a release of minor version 0
    /// the minor version before it is computed, which is a huge number, so that it waits. LTS is limited for modules too.
    October2025,
    /// Minor 0 is right, and modules have no limit on LTS.
    #[default]
    Current,
}

/// What the releases are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The platform.
    Platform,
    /// A module.
    Module,
}

/// By which rules a task is calculated.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The code of the controller.
    pub code: Code,
    /// What the releases are of.
    pub subject: Subject,
    /// Whether the release channel is LTS.
    pub lts: bool,
}

/// A release, as far as the calculation needs it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its version.
    pub version: Version,
    /// `status.phase`; empty: not processed yet, which counts as Pending.
    pub phase: String,
    /// `status.message`.
    pub message: String,
    /// `spec.update.versions`: from, to.
    pub ranges: Vec<(String, String)>,
}

/// What the controller does with a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// It may be deployed, if nothing else prevents that.
    Deploy {
        /// Whether a range permits to skip all releases before it.
        skips_others: bool,
    },
    /// It waits, with this message.
    Wait(String),
    /// It becomes Skipped.
    Skip,
}

impl Listed {
    fn is(&self, phase: &str) -> bool {
        self.phase == phase || self.phase.is_empty() && phase == "Pending"
    }
}

/// What the controller does with the waiting release of `version`. `list` contains all releases of the subject, sorted by
/// version.
///
/// # Panics
/// If `list` does not contain `version`.
#[expect(clippy::expect_used, reason = "a model for tests")]
pub fn task(list: &[Listed], version: &Version, rules: Rules) -> Task {
    if list.len() == 1 {
        return Task::Deploy { skips_others: false };
    }
    let index = list.iter().position(|it| it.version == *version).expect("the release is in the list");
    let deployed = list.iter().position(|it| it.is("Deployed"));
    if deployed.is_some_and(|it| list[it].version > *version) {
        return Task::Skip;
    }
    if deployed.is_some_and(|deployed| range_end(list, deployed) == Some(index)) {
        return Task::Deploy { skips_others: true };
    }
    let before = match rules.code {
        Code::BeforeOctober2025 => index.checked_sub(1),
        _ => (0..index).rev().find(|it| list[*it].is("Pending") || list[*it].is("Deployed")),
    };
    let is_patch = |of: usize| minor(&list[of].version) == minor(version) && list[of].version < *version;
    if let Some(before) = before
        && (!is_patch(before) || deployed.is_some_and(|it| !is_patch(it)))
        && let Some(message) = waits_for(&list[before], version, rules)
    {
        return Task::Wait(message);
    }
    match list.get(index + 1) {
        Some(next) if minor(&next.version) == minor(version) => Task::Skip,
        _ => Task::Deploy { skips_others: false },
    }
}

/// Why a release of another minor version than the deployed one waits behind `before`.
fn waits_for(before: &Listed, version: &Version, rules: Rules) -> Option<String> {
    if before.is("Pending") {
        return Some(if before.message.contains("awaiting") {
            before.message.clone()
        } else {
            format!("awaiting for v{} release to be deployed", before.version)
        });
    }
    let (same_major, ahead) = (version.major == before.version.major, version.minor);
    let lts = rules.lts && (rules.subject == Subject::Platform || rules.code != Code::BeforeOctober2025);
    let is_gap = match rules.code {
        Code::Current => same_major && ahead > before.version.minor + 1,
        Code::BeforeOctober2025 => same_major && ahead.wrapping_sub(1) > before.version.minor,
        Code::October2025 => (same_major || ahead == 0) && ahead.wrapping_sub(1) > before.version.minor,
    };
    if !lts && is_gap {
        return Some(format!("minor version is greater than deployed v{} by one", before.version));
    }
    let is_limited = rules.subject == Subject::Platform || rules.code != Code::Current;
    if lts && is_limited && same_major && ahead > before.version.minor + LTS_LIMIT {
        return Some(format!(
            "minor version is greater than deployed v{} by {}, it's more than acceptable channel limitation",
            before.version,
            ahead - before.version.minor
        ));
    }
    let first_major = (before.version.major, version.major) == (0, 1);
    (!same_major && !first_major)
        .then(|| format!("major version is greater than deployed v{}", before.version))
}

/// The release to which the ranges of the waiting releases lead: the highest one. A range counts if it ends in the minor
/// version of its own release; then it ends at the highest patch of that minor, whatever its phase.
fn range_end(list: &[Listed], deployed: usize) -> Option<usize> {
    let mut best = None;
    for release in list[deployed + 1..].iter().filter(|it| it.is("Pending")) {
        for (from, to) in &release.ranges {
            let (Some(from), Some(to)) = (loose(from), loose(to)) else { continue };
            let counts = minor(&to) == minor(&release.version)
                && list[deployed].version >= from
                && list[deployed].version < to;
            if counts {
                best =
                    best.max((deployed..list.len()).rev().find(|it| minor(&list[*it].version) == minor(&to)));
            }
        }
    }
    best
}

/// A version with one, two or three numbers.
fn loose(text: &str) -> Option<Version> {
    let numbers: Result<Vec<u64>, _> =
        text.trim().trim_start_matches('v').split('.').map(str::parse).collect();
    match numbers.ok()?[..] {
        [major] => Some(Version::new(major, 0, 0)),
        [major, minor] => Some(Version::new(major, minor, 0)),
        [major, minor, patch] => Some(Version::new(major, minor, patch)),
        _ => None,
    }
}

fn minor(version: &Version) -> (u64, u64) {
    (version.major, version.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `VERSION PHASE [FROM-TO]…`
    fn list(lines: &[&str]) -> Vec<Listed> {
        let all = lines.iter().map(|line| {
            let mut words = line.split(' ');
            Listed {
                version: words.next().unwrap().parse().unwrap(),
                phase: words.next().unwrap().to_owned(),
                message: String::new(),
                ranges: words
                    .map(|it| it.split_once('-').map(|(from, to)| (from.to_owned(), to.to_owned())).unwrap())
                    .collect(),
            }
        });
        all.collect()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn tasks_of_each_code() {
        use Code::{BeforeOctober2025, Current, October2025};
        use Subject::{Module, Platform};
        let deploy = || Task::Deploy { skips_others: false };
        let directly = || Task::Deploy { skips_others: true };
        let wait = |text: &str| Task::Wait(text.to_owned());
        let gap = || wait("minor version is greater than deployed v1.1.0 by one");
        let suspended = &["1.1.0 Deployed", "1.2.0 Suspended", "1.3.0 Pending"][..];
        let zero = &["0.9.4 Deployed", "1.0.0 Pending"][..];
        let far = &["1.1.0 Deployed", "1.20.0 Pending"][..];
        let range =
            &["1.0.3 Deployed", "1.1.0 Pending", "1.4.0 Pending 1.0-1.4.0", "1.4.3 Pending", "1.5.0 Pending"];
        for (releases, version, code, subject, lts, expected) in [
            // A suspended release closed the gap.
            (suspended, "1.3.0", BeforeOctober2025, Platform, false, deploy()),
            (suspended, "1.3.0", October2025, Platform, false, gap()),
            (suspended, "1.3.0", Current, Platform, false, gap()),
            (zero, "1.0.0", Current, Module, false, deploy()),
            (zero, "1.0.0", BeforeOctober2025, Module, false, deploy()),
            (
                zero,
                "1.0.0",
                October2025,
                Module,
                false,
                wait("minor version is greater than deployed v0.9.4 by one"),
            ),
            (far, "1.20.0", Current, Module, false, gap()),
            (far, "1.20.0", Current, Module, true, deploy()),
            (far, "1.20.0", BeforeOctober2025, Module, true, gap()),
            (
                far,
                "1.20.0",
                October2025,
                Module,
                true,
                wait(
                    "minor version is greater than deployed v1.1.0 by 19, it's more than acceptable channel limitation",
                ),
            ),
            (
                far,
                "1.20.0",
                Current,
                Platform,
                true,
                wait(
                    "minor version is greater than deployed v1.1.0 by 19, it's more than acceptable channel limitation",
                ),
            ),
            (range, "1.1.0", Current, Module, false, deploy()),
            (range, "1.4.0", Current, Module, false, wait("awaiting for v1.1.0 release to be deployed")),
            (range, "1.4.3", Current, Module, false, directly()),
            (range, "1.5.0", Current, Module, false, wait("awaiting for v1.4.3 release to be deployed")),
            // Another minor than its own, and a deployed version outside of it.
            (
                &["1.0.3 Deployed", "1.1.0 Pending", "1.4.0 Pending 1.0-1.3"],
                "1.4.0",
                Current,
                Module,
                false,
                wait("awaiting for v1.1.0 release to be deployed"),
            ),
            (
                &["1.0.3 Deployed", "1.1.0 Pending", "1.4.0 Pending 1.1-1.4"],
                "1.4.0",
                Current,
                Module,
                false,
                wait("awaiting for v1.1.0 release to be deployed"),
            ),
            // Ranges of each waiting release count; the highest end is the end.
            (
                &["1.0.3 Deployed", "1.2.0 Pending 1.0-1.2", "1.4.0 Pending"],
                "1.2.0",
                Current,
                Module,
                false,
                directly(),
            ),
            (
                &["1.0.3 Deployed", "1.2.0 Pending 1.0-1.2", "1.4.0 Pending 1.0-1.4"],
                "1.4.0",
                Current,
                Module,
                false,
                directly(),
            ),
            // The end is a release that is not waiting.
            (
                &["1.0.3 Deployed", "1.4.0 Pending 1.0-1.4", "1.4.5 Suspended"],
                "1.4.0",
                Current,
                Module,
                false,
                wait("minor version is greater than deployed v1.0.3 by one"),
            ),
            // Of twins, both are skipped.
            (
                &["1.0.3 Deployed", "1.1.0 Pending", "1.1.0 Pending"],
                "1.1.0",
                Current,
                Platform,
                false,
                Task::Skip,
            ),
            (
                &["1.0.3 Deployed", "1.1.0 Pending", "1.1.2 Pending"],
                "1.1.0",
                Current,
                Platform,
                false,
                Task::Skip,
            ),
            (&["1.0.3 Pending", "1.1.0 Deployed"], "1.0.3", Current, Platform, false, Task::Skip),
            (
                &["1.0.3 Deployed", "2.0.0 Pending"],
                "2.0.0",
                Current,
                Platform,
                false,
                wait("major version is greater than deployed v1.0.3"),
            ),
            (&["3.1.0 Pending"], "3.1.0", Current, Module, false, deploy()),
        ] {
            let rules = Rules { code, subject, lts };
            let found = task(&list(releases), &version.parse().unwrap(), rules);
            assert_eq!(found, expected, "{releases:?} {version} {rules:?}");
        }
    }
}
