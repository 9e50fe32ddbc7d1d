//! The order of a cluster's releases: what is deployed, what waits, and what is next.
//!
//! The order is stricter than that of the platform's controllers. Those of current versions compare a release with
//! its neighbour in the list, so that a suspended minor between closes a gap, and older ones skip a release
//! with unmet requirements. Here a release follows the deployed one itself, or it does not follow.

mod duplicates;
mod none_deployed;

use std::collections::BTreeMap;

use deckhouse::version::minor_of;
use problems::{Advice, PrepareFor, ReleaseFact};
use semver::Version;

use crate::{
    ClusterState,
    objects::{Phase, Release},
};

pub use duplicates::{Duplicate, KeepReason};
pub(crate) use none_deployed::{PHASE_CHANGE, last_change, none_deployed};

/// How many minors a release may be ahead of the deployed one.
const STEP: u64 = 1;
/// The same on the channel LTS.
const LTS_STEP: u64 = 10;

/// The releases of a cluster, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseOrder<'a> {
    /// The deployed release. Of several it is the lowest, as for the controllers.
    pub deployed: Option<&'a Release>,
    /// Further objects that are Deployed. While an update begins this is normal for a moment.
    pub also_deployed: Vec<&'a Release>,
    /// What waits above the deployed one, ascending; one object for each version.
    pub waiting: Vec<&'a Release>,
    /// Releases above the deployed one that the vendor has withdrawn, ascending.
    pub suspended: Vec<&'a Release>,
    /// Objects that are not named as their version.
    pub duplicates: Vec<Duplicate<'a>>,
    all: &'a [Release],
}

/// Whether a release may be approved now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// It is the next one.
    Next,
    /// It is deployed already.
    Deployed,
    /// Something comes first, or has to be corrected first.
    NotYet(ReleaseFact),
    /// It will never be the next one.
    Never(ReleaseFact),
}

impl<'a> ReleaseOrder<'a> {
    /// Puts the releases in order.
    pub fn of(releases: &'a [Release]) -> Self {
        let mut deployed: Vec<&Release> = in_phase(releases, &Phase::Deployed).collect();
        // What has no version cannot be compared with others.
        deployed.sort_by_key(|release| (release.version.is_none(), &release.version));
        let mut deployed = deployed.into_iter();
        let lowest = deployed.next();
        let above = lowest.and_then(|release| release.version.as_ref());
        let mut waiting: BTreeMap<&Version, &Release> = BTreeMap::new();
        for release in releases.iter().filter(|release| release.is_waiting()) {
            let Some(version) =
                release.version.as_ref().filter(|version| above.is_none_or(|it| *version > it))
            else {
                continue;
            };
            let known = waiting.entry(version).or_insert(release);
            if known.is_misnamed() {
                *known = release;
            }
        }
        let mut suspended: Vec<&Release> = in_phase(releases, &Phase::Suspended)
            .filter(|release| above.is_none_or(|it| release.version.as_ref() > Some(it)))
            .collect();
        suspended.sort_by_key(|release| &release.version);
        Self {
            deployed: lowest,
            also_deployed: deployed.collect(),
            waiting: waiting.into_values().collect(),
            suspended,
            duplicates: duplicates::of(releases),
            all: releases,
        }
    }

