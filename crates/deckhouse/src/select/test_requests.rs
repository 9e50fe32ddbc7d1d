//! Offers and requests as short texts, so that tables of them can be read.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{Available, Chain, ChannelTags, Request, Selection};
use crate::{channel::Channel, release_info::ReleaseInfo};

/// A small source with a pre-release and a release that is newer than the one in alpha.
pub(super) const TAGS: &[&str] = &[
    "v1.57.4",
    "v1.57.5",
    "v1.58.2",
    "v1.58.3",
    "v1.58.10",
    "v1.59.0-rc.1",
    "v1.59.4",
    "v1.59.5-rc.2",
    "v1.61.0",
    "alpha",
    "stable",
    "rock-solid",
];
pub(super) const CHANNELS: &[(Channel, &str)] =
    &[(Channel::RockSolid, "1.57.5"), (Channel::Stable, "1.58.3"), (Channel::Alpha, "1.59.4")];

pub(super) fn info(version: &str) -> ReleaseInfo {
    ReleaseInfo {
        version: version.parse().unwrap(),
        suspended: false,
        requirements: BTreeMap::new(),
        disruptions: BTreeMap::new(),
    }
}

pub(super) fn offer(channels: &[(Channel, &str)], tags: &[&str]) -> Available {
    Available {
        channels: channels.iter().map(|&(channel, version)| (channel, info(version))).collect(),
        tags: tags.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn suspend(mut offer: Available, channel: Channel) -> Available {
    offer.channels.get_mut(&channel).unwrap().suspended = true;
    offer
}

pub(super) fn versions(versions: &[&str]) -> Vec<Version> {
    versions.iter().map(|version| version.parse().unwrap()).collect()
}

/// A request as a command line: `min 1.57`, `max 1.58`, `release 1.58.3`, `channel stable`, `point stable`; for a chain
/// `from 1.57.5`, then `to 1.59.4`, `follow stable`, `skip minors`.
pub(super) fn request(line: &str) -> Request {
    let mut request = Request::default();
    let words: Vec<&str> = line.split_whitespace().collect();
    for pair in words.chunks(2) {
        match pair {
            ["min", bound] => request.min = Some(bound.parse().unwrap()),
            ["max", bound] => request.max = Some(bound.parse().unwrap()),
            ["release", version] => request.releases.push(version.parse().unwrap()),
            ["channel", name] => request.channels.push(name.parse().unwrap()),
            ["point", name] => request.point_channel = Some(name.parse().unwrap()),
            ["ignore", "suspend"] => request.ignore_suspend = true,
            ["from", version] => {
                request.chain = Some(Chain {
                    from: version.parse().unwrap(),
                    targets: BTreeSet::new(),
                    channels: BTreeSet::new(),
                    may_skip_minors: false,
                });
            }
            ["to", version] => {
                request.chain.as_mut().unwrap().targets.insert(version.parse().unwrap());
            }
            ["follow", name] => {
                request.chain.as_mut().unwrap().channels.insert(name.parse().unwrap());
            }
            ["skip", "minors"] => request.chain.as_mut().unwrap().may_skip_minors = true,
            other => panic!("{other:?}"),
        }
    }
    request
}

/// A selection on one line: releases; channels (`=` as on the source, `>` pointed).
pub(super) fn shown(selection: &Selection) -> String {
    let releases: Vec<String> = selection.releases.iter().map(ToString::to_string).collect();
    let channels: Vec<String> = selection
        .channels
        .iter()
        .map(|(channel, tags)| match tags {
            ChannelTags::AsOnSource(version) => format!("{channel}={version}"),
            ChannelTags::PointedTo(version) => format!("{channel}>{version}"),
        })
        .collect();
    format!("{}; {}", releases.join(" "), channels.join(" "))
}

pub(super) fn notices(selection: &Selection) -> Vec<String> {
    selection.notices.iter().map(ToString::to_string).collect()
}
