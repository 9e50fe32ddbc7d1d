//! Whether a list of tags can be believed.
//!
//! A proxy cache lists what it happens to have: nothing, or what was pulled through it. A list that
//! lacks something that is there proves itself wrong, and for a cached part of a source a few questions
//! show it: the neighbours of the releases that channels point to. A whole list costs nothing but them.

use std::collections::BTreeSet;

use semver::Version;

use super::{
    request::{Available, Request},
    search::MAX_GAP,
};
use crate::{
    channel::Channel,
    version::{is_prerelease, minor_of, parse_tag},
};

/// A channel that was read and that the tags do not list. They are not the whole list then.
pub fn unlisted_channel(offer: &Available) -> Option<Channel> {
    let is_listed = |channel: &Channel| offer.tags.iter().any(|tag| tag == channel.name());
    offer.channels.keys().copied().find(|channel| !is_listed(channel))
}

/// Versions that the tags do not list; if one of them is there, they are not the whole list.
///
/// These are: what a channel points to; in that minor the number after the highest and the highest
/// number that is left out; the beginning of minors that are left out between those of channels; and the
/// exact releases of the request. Ascending.
pub fn versions_to_check(offer: &Available, request: &Request) -> BTreeSet<Version> {
    let listed: BTreeSet<Version> = offer.tags.iter().filter_map(|tag| parse_tag(tag)).collect();
    let pointed_to = offer.channels.values().map(|info| &info.version);
    let targets = request.chain.iter().flat_map(|chain| &chain.targets);
    let named = request.releases.iter().chain(targets);
    let mut versions: BTreeSet<Version> = pointed_to.clone().chain(named).cloned().collect();
    for pointed_to in pointed_to {
        let version = |patch| Version::new(pointed_to.major, pointed_to.minor, patch);
        let is_sibling =
            |version: &&Version| minor_of(version) == minor_of(pointed_to) && !is_prerelease(version);
        let highest = listed.iter().rfind(is_sibling).unwrap_or(pointed_to).patch;
        versions.insert(version(highest.saturating_add(1)));
        versions.extend((0..highest).rev().map(version).find(|version| !listed.contains(version)));
    }
    versions.extend(unlisted_minors(offer, &listed));
    versions.retain(|version| !listed.contains(version));
    versions
}

/// Versions that `listed` lacks; if one of them exists, it is not the whole list.
///
/// These are what a cluster whose deployed release is `deployed` needs to reach `channel`, what its release channel
/// points to: this version, and the first patches of the minors in between of which nothing is listed. Ascending.
pub fn versions_to_check_between(
    listed: &BTreeSet<Version>,
    deployed: &Version,
    channel: &Version,
) -> BTreeSet<Version> {
    if channel <= deployed {
        return BTreeSet::new();
    }
    let known = listed.iter().chain([deployed, channel]).map(minor_of).collect();
    let mut versions: BTreeSet<Version> =
        first_patches(known, minor_of(deployed), minor_of(channel)).collect();
    versions.extend((!listed.contains(channel)).then(|| channel.clone()));
    versions
}

/// The first patches of the minors between those that channels point to of which nothing is listed.
fn unlisted_minors(offer: &Available, listed: &BTreeSet<Version>) -> impl Iterator<Item = Version> {
    let pointed_to: BTreeSet<_> = offer.channels.values().map(|info| &info.version).collect();
    let minors: BTreeSet<_> = listed.iter().chain(pointed_to.iter().copied()).map(minor_of).collect();
    let ends = pointed_to.first().zip(pointed_to.last()).map(|(low, high)| (minor_of(low), minor_of(high)));
    ends.into_iter().flat_map(move |(low, high)| first_patches(minors.clone(), low, high))
}

/// The first patches of the minors from `low` to below `high`, in one major version, that are not among `minors`.
fn first_patches(
    minors: BTreeSet<(u64, u64)>,
    (major, low): (u64, u64),
    (last_major, high): (u64, u64),
) -> impl Iterator<Item = Version> {
    let last = if major == last_major { high } else { low };
    (low..last)
        .map(move |minor| (major, minor))
        .take(MOST_MINORS)
        .filter(move |minor| !minors.contains(minor))
        .flat_map(|(major, minor)| (0..=MAX_GAP).map(move |patch| Version::new(major, minor, patch)))
}

/// More minors than there are between the channels of any edition.
const MOST_MINORS: usize = 100;

