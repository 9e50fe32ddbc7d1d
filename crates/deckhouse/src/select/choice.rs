//! The steps of a choice; which of them a request takes, and why, is explained in the parent module.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{
    error::SelectError,
    request::{Available, Chain, ChannelTags, Request, Selection},
};
use crate::{
    channel::Channel,
    notice::{MinorGap, Notice, missing_minors},
    version::{Bound, is_prerelease, latest_patches, parse_tag},
};

/// Which releases a request means beside those that channels point to.
pub(super) enum Range {
    /// None.
    Nothing,
    /// The latest patch of each minor from one release to another, as far as the maximum allows.
    Between {
        /// The lowest release that counts.
        lower: Version,
        /// The highest release that counts.
        upper: Version,
    },
    /// The newest release that this maximum allows.
    NewestUpTo(Bound),
}

/// A choice in the making.
pub(super) struct Choice<'a> {
    offer: &'a Available,
    request: &'a Request,
    /// Every release that the source is known to have.
    known: BTreeSet<Version>,
    releases: BTreeSet<Version>,
    channels: BTreeMap<Channel, ChannelTags>,
    /// Minors of the range that the source does not have.
    gaps: Vec<MinorGap>,
    notices: Vec<Notice>,
}

impl<'a> Choice<'a> {
    /// Nothing chosen yet.
    pub(super) fn new(offer: &'a Available, request: &'a Request) -> Self {
        let pointed_to = offer.channels.values().map(|info| info.version.clone());
        Self {
            offer,
            request,
            known: offer.tags.iter().filter_map(|tag| parse_tag(tag)).chain(pointed_to).collect(),
            releases: BTreeSet::new(),
            channels: BTreeMap::new(),
            gaps: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn available(&self) -> Vec<Version> {
        latest_patches(self.known.iter())
    }

    /// Refuses what names something that is not there, or contradicts itself.
    pub(super) fn check_names(&self) -> Result<(), SelectError> {
        let Request { min, max, releases, channels, .. } = self.request;
        if releases.is_empty() {
            let mut listed = self.offer.tags.iter().filter(|tag| tag.parse::<Channel>().is_ok());
            if self.offer.channels.is_empty() && (channels.is_empty() || listed.next().is_none()) {
                return Err(SelectError::NoChannels);
            }
            if let (Some(min), Some(max)) = (*min, *max)
                && !max.admits_as_max(&min.lowest())
            {
                return Err(SelectError::MinAboveMax { min, max });
            }
        }
        let of_chain = self.request.chain.iter().flat_map(|chain| &chain.channels);
        let missing: BTreeSet<Channel> = channels
            .iter()
            .chain(of_chain)
            .filter(|channel| !self.offer.channels.contains_key(channel))
            .copied()
            .collect();
        if !missing.is_empty() {
            let listed = self.offer.tags.iter().filter_map(|tag| tag.parse().ok());
            let available: BTreeSet<Channel> = self.offer.channels.keys().copied().chain(listed).collect();
            return Err(SelectError::UnknownChannels {
                available: available.difference(&missing).copied().collect(),
                missing: missing.into_iter().collect(),
            });
        }
        Ok(())
    }

    /// Refuses exact releases that are not there.
    pub(super) fn check_releases(&self) -> Result<(), SelectError> {
        let missing: BTreeSet<&Version> = self.unknown_releases().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (missing, available) = (missing.into_iter().cloned().collect(), self.available());
        Err(match self.request.chain {
            Some(_) => SelectError::MissingTargets { missing, available },
            None => SelectError::UnknownReleases { missing, available },
        })
    }

    /// Exact releases that the source is not known to have.
    pub(super) fn unknown_releases(&self) -> impl Iterator<Item = &'a Version> {
        let targets = self.request.chain.iter().flat_map(|chain| &chain.targets);
        self.request.releases.iter().chain(targets).filter(|release| !self.known.contains(release))
    }

    /// Whether the source is known to have this release.
    pub(super) fn knows(&self, version: &Version) -> bool {
        self.known.contains(version)
    }

    /// Every release that the source is known to have, but for pre-releases; ascending.
    pub(super) fn known(&self) -> impl DoubleEndedIterator<Item = &Version> {
        self.known.iter().filter(|version| !is_prerelease(version))
    }

    /// Whether the maximum allows this release.
    pub(super) fn allows(&self, version: &Version) -> bool {
        self.request.max.is_none_or(|max| max.admits_as_max(version))
    }

    /// The minor of the maximum.
    pub(super) fn max_minor(&self) -> Option<(u64, u64)> {
        self.request.max.map(|max| max.minor())
    }

    /// Takes what the request's channels point to: the named ones, else all.
    pub(super) fn take_channels(&mut self) -> Result<(), SelectError> {
        let named = &self.request.channels;
        let is_meant = |channel: &Channel| named.is_empty() || named.contains(channel);
        self.take(self.offer.channels.keys().copied().filter(is_meant))
    }

    /// Takes what the channels point to, but for those above the maximum.
    fn take(&mut self, channels: impl Iterator<Item = Channel>) -> Result<(), SelectError> {
        let mut suspended = Vec::new();
        for channel in channels {
            let info = &self.offer.channels[&channel];
            match self.request.max {
                Some(max) if !max.admits_as_max(&info.version) => {
                    self.notices.push(Notice::ChannelAboveMax {
                        channel,
                        version: info.version.clone(),
                        max,
                    });
                }
                _ if info.suspended && !self.request.ignore_suspend => suspended.push(channel),
                _ => {
                    self.releases.insert(info.version.clone());
                    self.channels.insert(channel, ChannelTags::AsOnSource(info.version.clone()));
                }
            }
        }
        if suspended.is_empty() { Ok(()) } else { Err(SelectError::Suspended { channels: suspended }) }
    }

    /// Takes the exact releases, and the channels that point to them if none are named.
    pub(super) fn take_exact(&mut self) -> Result<(), SelectError> {
        let above: BTreeSet<&Version> =
            self.request.releases.iter().filter(|release| !self.allows(release)).collect();
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
                self.notices.push(Notice::SuspendedChannelLeftOut { channel, version });
            } else {
                self.channels.insert(channel, ChannelTags::AsOnSource(version));
            }
        }
        Ok(())
    }

    /// Takes the latest patch of each minor of a chain, its targets, and the channels that point to one of its releases.
    pub(super) fn take_chain(&mut self, chain: &Chain) -> Result<(), SelectError> {
        let (from, to) = (&chain.from, self.end_of(chain));
        let in_chain = |version: &&Version| (from..=&to).contains(version);
        let mut suspended = Vec::new();
        for (&channel, info) in self.offer.channels.iter().filter(|(_, info)| in_chain(&&info.version)) {
            let version = info.version.clone();
            if !info.suspended || self.request.ignore_suspend {
                self.releases.insert(version.clone());
                self.channels.insert(channel, ChannelTags::AsOnSource(version));
            } else if chain.channels.contains(&channel) {
                suspended.push(channel);
            } else {
                self.notices.push(Notice::SuspendedChannelLeftOut { channel, version });
            }
        }
        if !suspended.is_empty() {
            return Err(SelectError::Suspended { channels: suspended });
        }
        let latest = latest_patches(self.known().filter(in_chain));
        self.releases.extend(latest.into_iter().chain(chain.targets.iter().cloned()));
        if self.releases.is_empty() {
            return Err(SelectError::NothingInRange { available: self.available() });
        }
        // What runs need not be on the source any more.
        let all: BTreeSet<Version> = self.releases.iter().chain([from]).cloned().collect();
        let gaps = missing_minors(&all, self.known().chain(&all));
        if !gaps.is_empty() && !chain.may_skip_minors {
            return Err(SelectError::MissingMinors { from: from.clone(), to, gaps });
        }
        self.gaps = gaps;
        Ok(())
    }

    /// The highest release of a chain.
    fn end_of(&self, chain: &Chain) -> Version {
        let of_channels = chain.channels.iter().filter_map(|channel| self.offer.channels.get(channel));
        let ends = chain.targets.iter().chain(of_channels.map(|info| &info.version));
        ends.chain([&chain.from]).max().unwrap_or(&chain.from).clone()
    }

    /// Takes the latest patch of each minor of the range.
    pub(super) fn take_range(&mut self) -> Result<(), SelectError> {
        let Some(((channel, natural), _)) = self.ends() else {
            return Ok(());
        };
        if let Some(min) = self.request.min.filter(|min| min.lowest() > *natural) {
            self.notices.push(Notice::MinIgnored { min, channel, version: natural.clone() });
        }
        match self.range() {
            Range::Nothing => {}
            Range::Between { lower, upper } => {
                let in_range = |version: &&Version| (&lower..=&upper).contains(version);
                let known = self.known().filter(|version| self.allows(version));
                let chosen = latest_patches(known.filter(in_range));
                self.releases.extend(chosen);
                let chain = self.releases.iter().filter(in_range).cloned().collect();
                self.gaps = missing_minors(&chain, self.known().chain(&chain));
            }
            Range::NewestUpTo(_) => {
                let newest = self.known().rfind(|version| self.allows(version)).cloned();
                self.releases.extend(newest);
            }
        }
        if self.releases.is_empty() {
            return Err(SelectError::NothingInRange { available: self.available() });
        }
        Ok(())
    }

    /// Which releases the request means beside those of the channels, which must be taken already.
    pub(super) fn range(&self) -> Range {
        if let Some(chain) = &self.request.chain {
            return Range::Between { lower: chain.from.clone(), upper: self.end_of(chain) };
        }
        let Some(((_, natural), highest)) = self.ends() else {
            return Range::Nothing;
        };
        let min = self.request.min.map(|min| min.lowest()).filter(|min| min <= natural);
        let lower = min.unwrap_or_else(|| natural.clone());
        let by_channel_alone = !self.request.channels.is_empty() && self.request.min.is_none();
        let has_enough = by_channel_alone && !self.releases.is_empty();
        match self.request.max {
            Some(max) if !max.admits_as_max(&lower) && !has_enough => Range::NewestUpTo(max),
            _ if by_channel_alone => Range::Nothing,
            _ => Range::Between { lower, upper: highest.clone() },
        }
    }

    /// Where the range begins and ends if no bound says otherwise: the channel and its release, and the
    /// highest release.
    fn ends(&self) -> Option<((Channel, &'a Version), &'a Version)> {
        let version =
            |channel: Channel| self.offer.channels.get(&channel).map(|info| (channel, &info.version));
        let named = &self.request.channels;
        let by_version = |&(_, version): &(Channel, &'a Version)| version;
        if !named.is_empty() {
            let highest = named.iter().copied().filter_map(version).max_by_key(by_version)?;
            return Some((highest, highest.1));
        }
        let ordinary = |channel: &Channel| *channel != Channel::Lts;
        let mut range: Vec<_> = Channel::ALL.into_iter().filter(ordinary).filter_map(version).collect();
        if range.is_empty() {
            range.extend(version(Channel::Lts));
        }
        let lowest = version(Channel::RockSolid).or_else(|| range.iter().copied().min_by_key(by_version))?;
        let highest = version(Channel::Alpha).or_else(|| range.iter().copied().max_by_key(by_version))?;
        Some((lowest, highest.1))
    }

    /// Lets the channel to be pointed point to the highest release.
    pub(super) fn point_channel(&mut self) -> Result<(), SelectError> {
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
                    return Err(SelectError::Suspended { channels: vec![channel] });
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

    /// What was chosen, with a word on the gaps in it.
    pub(super) fn finish(mut self) -> Selection {
        if !self.gaps.is_empty() {
            self.notices.push(Notice::MissingMinors(self.gaps));
        }
        Selection { releases: self.releases, channels: self.channels, notices: self.notices }
    }
}
