//! Which releases lie ahead: minor by minor the highest patch, from all that is known.

use std::collections::BTreeMap;

use deckhouse::release_list::DeliveredRelease;
use semver::Version;
use serde::Serialize;

use crate::{
    objects::{Phase, Release},
    standing::{Standing, gap},
};

/// Releases that are not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The releases, ascending, as `v1.68.3`.
    pub versions: Vec<String>,
    /// Why, in plain words.
    pub why: String,
}

/// A release that lies ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Candidate<'a> {
    pub(super) delivered: Option<&'a DeliveredRelease>,
    pub(super) object: Option<&'a Release>,
}

/// The chain, ascending, and what came of the rest.
#[derive(Debug, Default)]
pub(super) struct Chain<'a> {
    pub(super) steps: Vec<(&'a Version, Candidate<'a>)>,
    pub(super) left_out: Vec<LeftOut>,
    /// Why it ends before the last release that is known or wanted.
    pub(super) gap: Option<String>,
    /// All that is known above the deployed one.
    pub(super) known: Vec<&'a Version>,
}

/// Chooses among the releases of the file and those that the cluster has.
pub(super) fn chain<'a>(
    delivery: &'a [DeliveredRelease],
    releases: &'a [Release],
    standing: &Standing<'a>,
    (deployed, to, lts): (&Version, Option<&Version>, bool),
) -> Chain<'a> {
    let mut all: BTreeMap<&Version, Candidate<'a>> = BTreeMap::new();
    for delivered in delivery {
        all.entry(&delivered.version).or_default().delivered = Some(delivered);
    }
    for version in releases.iter().filter_map(|release| release.version.as_ref()) {
        all.entry(version).or_default().object = standing.find(version);
    }
    let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut minors: BTreeMap<(u64, u64), Vec<(&Version, Candidate<'_>)>> = BTreeMap::new();
    let mut known = Vec::new();
    for (version, candidate) in all {
        let above = version > deployed;
        if above {
            known.push(version);
        }
        match why_not(version, candidate, deployed, to) {
            None => minors.entry((version.major, version.minor)).or_default().push((version, candidate)),
            // What a cluster has gone through is its history, and nobody has asked for it.
            Some(why) if above || candidate.delivered.is_some() => {
                left_out.entry(why).or_default().push(format!("v{version}"));
            }
            Some(_) => {}
        }
    }
    let mut chain = Chain { known, ..Chain::default() };
    let mut before = deployed;
    for mut patches in minors.into_values() {
        let Some((version, candidate)) = patches.pop() else { continue };
        for (lower, _) in patches {
            let why = "a later patch of the same minor is taken, as the cluster does".to_owned();
            left_out.entry(why).or_default().push(format!("v{lower}"));
        }
        if chain.gap.is_none() && gap(before, version, lts).is_some() {
            chain.gap = Some(hole(before, version));
        }
        if let Some(why) = &chain.gap {
            left_out.entry(why.clone()).or_default().push(format!("v{version}"));
        } else {
            chain.steps.push((version, candidate));
            before = version;
        }
    }
    chain.left_out = left_out.into_iter().map(|(why, versions)| LeftOut { versions, why }).collect();
    chain.left_out.sort_by(|a, b| a.versions.cmp(&b.versions));
    chain
}

fn why_not(
    version: &Version,
    candidate: Candidate<'_>,
    deployed: &Version,
    to: Option<&Version>,
) -> Option<String> {
    if version <= deployed {
        return Some(format!("not above the deployed v{deployed}"));
    }
    if !version.pre.is_empty() {
        return Some("a pre-release, which the cluster refuses".to_owned());
    }
    if let Some(to) = to.filter(|to| version > *to) {
        return Some(format!("above v{to}, the last one that is wanted"));
    }
    match candidate.object.map(|object| &object.phase)? {
        None | Some(Phase::Pending | Phase::Deployed) => None,
        Some(Phase::Suspended) => Some("Suspended in the cluster: the vendor has withdrawn it".to_owned()),
        Some(phase) => Some(format!("{} in the cluster: it has passed it over", phase.name())),
    }
}

fn hole(before: &Version, next: &Version) -> String {
    if before.major != next.major {
        return format!(
            "after v{before} comes v{next}, of another major version: the cluster does not take that step"
        );
    }
    let (from, to) = (before.minor + 1, next.minor - 1);
    let missing = if from == to {
        format!("{}.{from}", before.major)
    } else {
        format!("{}.{from} to {}.{to}", before.major, before.major)
    };
    format!("after v{before} nothing has a release of {missing}, and the cluster goes minor by minor")
}