    /// The version that is deployed.
    pub fn deployed_version(&self) -> Option<&'a Version> {
        self.deployed?.version.as_ref()
    }

    /// The names of the objects of each version above the deployed one that the controller has skipped together: a
    /// minor version that is lost until the objects are deleted and one is created again (cluster-2026.md, 1.5).
    pub fn skipped_together(&self) -> BTreeMap<&'a Version, Vec<String>> {
        let above = self.deployed_version();
        let mut objects: BTreeMap<&Version, Vec<&Release>> = BTreeMap::new();
        for release in self.all {
            if let Some(version) = release.version.as_ref().filter(|it| above.is_none_or(|above| *it > above))
            {
                objects.entry(version).or_default().push(release);
            }
        }
        objects.retain(|version, of_version| {
            let mut waiting = self.waiting.iter().filter_map(|it| it.version.as_ref());
            of_version.len() > 1
                && of_version.iter().all(|it| it.phase == Some(Phase::Skipped))
                && !waiting.any(|it| minor_of(it) == minor_of(version))
        });
        let names = |all: Vec<&Release>| {
            let mut names: Vec<String> = all.into_iter().map(|it| it.name.clone()).collect();
            names.sort_unstable();
            names
        };
        objects.into_iter().map(|(version, all)| (version, names(all))).collect()
    }

    /// Whether a release of each of these minor versions of a major version was skipped together with its duplicate.
    pub(crate) fn are_skipped_together(&self, major: u64, (first, last): (u64, u64)) -> bool {
        let skipped = self.skipped_together();
        (first..=last).all(|minor| skipped.keys().any(|it| minor_of(it) == (major, minor)))
    }

    /// The first suspended release of these minor versions of a major version, if each of them has one: they are missing because
    /// the vendor has suspended them.
    pub(crate) fn suspended_within(&self, major: u64, (first, last): (u64, u64)) -> Option<&'a Release> {
        let of = |minor: u64| {
            let is_of = |it: &&&Release| {
                let version = it.version.as_ref().filter(|version| version.pre.is_empty());
                version.map(minor_of) == Some((major, minor))
            };
            self.suspended.iter().find(is_of).copied()
        };
        let found = of(first)?;
        (first..=last).all(|minor| of(minor).is_some()).then_some(found)
    }

    /// The object of a version: of duplicates the one whose name is its version.
    pub fn find(&self, version: &Version) -> Option<&'a Release> {
        let own = || self.all.iter().filter(|release| release.version.as_ref() == Some(version));
        own().find(|release| !release.is_misnamed()).or_else(|| own().next())
    }

    /// The highest waiting patch of each minor, ascending: what the cluster will go through if all of it is approved.
    pub fn chain(&self) -> Vec<&'a Release> {
        let mut minors: BTreeMap<(u64, u64), &Release> = BTreeMap::new();
        for release in &self.waiting {
            if let Some(version) = &release.version {
                minors.insert(minor_of(version), release);
            }
        }
        minors.into_values().collect()
    }

    /// The release that is next, if there is one and nothing has to be corrected first.
    pub fn next(&self, lts: bool) -> Option<&'a Release> {
        let first = self.chain().into_iter().next()?;
        let version = first.version.as_ref()?;
        (self.position(version, lts) == Position::Next).then_some(first)
    }

    /// Whether a release may be the next one. `lts`: the release channel is LTS, where minors may be skipped.
    pub fn position(&self, version: &Version, lts: bool) -> Position {
        let Some(release) = self.find(version) else {
            return Position::Never(ReleaseFact::NotInCluster);
        };
        let Some((deployed, current)) = self.deployed.zip(self.deployed_version()) else {
            return Position::NotYet(ReleaseFact::NoneDeployed);
        };
        if version == current || release.phase == Some(Phase::Deployed) {
            return Position::Deployed;
        }
        if version < current {
            return Position::Never(ReleaseFact::Below { deployed: current.clone() });
        }
        if let Some(other) = self.also_deployed.first() {
            let (lower, other) = (deployed.name.clone(), other.name.clone());
            return Position::NotYet(ReleaseFact::TwoDeployed { lower, other });
        }
        match &release.phase {
            None | Some(Phase::Pending) => self.position_of_waiting(version, current, lts),
            Some(Phase::Suspended) => Position::NotYet(ReleaseFact::Withdrawn),
            Some(phase) => Position::Never(ReleaseFact::PassedOver { phase: phase.name().to_owned() }),
        }
    }

    fn position_of_waiting(&self, version: &Version, current: &Version, lts: bool) -> Position {
        if let Some(duplicate) = self.duplicates.iter().find(|it| it.blocks(version, current)) {
            let version = duplicate.release.version_text.trim_start_matches('v');
            return Position::NotYet(ReleaseFact::Duplicate {
                name: duplicate.release.name.clone(),
                version: format!("v{version}"),
            });
        }
        let same_minor = |other: &Version| minor_of(other) == minor_of(version);
        let versions = || self.waiting.iter().filter_map(|release| release.version.as_ref());
        if let Some(higher) = versions().filter(|other| same_minor(other) && *other > version).max() {
            return Position::NotYet(ReleaseFact::HigherPatch(higher.clone()));
        }
        if let Some(first) = self.chain().first().and_then(|release| release.version.as_ref())
            && first < version
            && !same_minor(first)
        {
            return Position::NotYet(ReleaseFact::Earlier(first.clone()));
        }
        gap(current, version, lts).map_or(Position::Next, Position::NotYet)
    }
}

/// Why a release cannot follow another one directly; `None` if it can.
pub fn gap(current: &Version, next: &Version, lts: bool) -> Option<ReleaseFact> {
    if next.major != current.major {
        // The controllers take only the step from 0 to 1.
        let first = current.major == 0 && next.major == 1;
        return (!first).then(|| ReleaseFact::OtherMajor { deployed: current.clone() });
    }
    let step = if lts { LTS_STEP } else { STEP };
    (next.minor > current.minor + step).then(|| ReleaseFact::MissingMinors {
        deployed: current.clone(),
        minors: (current.minor + 1, next.minor - 1),
    })
}

/// What to do where a release is suspended and no other patch of its minor version is waiting.
pub(crate) fn instead_of_suspended(state: &ClusterState, version: &Version) -> Vec<Advice> {
    let push = Advice::Push { registry: state.registry_address() };
    vec![Advice::AnotherPatch(version.clone()), push, Advice::Prepare(PrepareFor::CreateReleases)]
}

fn in_phase<'a>(releases: &'a [Release], phase: &'a Phase) -> impl Iterator<Item = &'a Release> {
    releases.iter().filter(move |release| release.phase.as_ref() == Some(phase))
}

#[cfg(test)]
mod tests;
