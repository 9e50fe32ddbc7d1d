//! Which releases the cluster goes through: minor by minor the highest patch, of all that is known. A plan shows them,
//! and a preparation creates the objects of those that the cluster does not have: by the same rules.

use std::{cmp::Ordering, collections::BTreeMap};

use deckhouse::{release_list::DeliveredRelease, version::minor_of};
use semver::Version;

use crate::{
    objects::{Phase, Release},
    release_order::{ReleaseOrder, gap},
};

/// Where releases are known from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// The releases file.
    pub(crate) delivery: &'a [DeliveredRelease],
    /// The cluster.
    pub(crate) releases: &'a [Release],
    /// A registry, from which the cluster creates objects automatically.
    pub(crate) registry: &'a [Version],
}

/// Which releases are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range<'a> {
    /// What is deployed: only what is above it is taken.
    pub(crate) deployed: &'a Version,
    /// The last one that is wanted.
    pub(crate) to: Option<&'a Version>,
    /// What the release channel leads to, where that is known.
    pub(crate) channel: Option<&'a Version>,
    /// Whether the channel is LTS, which may leave minors out.
    pub(crate) lts: bool,
}

/// Why the release that `--to` names cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is below what runs.
    #[error("v{to} is older than the deployed v{deployed}; a downgrade is not possible")]
    Below {
        /// What is wanted.
        to: Version,
        /// What runs.
        deployed: Version,
    },
    /// Nothing has it.
    #[error("v{to} is unknown; {}", if known.is_empty() { "no release newer than the deployed one is known".to_owned() } else { format!("known releases: {}", known.join(", ")) })]
    Absent {
        /// What is wanted.
        to: Version,
        /// What there is above the deployed one.
        known: Vec<String>,
    },
}

/// A release that may be taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Candidate<'a> {
    pub(crate) delivered: Option<&'a DeliveredRelease>,
    /// Its object; of twins the one whose name is its version.
    pub(crate) object: Option<&'a Release>,
}

/// Why a release is not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOutReason {
    /// It is the deployed one.
    Deployed,
    /// It is older than the deployed one.
    Below(Version),
    /// It is a pre-release, which the cluster refuses.
    PreRelease,
    /// It is above this one, the last that is wanted.
    AboveWanted(Version),
    /// It is above this one, to which the release channel points: the cluster deletes what is waiting above it.
    AboveChannel(Version),
    /// Its object is Suspended: the vendor has withdrawn it.
    Suspended,
    /// Its object has this phase: the cluster does not take it any more.
    Phase(String),
    /// A later patch of the same minor is taken.
    LaterPatch,
    /// It is behind a gap.
    BeyondGap(Gap),
}

/// Releases that are missing between two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The release before the gap.
    pub before: Version,
    /// The release after it. If its major version is another one, no release can close the gap.
    pub after: Version,
}

impl Gap {
    /// The minor versions that are missing, the first and the last; `None` between two major versions.
    pub fn missing_minors(&self) -> Option<(u64, u64)> {
        (self.before.major == self.after.major).then(|| (self.before.minor + 1, self.after.minor - 1))
    }
}

/// The chain, ascending, and what came of the rest.
#[derive(Debug, Default)]
pub(crate) struct Chain<'a> {
    pub(crate) steps: Vec<(&'a Version, Candidate<'a>)>,
    pub(crate) left_out: BTreeMap<LeftOutReason, Vec<&'a Version>>,
    /// Why it ends before the last release that is known or wanted.
    pub(crate) gap: Option<Gap>,
    /// All that is known above the deployed one.
    pub(crate) known: Vec<&'a Version>,
}

/// Chooses among all releases that are known.
pub(crate) fn chain<'a>(known: Known<'a>, order: &ReleaseOrder<'a>, range: Range<'_>) -> Chain<'a> {
    let mut all: BTreeMap<&Version, Candidate<'a>> = BTreeMap::new();
    for delivered in known.delivery {
        all.entry(&delivered.version).or_default().delivered = Some(delivered);
    }
    for version in known.releases.iter().filter_map(|release| release.version.as_ref()) {
        all.entry(version).or_default().object = order.find(version);
    }
    for version in known.registry {
        all.entry(version).or_default();
    }
    let mut chain = Chain::default();
    let mut minors: BTreeMap<(u64, u64), Vec<(&Version, Candidate<'_>)>> = BTreeMap::new();
    for (version, candidate) in all {
        let above = version > range.deployed;
        if above {
            chain.known.push(version);
        }
        match why_not(version, candidate, range) {
            None => minors.entry(minor_of(version)).or_default().push((version, candidate)),
            // What a cluster has gone through is its history, and nobody has asked for it.
            Some(why) if above || candidate.delivered.is_some() => chain.leave_out(why, version),
            Some(_) => {}
        }
    }
    let mut before = range.deployed;
    for mut patches in minors.into_values() {
        let Some((version, candidate)) = patches.pop() else { continue };
        for (lower, candidate) in patches {
            // A registry keeps all patches that it ever had.
            if candidate.delivered.is_some() || candidate.object.is_some() {
                chain.leave_out(LeftOutReason::LaterPatch, lower);
            }
        }
        if chain.gap.is_none() && gap(before, version, range.lts).is_some() {
            chain.gap = Some(Gap { before: before.clone(), after: version.clone() });
        }
        if let Some(why) = &chain.gap {
            chain.leave_out(LeftOutReason::BeyondGap(why.clone()), version);
        } else {
            chain.steps.push((version, candidate));
            before = version;
        }
    }
    chain
}

impl<'a> Chain<'a> {
    /// Whether the last release that is wanted is one that is known.
    ///
    /// # Errors
    /// [`TargetError`] if it is not, or if there is no way to it from what is deployed.
    pub(crate) fn leads_to_wanted(&self, range: Range<'_>) -> Result<(), TargetError> {
        let Some(to) = range.to.filter(|to| *to != range.deployed) else { return Ok(()) };
        if to < range.deployed {
            return Err(TargetError::Below { to: to.clone(), deployed: range.deployed.clone() });
        }
        if self.known.contains(&to) {
            return Ok(());
        }
        let known = self.known.iter().map(|version| format!("v{version}")).collect();
        Err(TargetError::Absent { to: to.clone(), known })
    }

    fn leave_out(&mut self, why: LeftOutReason, version: &'a Version) {
        self.left_out.entry(why).or_default().push(version);
    }
}

fn why_not(version: &Version, candidate: Candidate<'_>, range: Range<'_>) -> Option<LeftOutReason> {
    match version.cmp(range.deployed) {
        Ordering::Equal => return Some(LeftOutReason::Deployed),
        Ordering::Less => return Some(LeftOutReason::Below(range.deployed.clone())),
        Ordering::Greater => {}
    }
    if !version.pre.is_empty() {
        return Some(LeftOutReason::PreRelease);
    }
    if let Some(to) = range.to.filter(|to| version > *to) {
        return Some(LeftOutReason::AboveWanted(to.clone()));
    }
    if let Some(channel) = range.channel.filter(|channel| version > *channel) {
        return Some(LeftOutReason::AboveChannel(channel.clone()));
    }
    match candidate.object.map(|object| &object.phase)? {
        None | Some(Phase::Pending | Phase::Deployed) => None,
        Some(Phase::Suspended) => Some(LeftOutReason::Suspended),
        Some(phase) => Some(LeftOutReason::Phase(phase.name().to_owned())),
    }
}
