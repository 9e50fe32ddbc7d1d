//! Which releases lie ahead: minor by minor the highest patch, of all that is known. A plan shows them, and a
//! preparation tells the cluster of those that it does not have: by the same rules.

use std::{collections::BTreeMap, fmt};

use deckhouse::release_list::DeliveredRelease;
use semver::Version;

use crate::{
    objects::{Phase, Release},
    release_order::{ReleaseOrder, gap},
};

/// Where releases are known from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// The file of a delivery.
    pub(crate) delivery: &'a [DeliveredRelease],
    /// The cluster.
    pub(crate) releases: &'a [Release],
    /// A registry, of which the cluster makes objects by itself.
    pub(crate) registry: &'a [Version],
}

/// Which releases are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range<'a> {
    /// What is deployed: only what is above it lies ahead.
    pub(crate) deployed: &'a Version,
    /// The last one that is wanted.
    pub(crate) to: Option<&'a Version>,
    /// What the release channel leads to, where that is known.
    pub(crate) channel: Option<&'a Version>,
    /// Whether the channel is LTS, which may leave minors out.
    pub(crate) lts: bool,
}

/// Why the last release that is wanted cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is below what runs.
    #[error("v{to} is below v{deployed}, which is deployed; there is no way back")]
    Below {
        /// What is wanted.
        to: Version,
        /// What runs.
        deployed: Version,
    },
    /// Nothing has it.
    #[error("nothing has v{to}: there are {}", if known.is_empty() { "no releases above the deployed one".to_owned() } else { known.join(", ") })]
    Absent {
        /// What is wanted.
        to: Version,
        /// What there is above the deployed one.
        known: Vec<String>,
    },
}

/// A release that lies ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Candidate<'a> {
    pub(crate) delivered: Option<&'a DeliveredRelease>,
    /// Its object; of twins the one whose name is its version.
    pub(crate) object: Option<&'a Release>,
}

/// Why a release is not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    NotAbove(Version),
    PreRelease,
    AboveWanted(Version),
    AboveChannel(Version),
    Suspended,
    /// The name of the phase.
    PassedOver(String),
    LaterPatch,
    BeyondGap(String),
}

/// The chain, ascending, and what came of the rest.
#[derive(Debug, Default)]
pub(crate) struct Chain<'a> {
    pub(crate) steps: Vec<(&'a Version, Candidate<'a>)>,
    pub(crate) left_out: BTreeMap<Why, Vec<&'a Version>>,
    /// Why it ends before the last release that is known or wanted.
    pub(crate) gap: Option<String>,
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
            None => minors.entry((version.major, version.minor)).or_default().push((version, candidate)),
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
                chain.leave_out(Why::LaterPatch, lower);
            }
        }
        if chain.gap.is_none() && gap(before, version, range.lts).is_some() {
            chain.gap = Some(hole(before, version));
        }
        if let Some(why) = &chain.gap {
            chain.leave_out(Why::BeyondGap(why.clone()), version);
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

    fn leave_out(&mut self, why: Why, version: &'a Version) {
        self.left_out.entry(why).or_default().push(version);
    }
}

fn why_not(version: &Version, candidate: Candidate<'_>, range: Range<'_>) -> Option<Why> {
    if version <= range.deployed {
        return Some(Why::NotAbove(range.deployed.clone()));
    }
    if !version.pre.is_empty() {
        return Some(Why::PreRelease);
    }
    if let Some(to) = range.to.filter(|to| version > *to) {
        return Some(Why::AboveWanted(to.clone()));
    }
    if let Some(channel) = range.channel.filter(|channel| version > *channel) {
        return Some(Why::AboveChannel(channel.clone()));
    }
    match candidate.object.map(|object| &object.phase)? {
        None | Some(Phase::Pending | Phase::Deployed) => None,
        Some(Phase::Suspended) => Some(Why::Suspended),
        Some(phase) => Some(Why::PassedOver(phase.name().to_owned())),
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

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAbove(deployed) => write!(f, "not above the deployed v{deployed}"),
            Self::PreRelease => f.write_str("a pre-release, which the cluster refuses"),
            Self::AboveWanted(to) => write!(f, "above v{to}, the last one that is wanted"),
            Self::AboveChannel(channel) => write!(
                f,
                "above v{channel}, which the release channel leads to: the cluster takes back what waits above it"
            ),
            Self::Suspended => f.write_str("Suspended in the cluster: the vendor has withdrawn it"),
            Self::PassedOver(phase) => write!(f, "{phase} in the cluster: it has passed it over"),
            Self::LaterPatch => f.write_str("a later patch of the same minor is taken, as the cluster does"),
            Self::BeyondGap(gap) => f.write_str(gap),
        }
    }
}
