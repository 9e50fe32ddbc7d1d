//! Which releases and channels a request means, given what a source offers.
//!
//! Three kinds of request:
//! - **default**: what every channel points to, and the latest patch of each minor from rock-solid to
//!   alpha. A missing rock-solid is replaced by the lowest channel present, a missing alpha by the highest.
//!   Long-term support is one of the channels, but the range is between the ordinary five, if any exist.
//! - **channels**: what the named channels point to; with a minimum also the latest patch of each minor
//!   from there up to the highest of them.
//! - **exact releases**: these, and every channel that truly points to one of them.
//!
//! A maximum cuts all of that: nothing above it is chosen. When it is below where the range would begin,
//! the newest release that it allows takes the place of the range, unless a minimum says where to begin.
//! Pre-releases come by channel or exact name only, never by range.
//!
//! What is offered comes from a list of tags. [`doubt`] says how to put it to the test, and [`search`]
//! takes its place where it cannot be believed.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use self::choice::Choice;
use crate::{
    channel::Channel,
    notice::Notice,
    release_info::ReleaseInfo,
    version::{Bound, tag_of},
};

pub mod doubt;
pub mod search;

mod choice;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod request_lines;
#[cfg(test)]
mod tests;

/// What is wanted. The default is the default request.
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
}

impl Request {
    /// Whether it matters what this channel points to. Where only channels are chosen, the others may be anything, or
    /// unreadable.
    pub fn needs(&self, channel: Channel) -> bool {
        let names_channels_only = !self.channels.is_empty() && self.releases.is_empty();
        !self.excluded.contains(&channel) && (!names_channels_only || self.channels.contains(&channel))
    }
}

/// What a source offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The channels that are there, and what each points to.
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
    /// What the requester should know.
    pub notices: Vec<Notice>,
}

/// Why a request cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The source has no release channel at all, so there is no range to choose from.
    #[error("the source has no release channels")]
    NoChannels,
    /// Named channels are not there.
    #[error("the source has no channel {} (it has: {})", list(missing), list(available))]
    UnknownChannels {
        /// The channels asked for in vain.
        missing: Vec<Channel>,
        /// The channels that are there.
        available: Vec<Channel>,
    },
    /// Exact releases are not there.
    #[error("the source has no release {} (latest patches known of it: {})", tags(missing), tags(available))]
    UnknownReleases {
        /// The releases asked for in vain.
        missing: Vec<Version>,
        /// The latest patch of each minor that is there, ascending.
        available: Vec<Version>,
    },
    /// Exact releases are above the maximum.
    #[error("release {} is above the maximum version {max}", tags(releases))]
    ReleasesAboveMax {
        /// The releases.
        releases: Vec<Version>,
        /// The maximum.
        max: Bound,
    },
    /// The minimum is above the maximum.
    #[error("the minimum version {min} is above the maximum version {max}")]
    MinAboveMax {
        /// The minimum.
        min: Bound,
        /// The maximum.
        max: Bound,
    },
    /// No release is in the range.
    #[error(
        "the source has no release within the asked range (latest patches known of it: {})",
        tags(available)
    )]
    NothingInRange {
        /// The latest patch of each minor that is there, ascending.
        available: Vec<Version>,
    },
    /// Versions are asked for one by one, and there is no end of them.
    #[error(
        "{asked} versions were asked for, and there is no end of them: {} would be the next",
        tag_of(next)
    )]
    EndlessSearch {
        /// How many versions were asked for.
        asked: usize,
        /// The next one.
        next: Version,
    },
    /// The request resolves to channels that are held back at the moment.
    #[error("channel {} is suspended at the source (--ignore-suspend pulls it anyway)", list(channels))]
    Suspended {
        /// The channels.
        channels: Vec<Channel>,
    },
}

fn list(channels: &[Channel]) -> String {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn tags(versions: &[Version]) -> String {
    let tags: Vec<String> = versions.iter().map(tag_of).collect();
    if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
}

/// Chooses the releases and channels that `request` means.
///
/// A suspended channel is refused when the request resolves to it: by default every channel that the
/// maximum allows, else the named ones. Exact releases do not resolve to channels, so a suspended channel
/// that happens to point to one of them is only left out, unless it is the one to be pointed.
pub fn select(offer: &Offer, request: &Request) -> Result<Selection, SelectError> {
    let mut choice = Choice::new(offer, request);
    choice.check_names()?;
    choice.check_releases()?;
    if request.releases.is_empty() {
        choice.take_channels()?;
        choice.take_range()?;
    } else {
        choice.take_exact()?;
        if !request.channels.is_empty() {
            choice.take_channels()?;
        }
    }
    choice.point_channel()?;
    Ok(choice.finish())
}