#[cfg(test)]
mod tests {
    use super::{super::test_requests::*, *};
    use crate::version::tag_of;

    fn asked(offer: &Available, line: &str) -> Vec<String> {
        versions_to_check(offer, &request(line)).iter().map(tag_of).collect()
    }

    #[test]
    fn neighbours_of_what_channels_point_to() {
        let whole = offer(CHANNELS, TAGS);
        assert_eq!(unlisted_channel(&whole), None);
        let neighbours = ["v1.57.3", "v1.57.6", "v1.58.9", "v1.58.11", "v1.59.3", "v1.59.5"];
        assert_eq!(asked(&whole, ""), neighbours);
        assert_eq!(asked(&whole, "release 1.58.3 release 1.61.0"), neighbours);
        assert_eq!(asked(&whole, "release 1.50.1")[0], "v1.50.1");
    }

    #[test]
    fn an_empty_list_is_wrong_as_soon_as_there_is_a_channel() {
        assert_eq!(unlisted_channel(&offer(CHANNELS, &[])), Some(Channel::Alpha));
        assert_eq!(unlisted_channel(&offer(CHANNELS, &["alpha", "stable"])), Some(Channel::RockSolid));
        assert_eq!(unlisted_channel(&offer(&[], &[])), None);
        let one = [(Channel::Stable, "1.58.2")];
        assert_eq!(asked(&offer(&one, &["stable"]), ""), ["v1.58.1", "v1.58.2", "v1.58.3"]);
        assert_eq!(asked(&offer(&[], &[]), "release 1.58.2"), ["v1.58.2"]);
        let prerelease = [(Channel::Stable, "1.58.0-rc.1")];
        assert_eq!(asked(&offer(&prerelease, &["stable"]), ""), ["v1.58.0-rc.1", "v1.58.1"]);
    }

    #[test]
    fn a_minor_that_is_left_out_is_looked_for() {
        let channels = [(Channel::Stable, "1.58.2"), (Channel::Alpha, "1.61.0")];
        let tags = ["v1.58.1", "v1.58.2", "v1.59.7", "v1.61.0"];
        let asked = asked(&offer(&channels, &tags), "");
        assert_eq!(asked[..3], ["v1.58.0", "v1.58.3", "v1.60.0"]);
        assert_eq!(asked[34..], ["v1.60.32", "v1.61.1"]);
        let far = format!("1.{}.0", u64::MAX);
        let channels = [(Channel::Stable, "1.58.2"), (Channel::Alpha, far.as_str())];
        assert!(versions_to_check(&offer(&channels, &[]), &request("")).len() < 10_000, "however far");
    }

    #[test]
    fn what_lies_between_a_cluster_and_its_channel() {
        let version = |text: &str| Version::parse(text).unwrap();
        let check = |listed: &[&str], deployed: &str, channel: &str| -> Vec<String> {
            let listed = listed.iter().map(|text| version(text)).collect();
            let versions = versions_to_check_between(&listed, &version(deployed), &version(channel));
            versions.iter().map(tag_of).collect()
        };
        assert_eq!(check(&["1.58.2", "1.59.0"], "1.57.5", "1.59.0"), [""; 0], "nothing is missing");
        assert_eq!(check(&["1.58.2"], "1.57.5", "1.59.3"), ["v1.59.3"]);
        assert_eq!(check(&[], "1.57.5", "1.57.9"), ["v1.57.9"]);
        let between = check(&["1.59.3"], "1.57.5", "1.59.3");
        assert_eq!((between.len(), &between[0][..], &between[32][..]), (33, "v1.58.0", "v1.58.32"));
        assert_eq!(check(&[], "1.57.5", "1.57.5"), [""; 0]);
        assert_eq!(check(&[], "1.57.5", "1.56.0"), [""; 0], "a channel that is behind");
        assert_eq!(check(&[], "1.57.5", "2.0.0"), ["v2.0.0"]);
        assert!(check(&[], "1.57.5", "1.9999999.0").len() < 10_000, "however far");
    }

    #[test]
    fn a_whole_minor_costs_one_request() {
        let tags: Vec<String> = (0..=60).map(|patch| format!("v1.58.{patch}")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        assert_eq!(asked(&offer(&[(Channel::Stable, "1.58.7")], &tags), ""), ["v1.58.61"]);
    }
}
