//! Duplicate objects of a version, which old controllers named with dashes.

use semver::Version;

use crate::objects::{Phase, Release};

/// An object that is not named as its version.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate<'a> {
    /// The object.
    pub release: &'a Release,
    /// Why it may not be removed; `None` if that is safe.
    pub keep: Option<KeepReason>,
}

/// Why a duplicate object may not be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepReason {
    /// It is not waiting: it has this phase.
    Phase(String),
    /// There is no object with the name of its version.
    NoOther {
        /// That name.
        name: String,
    },
    /// It is approved, and the object with the name of its version is not.
    OnlyItIsApproved {
        /// The name of the other object.
        other: String,
    },
    /// The controller ignores the object with the name of its version.
    OtherIgnored {
        /// The name of the other object.
        other: String,
        /// Its phase.
        phase: String,
    },
}

impl Duplicate<'_> {
    /// Whether it blocks an update from `current` to `next`: of two waiting objects of one version the controller skips
    /// both, and a waiting duplicate of the deployed version blocks all later releases.
    pub(super) fn blocks(&self, next: &Version, current: &Version) -> bool {
        let version = self.release.version.as_ref();
        self.release.is_waiting() && version.is_some_and(|it| it >= current && it <= next)
    }
}

/// All of them, highest version first: the order in which they are removed.
pub(super) fn of(releases: &[Release]) -> Vec<Duplicate<'_>> {
    let misnamed = releases.iter().filter(|release| release.is_misnamed());
    let mut duplicates: Vec<Duplicate<'_>> =
        misnamed.map(|release| Duplicate { release, keep: reason_to_keep(release, releases) }).collect();
    duplicates.sort_by(|a, b| b.release.version.cmp(&a.release.version));
    duplicates
}

fn reason_to_keep(duplicate: &Release, releases: &[Release]) -> Option<KeepReason> {
    if !duplicate.is_waiting() {
        let phase = duplicate.phase.as_ref().map_or("", Phase::name);
        return Some(KeepReason::Phase(phase.to_owned()));
    }
    let proper =
        releases.iter().find(|release| !release.is_misnamed() && release.version == duplicate.version);
    match proper {
        None => Some(KeepReason::NoOther { name: duplicate.version_text.clone() }),
        Some(proper) if duplicate.is_approved() && !proper.is_approved() && proper.is_waiting() => {
            Some(KeepReason::OnlyItIsApproved { other: proper.name.clone() })
        }
        Some(_) => None,
    }
}
