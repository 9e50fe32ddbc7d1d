//! Properties that hold for every request and every source.

use std::collections::BTreeSet;

use proptest::prelude::*;
use semver::Version;

use super::{test_requests::info, *};
use crate::{
    channel::Channel,
    release_info::ReleaseInfo,
    version::{Bound, is_prerelease, minor_of, tag_of},
};

fn any_version() -> impl Strategy<Value = Version> {
    (0..3_u64, 0..5_u64, 0..4_u64, prop::bool::weighted(0.2)).prop_map(|(major, minor, patch, prerelease)| {
        let mut version = Version::new(major, minor, patch);
        if prerelease {
            version.pre = semver::Prerelease::new("rc.1").unwrap();
        }
        version
    })
}

fn any_bound() -> impl Strategy<Value = Bound> {
    (0..3_u64, 0..5_u64, prop::option::of(0..4_u64)).prop_map(|(major, minor, patch)| {
        let patch = patch.map(|patch| format!(".{patch}")).unwrap_or_default();
        format!("{major}.{minor}{patch}").parse().unwrap()
    })
}

fn any_channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(Channel::ALL.to_vec())
}

fn any_offer() -> impl Strategy<Value = Available> {
    let channel = (any_version(), prop::bool::weighted(0.1));
    (
        prop::collection::btree_map(any_channel(), channel, 0..6),
        prop::collection::vec(any_version().prop_map(|version| tag_of(&version)), 0..30),
    )
        .prop_map(|(channels, tags)| {
            let channel = |(channel, (version, suspended)): (Channel, (Version, bool))| {
                (channel, ReleaseInfo { suspended, ..info(&version.to_string()) })
            };
            Available { channels: channels.into_iter().map(channel).collect(), tags }
        })
}

fn any_request() -> impl Strategy<Value = Request> {
    (
        prop::option::of(any_bound()),
        prop::option::of(any_bound()),
        prop::collection::vec(any_version(), 0..2),
        prop::collection::vec(any_channel(), 0..2),
        prop::option::of(any_channel()),
        any::<bool>(),
    )
        .prop_map(|(min, max, releases, channels, point_channel, ignore_suspend)| Request {
            excluded: Vec::new(),
            chain: None,
            min,
            max,
            releases,
            channels,
            point_channel,
            ignore_suspend,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_is_chosen_is_offered_and_allowed(offer in any_offer(), request in any_request()) {
        let Ok(selection) = select(&offer, &request) else {
            return Ok(());
        };
        prop_assert!(!selection.releases.is_empty());
        let pointed_to: BTreeSet<&Version> = offer.channels.values().map(|info| &info.version).collect();
        for release in &selection.releases {
            prop_assert!(offer.tags.contains(&tag_of(release)) || pointed_to.contains(release));
            prop_assert!(request.max.is_none_or(|max| max.admits_as_max(release)));
            let by_name = pointed_to.contains(release) || request.releases.contains(release);
            prop_assert!(!is_prerelease(release) || by_name);
        }
        for (channel, tags) in &selection.channels {
            prop_assert!(selection.releases.contains(tags.version()));
            let pointed = request.point_channel == Some(*channel);
            let on_source = offer.channels.get(channel);
            match tags {
                ChannelTags::AsOnSource(version) => {
                    let info = on_source.unwrap();
                    prop_assert_eq!(&info.version, version);
                    prop_assert!(!info.suspended || request.ignore_suspend);
                }
                ChannelTags::PointedTo(version) => {
                    prop_assert!(pointed);
                    prop_assert_eq!(Some(version), selection.releases.last());
                    prop_assert_ne!(on_source.map(|info| &info.version), Some(version));
                }
            }
            prop_assert!(pointed || request.channels.is_empty() || request.channels.contains(channel));
        }
        if let Some(channel) = request.point_channel {
            prop_assert_eq!(Some(selection.channels[&channel].version()), selection.releases.last());
        }
        let range_only = selection.releases.iter()
            .filter(|release| !pointed_to.contains(release) && !request.releases.contains(release));
        let minors: Vec<(u64, u64)> = range_only.map(minor_of).collect();
        prop_assert!(minors.is_sorted_by(|a, b| a < b), "{:?}", minors);
    }

    #[test]
    fn the_order_of_what_is_given_does_not_matter(offer in any_offer(), request in any_request()) {
        let mut reversed = (offer.clone(), request.clone());
        reversed.0.tags.reverse();
        reversed.1.releases.reverse();
        reversed.1.channels.reverse();
        prop_assert_eq!(select(&offer, &request), select(&reversed.0, &reversed.1));
    }

    #[test]
    fn a_lower_minimum_never_selects_less(offer in any_offer(), low in any_bound(), high in any_bound()) {
        let (low, high) = if low.lowest() <= high.lowest() { (low, high) } else { (high, low) };
        let chosen = |min| select(&offer, &Request { min, ignore_suspend: true, ..Request::default() });
        if let (Ok(more), Ok(less), Ok(least)) = (chosen(Some(low)), chosen(Some(high)), chosen(None)) {
            prop_assert!(more.releases.is_superset(&less.releases));
            prop_assert!(less.releases.is_superset(&least.releases));
        }
    }
}
