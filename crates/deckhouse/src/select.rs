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

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::{
    channel::Channel,
    notice::{Notice, missing_minors},
    release_info::ReleaseInfo,
    version::{Bound, is_prerelease, latest_patches, parse_tag, tag_of},
};

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
    /// Let this channel point to the highest release chosen, whether or not the source has it.
    pub point_channel: Option<Channel>,
    /// Choose suspended channels like any other.
    pub ignore_suspend: bool,
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
    #[error(
        "the source has no release {} (latest patches that it has: {})",
        tags(missing),
        tags(available)
    )]
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
        "the source has no release within the asked range (latest patches that it has: {})",
        tags(available)
    )]
    NothingInRange {
        /// The latest patch of each minor that is there, ascending.
        available: Vec<Version>,
    },
    /// The request resolves to channels that are held back at the moment.
    #[error(
        "channel {} is suspended at the source (--ignore-suspend takes it all the same)",
        list(channels)
    )]
    Suspended {
        /// The channels.
        channels: Vec<Channel>,
    },
}

fn list(channels: &[Channel]) -> String {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    names.join(", ")
}

fn tags(versions: &[Version]) -> String {
    let tags: Vec<String> = versions.iter().map(tag_of).collect();
    if tags.is_empty() {
        "none".to_owned()
    } else {
        tags.join(", ")
    }
}

/// Chooses the releases and channels that `request` means.
///
/// A suspended channel is refused when the request resolves to it: by default every channel that the
/// maximum allows, else the named ones. Exact releases do not resolve to channels, so a suspended channel
/// that happens to point to one of them is only left out, unless it is the one to be pointed.
pub fn select(offer: &Offer, request: &Request) -> Result<Selection, SelectError> {
    let mut choice = Choice::new(offer, request);
    choice.check_names()?;
    let named = |channel: &Channel| request.channels.is_empty() || request.channels.contains(channel);
    if request.releases.is_empty() {
        choice.take_channels(offer.channels.keys().copied().filter(named))?;
        choice.take_range()?;
    } else {
        choice.take_exact()?;
        if !request.channels.is_empty() {
            choice.take_channels(offer.channels.keys().copied().filter(named))?;
        }
    }
    choice.point_channel()?;
    Ok(choice.finish())
}

/// A choice in the making.
struct Choice<'a> {
    offer: &'a Offer,
    request: &'a Request,
    /// Every release that the source is known to have.
    known: BTreeSet<Version>,
    releases: BTreeSet<Version>,
    channels: BTreeMap<Channel, ChannelTags>,
    notices: Vec<Notice>,
}

impl<'a> Choice<'a> {
    fn new(offer: &'a Offer, request: &'a Request) -> Self {
        let pointed_to = offer.channels.values().map(|info| info.version.clone());
        Self {
            offer,
            request,
            known: offer
                .tags
                .iter()
                .filter_map(|tag| parse_tag(tag))
                .chain(pointed_to)
                .collect(),
            releases: BTreeSet::new(),
            channels: BTreeMap::new(),
            notices: Vec::new(),
        }
    }

    fn allows(&self, version: &Version) -> bool {
        self.request.max.is_none_or(|max| max.takes_in_below(version))
    }

    fn available(&self) -> Vec<Version> {
        latest_patches(self.known.iter())
    }

    /// Refuses what names something that is not there, or contradicts itself.
    fn check_names(&self) -> Result<(), SelectError> {
        let Request {
            min,
            max,
            releases,
            channels,
            ..
        } = self.request;
        if releases.is_empty() {
            if self.offer.channels.is_empty() {
                return Err(SelectError::NoChannels);
            }
            if let (Some(min), Some(max)) = (*min, *max)
                && !max.takes_in_below(&min.lowest())
            {
                return Err(SelectError::MinAboveMax { min, max });
            }
        }
        let missing: BTreeSet<Channel> = channels
            .iter()
            .filter(|channel| !self.offer.channels.contains_key(channel))
            .copied()
            .collect();
        if !missing.is_empty() {
            return Err(SelectError::UnknownChannels {
                missing: missing.into_iter().collect(),
                available: self.offer.channels.keys().copied().collect(),
            });
        }
        let missing: BTreeSet<&Version> = releases
            .iter()
            .filter(|release| !self.known.contains(release))
            .collect();
        if !missing.is_empty() {
            return Err(SelectError::UnknownReleases {
                missing: missing.into_iter().cloned().collect(),
                available: self.available(),
            });
        }
        Ok(())
    }

    /// Takes what the channels point to, but for those above the maximum.
    fn take_channels(&mut self, channels: impl Iterator<Item = Channel>) -> Result<(), SelectError> {
        let mut suspended = Vec::new();
        for channel in channels {
            let info = &self.offer.channels[&channel];
            match self.request.max {
                Some(max) if !max.takes_in_below(&info.version) => {
                    self.notices.push(Notice::ChannelAboveMax {
                        channel,
                        version: info.version.clone(),
                        max,
                    });
                }
                _ if info.suspended && !self.request.ignore_suspend => suspended.push(channel),
                _ => {
                    self.releases.insert(info.version.clone());
                    self.channels
                        .insert(channel, ChannelTags::AsOnSource(info.version.clone()));
                }
            }
        }
        if suspended.is_empty() {
            Ok(())
        } else {
            Err(SelectError::Suspended { channels: suspended })
        }
    }

