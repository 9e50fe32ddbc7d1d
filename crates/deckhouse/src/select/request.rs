//! What is requested, what a source has, and what was chosen.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::{channel::Channel, notice::Notice, release_info::ReleaseInfo, version::Bound};

/// What the user requests. The default value is the default request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Begin the range here, if that is below where it would begin anyway.
    pub min: Option<Bound>,
    /// Choose nothing above.
    pub max: Option<Bound>,
    /// Choose exactly these releases. The minimum has no meaning then. Together with named channels:
    /// these and what the channels point to.
    pub releases: Vec<Version>,
    /// Choose these channels only.
    pub channels: Vec<Channel>,
    /// Leave these channels out, as if the source did not have them.
    pub excluded: Vec<Channel>,
    /// Let this channel point to the highest release chosen, whether or not the source has it.
    pub point_channel: Option<Channel>,
    /// Choose suspended channels like any other.
    pub ignore_suspend: bool,
    /// Choose what takes clusters along this chain. Minimum, maximum, exact releases and named channels have no meaning
    /// then.
    pub chain: Option<Chain>,
}

/// The way of clusters from the lowest release that one of them runs to the highest that one of them is to run: the
/// latest patch of each minor, and every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The lowest release that runs.
    pub from: Version,
    /// The releases that are targets.
    pub targets: BTreeSet<Version>,
    /// The release channels whose releases are targets too.
    pub channels: BTreeSet<Channel>,
    /// Whether minors may be missing, as on the channel LTS.
    pub may_skip_minors: bool,
}

impl Request {
    /// Whether it matters what this channel points to. Where only channels are chosen, the others may be anything, or
    /// unreadable.
    pub fn needs(&self, channel: Channel) -> bool {
        let names_channels_only = !self.channels.is_empty() && self.releases.is_empty();
        !self.excluded.contains(&channel) && (!names_channels_only || self.channels.contains(&channel))
    }
}

/// What a source has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Available {
    /// The channels, and the release that each points to.
    pub channels: BTreeMap<Channel, ReleaseInfo>,
    /// The tags of the repository `release-channel`, of any kind and in any order.
    pub tags: Vec<String>,
}

/// Where the tags of a chosen channel come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelTags {
    /// From the source's own tags of the channel, which point to this release.
    AsOnSource(Version),
    /// From the tags of this release: the source's channel points elsewhere, or is not there.
    PointedTo(Version),
}

impl ChannelTags {
    /// The release that the channel points to in the bundle.
    pub fn version(&self) -> &Version {
        match self {
            Self::AsOnSource(version) | Self::PointedTo(version) => version,
        }
    }
}

/// What was chosen: never empty, and the release of every chosen channel is among the releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The releases, ascending.
    pub releases: BTreeSet<Version>,
    /// The channels.
    pub channels: BTreeMap<Channel, ChannelTags>,
    /// What the user should know.
    pub notices: Vec<Notice>,
}
