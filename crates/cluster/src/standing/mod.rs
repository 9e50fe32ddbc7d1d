//! Where the releases of a cluster stand to each other: what is deployed, what waits, and whose turn it is.
//!
//! The order is stricter than that of the platform's controllers. Those of current versions compare a release with
//! its neighbour in the list, so that a suspended minor between closes a gap, and older ones pass over a release
//! with unmet requirements (cluster-source.md, "Deciding what goes next", "Eras"). Here a release follows the deployed
//! one itself, or it does not follow.

mod twins;

use std::collections::BTreeMap;

use commands::{Sentence, Update};
use semver::Version;
use serde::Serialize;

use crate::objects::{Phase, Release};

pub use twins::Twin;

/// How many minors a release may be ahead of the deployed one.
const STEP: u64 = 1;
/// The same on the channel LTS (facts 1.6).
const LTS_STEP: u64 = 10;

/// The releases of a cluster, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing<'a> {
    /// The deployed release. Of several it is the lowest, as for the controllers.
    pub deployed: Option<&'a Release>,
    /// Further objects that are Deployed. While an update begins this is normal for a moment.
    pub also_deployed: Vec<&'a Release>,
    /// What waits above the deployed one, ascending; one object for each version.
    pub waiting: Vec<&'a Release>,
    /// What the vendor has withdrawn above the deployed one, ascending.
    pub suspended: Vec<&'a Release>,
    /// Objects that do not bear the name of their version.
    pub twins: Vec<Twin<'a>>,
    all: &'a [Release],
}

/// Whether a release may be approved now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "turn", content = "why")]
pub enum Turn {
    /// It is the next one.
    Next,
    /// It is deployed already.
    Deployed,
    /// Something comes first, or has to be put right first.
    NotYet(Sentence),
    /// It will never be its turn.
    Never(Sentence),
}

impl<'a> Standing<'a> {
    /// Puts the releases in order.
    pub fn of(releases: &'a [Release]) -> Self {
        let mut deployed: Vec<&Release> = in_phase(releases, &Phase::Deployed).collect();
        // What has no version is none that releases could be compared with.
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
            twins: twins::of(releases),
            all: releases,
        }
    }

    /// The version that is deployed.
    pub fn deployed_version(&self) -> Option<&'a Version> {
        self.deployed?.version.as_ref()
    }

    /// The object of a version: of twins the one whose name is its version.
    pub fn find(&self, version: &Version) -> Option<&'a Release> {
        let own = || self.all.iter().filter(|release| release.version.as_ref() == Some(version));
        own().find(|release| !release.is_misnamed()).or_else(|| own().next())
    }

    /// The highest waiting patch of each minor, ascending: what the cluster will go through if all of it is approved.
    pub fn chain(&self) -> Vec<&'a Release> {
        let mut minors: BTreeMap<(u64, u64), &Release> = BTreeMap::new();
        for release in &self.waiting {
            if let Some(version) = &release.version {
                minors.insert((version.major, version.minor), release);
            }
        }
        minors.into_values().collect()
    }

    /// The release whose turn it is, if there is one and nothing has to be put right first.
    pub fn next(&self, lts: bool) -> Option<&'a Release> {
        let first = self.chain().into_iter().next()?;
        let version = first.version.as_ref()?;
        (self.turn(version, lts) == Turn::Next).then_some(first)
    }

    /// Whether it is the turn of a release. `lts`: the release channel is LTS, where minors may be left out.
    pub fn turn(&self, version: &Version, lts: bool) -> Turn {
        let Some(release) = self.find(version) else {
            return Turn::Never(format!("the cluster has no release v{version}").into());
        };
        let Some((deployed, current)) = self.deployed.zip(self.deployed_version()) else {
            return Turn::NotYet("no release is currently Deployed".into());
        };
        if version == current || release.phase == Some(Phase::Deployed) {
            return Turn::Deployed;
        }
        if version < current {
            return Turn::Never(format!("v{version} is below the deployed v{current}").into());
        }
        if let Some(other) = self.also_deployed.first() {
            let why = format!(
                "two releases are Deployed, {} and {}: an update has just begun, or was broken off",
                deployed.name, other.name
            );
            return Turn::NotYet(why.into());
        }
        match &release.phase {
            None | Some(Phase::Pending) => self.turn_of_waiting(version, current, lts),
            Some(Phase::Suspended) => Turn::NotYet(
                format!(
                    "v{version} is Suspended: the vendor has withdrawn it; take another patch of its minor"
                )
                .into(),
            ),
            Some(phase) => {
                Turn::Never(format!("v{version} is {}: the cluster has passed it over", phase.name()).into())
            }
        }
    }

    fn turn_of_waiting(&self, version: &Version, current: &Version, lts: bool) -> Turn {
        if let Some(twin) = self.twins.iter().find(|twin| twin.disturbs(version, current)) {
            let why = Sentence::from(format!(
                "DeckhouseRelease/{} is a second object of v{}: because of it the controller skips both, or waits \
                 forever; ",
                twin.release.name,
                twin.release.version_text.trim_start_matches('v')
            ));
            return Turn::NotYet(why.command(Update::prepare()).text(" removes it where that is safe"));
        }
        let same_minor = |other: &Version| (other.major, other.minor) == (version.major, version.minor);
        let versions = || self.waiting.iter().filter_map(|release| release.version.as_ref());
        if let Some(higher) = versions().filter(|other| same_minor(other) && *other > version).max() {
            let why = format!("v{higher} waits too, a higher patch of the same minor: approve that one");
            return Turn::NotYet(why.into());
        }
        if let Some(first) = self.chain().first().and_then(|release| release.version.as_ref())
            && first < version
            && !same_minor(first)
        {
            let why = format!("v{first} comes first, which waits and is not deployed yet");
            return Turn::NotYet(why.into());
        }
        match gap(current, version, lts) {
            Some(why) => Turn::NotYet(why.into()),
            None => Turn::Next,
        }
    }
}

/// Why a release cannot follow another one directly; `None` if it can.
pub fn gap(current: &Version, next: &Version, lts: bool) -> Option<String> {
    if next.major != current.major {
        // Of the controllers: only the step from 0 to 1 is taken.
        let first = current.major == 0 && next.major == 1;
        return (!first).then(|| format!("v{next} is of another major version than the deployed v{current}"));
    }
    let step = if lts { LTS_STEP } else { STEP };
    (next.minor > current.minor + step).then(|| {
        let (from, to) = (current.minor + 1, next.minor - 1);
        let missing = if from == to {
            format!("{}.{from}", current.major)
        } else {
            format!("{}.{from} to {}.{to}", current.major, current.major)
        };
        format!(
            "no release of {missing} is waiting after the deployed v{current}: releases are applied minor by \
             minor"
        )
    })
}

fn in_phase<'a>(releases: &'a [Release], phase: &'a Phase) -> impl Iterator<Item = &'a Release> {
    releases.iter().filter(move |release| release.phase.as_ref() == Some(phase))
}

#[cfg(test)]
mod tests;