    /// Takes the exact releases, and the channels that point to them if none are named.
    fn take_exact(&mut self) -> Result<(), SelectError> {
        let above: BTreeSet<&Version> = self
            .request
            .releases
            .iter()
            .filter(|release| !self.allows(release))
            .collect();
        if let Some(max) = self.request.max
            && !above.is_empty()
        {
            return Err(SelectError::ReleasesAboveMax {
                releases: above.into_iter().cloned().collect(),
                max,
            });
        }
        self.releases.extend(self.request.releases.iter().cloned());
        if !self.request.channels.is_empty() {
            return Ok(());
        }
        for (&channel, info) in &self.offer.channels {
            if !self.releases.contains(&info.version) {
                continue;
            }
            let version = info.version.clone();
            if info.suspended && !self.request.ignore_suspend {
                self.notices
                    .push(Notice::SuspendedChannelLeftOut { channel, version });
            } else {
                self.channels.insert(channel, ChannelTags::AsOnSource(version));
            }
        }
        Ok(())
    }

    /// Takes the latest patch of each minor of the range.
    fn take_range(&mut self) -> Result<(), SelectError> {
        let Some((lowest, highest)) = self.ends() else {
            return Ok(());
        };
        let (channel, natural) = lowest;
        let lower = match self.request.min {
            Some(min) if min.lowest() <= *natural => min.lowest(),
            Some(min) => {
                self.notices.push(Notice::MinIgnored {
                    min,
                    channel,
                    version: natural.clone(),
                });
                natural.clone()
            }
            None => natural.clone(),
        };
        let in_range = |version: &&Version| {
            (&lower..=highest).contains(version) && self.allows(version) && !is_prerelease(version)
        };
        let by_channel_alone = !self.request.channels.is_empty() && self.request.min.is_none();
        let mut chosen = if by_channel_alone {
            Vec::new()
        } else {
            latest_patches(self.known.iter().filter(in_range))
        };
        let nothing_else = !by_channel_alone || self.releases.is_empty();
        if !self.allows(&lower) && nothing_else {
            let newest = self
                .known
                .iter()
                .rfind(|version| self.allows(version) && !is_prerelease(version));
            chosen.extend(newest.cloned());
        }
        self.releases.extend(chosen);
        if self.releases.is_empty() {
            return Err(SelectError::NothingInRange {
                available: self.available(),
            });
        }
        Ok(())
    }

    /// Where the range begins and ends if no bound says otherwise: the channel and its release, and the
    /// highest release.
    fn ends(&self) -> Option<((Channel, &'a Version), &'a Version)> {
        let version = |channel: Channel| {
            self.offer
                .channels
                .get(&channel)
                .map(|info| (channel, &info.version))
        };
        let named = &self.request.channels;
        let by_version = |&(_, version): &(Channel, &'a Version)| version;
        if !named.is_empty() {
            let highest = named.iter().copied().filter_map(version).max_by_key(by_version)?;
            return Some((highest, highest.1));
        }
        let ordinary = |channel: &Channel| *channel != Channel::Lts;
        let mut range: Vec<_> = Channel::ALL
            .into_iter()
            .filter(ordinary)
            .filter_map(version)
            .collect();
        if range.is_empty() {
            range.extend(version(Channel::Lts));
        }
        let lowest = version(Channel::RockSolid).or_else(|| range.iter().copied().min_by_key(by_version))?;
        let highest = version(Channel::Alpha).or_else(|| range.iter().copied().max_by_key(by_version))?;
        Some((lowest, highest.1))
    }

    /// Lets the channel to be pointed point to the highest release.
    fn point_channel(&mut self) -> Result<(), SelectError> {
        let (Some(channel), Some(to)) = (self.request.point_channel, self.releases.last()) else {
            return Ok(());
        };
        let to = to.clone();
        let on_source = self.offer.channels.get(&channel);
        self.notices.retain(|notice| {
            !matches!(notice,
                Notice::ChannelAboveMax { channel: left_out, .. }
                | Notice::SuspendedChannelLeftOut { channel: left_out, .. } if *left_out == channel)
        });
        let channel_tags = match on_source {
            Some(info) if info.version == to => {
                if info.suspended && !self.request.ignore_suspend {
                    return Err(SelectError::Suspended {
                        channels: vec![channel],
                    });
                }
                ChannelTags::AsOnSource(to)
            }
            _ => {
                self.notices.push(Notice::ChannelPointed {
                    channel,
                    from: on_source.map(|info| info.version.clone()),
                    to: to.clone(),
                });
                ChannelTags::PointedTo(to)
            }
        };
        self.channels.insert(channel, channel_tags);
        Ok(())
    }

    fn finish(mut self) -> Selection {
        let gaps = missing_minors(
            &self.releases,
            self.known
                .iter()
                .filter(|version| !is_prerelease(version))
                .chain(&self.releases),
        );
        if !gaps.is_empty() {
            self.notices.push(Notice::MissingMinors(gaps));
        }
        Selection {
            releases: self.releases,
            channels: self.channels,
            notices: self.notices,
        }
    }
}
