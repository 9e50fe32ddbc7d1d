//! Tables of requests and what they mean.

use super::{test_requests::*, *};
use crate::channel::Channel;

/// Checks a table of command lines and what they choose, and that there is nothing to notice.
fn chooses(offer: &Available, table: &[(&str, &str)]) {
    for &(line, expected) in table {
        let selection = select(offer, &request(line)).unwrap();
        assert_eq!(shown(&selection), expected, "{line}");
        assert_eq!(notices(&selection), <[&str; 0]>::default(), "{line}");
    }
}

/// Checks one command line, what it chooses, and what it says.
fn chooses_saying(offer: &Available, line: &str, expected: &str, said: &[&str]) {
    let selection = select(offer, &request(line)).unwrap();
    assert_eq!(shown(&selection), expected, "{line}");
    assert_eq!(notices(&selection), said, "{line}");
}

const ALL_THREE: &str = "alpha=1.59.4 stable=1.58.3 rock-solid=1.57.5";

#[test]
fn by_default_channels_and_latest_patches_from_rock_solid_to_alpha() {
    let all = format!("1.57.5 1.58.3 1.58.10 1.59.4; {ALL_THREE}");
    chooses(
        &offer(CHANNELS, TAGS),
        &[("", &all), ("min 1.57", &all), ("min 1.57.5", &all), ("max 1.59", &all)],
    );
}

#[test]
fn a_minimum_below_rock_solid_adds_older_minors() {
    let tags: Vec<&str> =
        TAGS.iter().copied().chain(["v1.45.1", "v1.45.11", "v1.55.0", "v1.56.7", "v1.54.2"]).collect();
    let source = offer(CHANNELS, &tags);
    let rest = format!("1.57.5 1.58.3 1.58.10 1.59.4; {ALL_THREE}");
    chooses(&source, &[("min 1.55", &format!("1.55.0 1.56.7 {rest}")), ("min 1.56.8", &rest)]);
    let gap = "the source has no releases of the minor versions 1.46 to 1.53";
    let from_45 = format!("1.45.11 1.54.2 1.55.0 1.56.7 {rest}");
    chooses_saying(&source, "min 1.45", &from_45, &[gap]);
    chooses_saying(&source, "min v1.44.3", &from_45, &[gap]);
}

#[test]
fn a_minimum_above_rock_solid_is_ignored_with_a_warning() {
    let all = format!("1.57.5 1.58.3 1.58.10 1.59.4; {ALL_THREE}");
    let source = offer(CHANNELS, TAGS);
    for min in ["1.57.6", "1.58", "1.59.4", "2.0"] {
        let said = format!("the minimum version {min} is above rock-solid (v1.57.5) and is ignored");
        chooses_saying(&source, &format!("min {min}"), &all, &[&said]);
    }
}

#[test]
fn a_maximum_leaves_out_channels_above_it() {
    let source = offer(CHANNELS, TAGS);
    let alpha = |max: &str| {
        format!("channel alpha is left out: it points to v1.59.4, above the maximum version {max}")
    };
    let stable = |max: &str| {
        format!("channel stable is left out: it points to v1.58.3, above the maximum version {max}")
    };
    chooses_saying(
        &source,
        "max 1.58",
        "1.57.5 1.58.3 1.58.10; stable=1.58.3 rock-solid=1.57.5",
        &[&alpha("1.58")],
    );
    chooses_saying(
        &source,
        "max 1.58.2",
        "1.57.5 1.58.2; rock-solid=1.57.5",
        &[&alpha("1.58.2"), &stable("1.58.2")],
    );
    chooses_saying(
        &source,
        "max 1.59.3",
        "1.57.5 1.58.3 1.58.10; stable=1.58.3 rock-solid=1.57.5",
        &[&alpha("1.59.3")],
    );
}

#[test]
fn a_maximum_below_rock_solid_chooses_the_newest_release_it_allows() {
    let tags: Vec<&str> = TAGS.iter().copied().chain(["v1.55.0", "v1.55.9-rc.1", "v1.56.7"]).collect();
    let source = offer(CHANNELS, &tags);
    for (line, expected) in [
        ("max 1.57.4", "1.57.4; "),
        ("max 1.56", "1.56.7; "),
        ("max 1.56.6", "1.55.0; "),
        ("max 1.56 min 1.55", "1.55.0 1.56.7; "),
        ("max 1.56 min 1.40", "1.55.0 1.56.7; "),
        ("max 1.56 channel stable", "1.56.7; "),
        ("max 1.56 channel stable point stable", "1.56.7; stable>1.56.7"),
    ] {
        assert_eq!(shown(&select(&source, &request(line)).unwrap()), expected, "{line}");
    }
}

#[test]
fn missing_ends_are_replaced_by_the_lowest_and_highest_channel() {
    let tags = ["v1.56.1", "v1.57.9", "v1.58.3", "v1.58.9", "v1.59.4", "v1.60.1"];
    let two = offer(&[(Channel::Stable, "1.57.9"), (Channel::Beta, "1.59.4")], &tags);
    chooses(&two, &[("", "1.57.9 1.58.9 1.59.4; beta=1.59.4 stable=1.57.9")]);
    let said = "the minimum version 1.58 is above stable (v1.57.9) and is ignored";
    chooses_saying(&two, "min 1.58", "1.57.9 1.58.9 1.59.4; beta=1.59.4 stable=1.57.9", &[said]);
    let one = offer(&[(Channel::EarlyAccess, "1.58.3")], &tags);
    chooses(
        &one,
        &[("", "1.58.3; early-access=1.58.3"), ("min 1.56", "1.56.1 1.57.9 1.58.3; early-access=1.58.3")],
    );
}

#[test]
fn long_term_support_is_a_channel_but_no_end_of_the_range() {
    let tags = ["v1.55.2", "v1.56.1", "v1.57.5", "v1.58.9", "v1.59.4", "v1.60.0"];
    let mut channels =
        vec![(Channel::Lts, "1.55.2"), (Channel::RockSolid, "1.57.5"), (Channel::Alpha, "1.59.4")];
    chooses(
        &offer(&channels, &tags),
        &[
            ("", "1.55.2 1.57.5 1.58.9 1.59.4; alpha=1.59.4 rock-solid=1.57.5 lts=1.55.2"),
            ("min 1.56", "1.55.2 1.56.1 1.57.5 1.58.9 1.59.4; alpha=1.59.4 rock-solid=1.57.5 lts=1.55.2"),
            ("channel lts", "1.55.2; lts=1.55.2"),
        ],
    );
    channels.truncate(1);
    chooses(&offer(&channels, &tags), &[("", "1.55.2; lts=1.55.2")]);
}

#[test]
fn named_channels_select_only_themselves() {
    chooses(
        &offer(CHANNELS, TAGS),
        &[
            ("channel stable", "1.58.3; stable=1.58.3"),
            ("channel stable channel alpha", "1.58.3 1.59.4; alpha=1.59.4 stable=1.58.3"),
            ("channel rock-solid channel rock-solid", "1.57.5; rock-solid=1.57.5"),
            ("channel stable min 1.57", "1.57.5 1.58.3; stable=1.58.3"),
            ("channel alpha min 1.58", "1.58.10 1.59.4; alpha=1.59.4"),
            ("channel alpha channel rock-solid min 1.59", "1.57.5 1.59.4; alpha=1.59.4 rock-solid=1.57.5"),
        ],
    );
    let said = "the minimum version 1.59 is above stable (v1.58.3) and is ignored";
    chooses_saying(&offer(CHANNELS, TAGS), "channel stable min 1.59", "1.58.3; stable=1.58.3", &[said]);
    let said = "channel alpha is left out: it points to v1.59.4, above the maximum version 1.58";
    let source = offer(CHANNELS, TAGS);
    chooses_saying(
        &source,
        "channel alpha channel rock-solid max 1.58",
        "1.57.5; rock-solid=1.57.5",
        &[said],
    );
    chooses_saying(&source, "channel alpha min 1.57 max 1.58", "1.57.5 1.58.10; ", &[said]);
}

#[test]
fn exact_releases_include_the_channels_that_point_to_them() {
    chooses(
        &offer(CHANNELS, TAGS),
        &[
            ("release 1.58.3", "1.58.3; stable=1.58.3"),
            ("release 1.58.2", "1.58.2; "),
            ("release 1.59.0-rc.1", "1.59.0-rc.1; "),
            ("release 1.59.4 release 1.57.4 release 1.59.4", "1.57.4 1.59.4; alpha=1.59.4"),
            ("release 1.61.0", "1.61.0; "),
            ("release 1.58.2 min 1.57", "1.58.2; "),
            ("release 1.58.2 max 1.58", "1.58.2; "),
            ("release 1.58.3 channel alpha", "1.58.3 1.59.4; alpha=1.59.4"),
        ],
    );
    chooses(&offer(&[], TAGS), &[("release 1.58.3", "1.58.3; ")]);
    let untagged = offer(CHANNELS, &[]);
    chooses(&untagged, &[("release 1.58.3", "1.58.3; stable=1.58.3")]);
}

#[test]
fn a_pointed_channel_points_to_the_highest_release() {
    let source = offer(CHANNELS, TAGS);
    let moved = |channel: &str, to: &str, why: &str| {
        format!("channel {channel} points to v{to} in the bundle ({why})")
    };
    chooses_saying(
        &source,
        "max 1.58 point alpha",
        "1.57.5 1.58.3 1.58.10; alpha>1.58.10 stable=1.58.3 rock-solid=1.57.5",
        &[&moved("alpha", "1.58.10", "on the source to v1.59.4")],
    );
    chooses_saying(
        &source,
        "release 1.58.2 point stable",
        "1.58.2; stable>1.58.2",
        &[&moved("stable", "1.58.2", "on the source to v1.58.3")],
    );
    chooses_saying(
        &source,
        "release 1.58.3 point lts",
        "1.58.3; stable=1.58.3 lts>1.58.3",
        &[&moved("lts", "1.58.3", "the source does not have it")],
    );
    let all = format!("1.57.5 1.58.3 1.58.10 1.59.4; {ALL_THREE}");
    chooses(&source, &[("point alpha", &all), ("release 1.58.3 point stable", "1.58.3; stable=1.58.3")]);
    chooses_saying(
        &source,
        "point stable",
        "1.57.5 1.58.3 1.58.10 1.59.4; alpha=1.59.4 stable>1.59.4 rock-solid=1.57.5",
        &[&moved("stable", "1.59.4", "on the source to v1.58.3")],
    );
}

#[test]
fn suspended_channels_are_refused_when_resolved_to() {
    let source = suspend(offer(CHANNELS, TAGS), Channel::Alpha);
    let refused = Err(SelectError::Suspended { channels: vec![Channel::Alpha] });
    for line in [
        "",
        "channel alpha",
        "min 1.57 channel alpha",
        "max 1.59",
        "release 1.59.4 point alpha",
        "release 1.58.3 channel alpha",
    ] {
        assert_eq!(select(&source, &request(line)), refused, "{line}");
        let ignoring = request(&format!("{line} ignore suspend"));
        let selection = select(&source, &ignoring).unwrap();
        assert_eq!(selection.channels[&Channel::Alpha].version().to_string(), "1.59.4", "{line}");
    }
    for (line, expected) in [
        ("channel stable", "1.58.3; stable=1.58.3"),
        ("max 1.58", "1.57.5 1.58.3 1.58.10; stable=1.58.3 rock-solid=1.57.5"),
        ("max 1.58 point alpha", "1.57.5 1.58.3 1.58.10; alpha>1.58.10 stable=1.58.3 rock-solid=1.57.5"),
    ] {
        assert_eq!(shown(&select(&source, &request(line)).unwrap()), expected, "{line}");
    }
    let said = "channel alpha is suspended and is left out (it points to v1.59.4); --ignore-suspend pulls it";
    chooses_saying(&source, "release 1.59.4", "1.59.4; ", &[said]);
    let both = suspend(source, Channel::Stable);
    let error = select(&both, &Request::default()).unwrap_err().to_string();
    assert_eq!(
        error,
        "channel alpha, stable is suspended in the source registry (--ignore-suspend pulls it anyway)"
    );
}

#[test]
fn a_channel_may_point_to_a_prerelease() {
    let channels = [(Channel::RockSolid, "1.58.3"), (Channel::Alpha, "1.59.5-rc.2")];
    chooses(
        &offer(&channels, TAGS),
        &[("", "1.58.3 1.58.10 1.59.4 1.59.5-rc.2; alpha=1.59.5-rc.2 rock-solid=1.58.3")],
    );
}

#[test]
fn only_gaps_on_the_source_are_reported() {
    let channels = [(Channel::RockSolid, "1.55.1"), (Channel::Alpha, "1.60.0")];
    let tags = ["v1.55.1", "v1.56.2", "v1.58.0-rc.1", "v1.60.0"];
    chooses_saying(
        &offer(&channels, &tags),
        "",
        "1.55.1 1.56.2 1.60.0; alpha=1.60.0 rock-solid=1.55.1",
        &["the source has no releases of the minor versions 1.57 to 1.59"],
    );
    chooses(
        &offer(CHANNELS, TAGS),
        &[("channel rock-solid channel alpha", "1.57.5 1.59.4; alpha=1.59.4 rock-solid=1.57.5")],
    );
}

#[test]
fn missing_releases_are_reported_with_the_existing_ones() {
    let source = offer(CHANNELS, TAGS);
    let available = versions(&["1.57.5", "1.58.10", "1.59.4", "1.61.0"]);
    assert_eq!(
        select(&source, &request("release 1.58.4 release 1.58.3 release 1.56.0 release 1.58.4")),
        Err(SelectError::UnknownReleases {
            missing: versions(&["1.56.0", "1.58.4"]),
            available: available.clone()
        })
    );
    assert_eq!(
        select(&source, &request("channel beta channel stable channel lts")),
        Err(SelectError::UnknownChannels {
            missing: vec![Channel::Beta, Channel::Lts],
            available: vec![Channel::Alpha, Channel::Stable, Channel::RockSolid],
        })
    );
    assert_eq!(
        select(&source, &request("max 1.50")),
        Err(SelectError::NothingInRange { available: available.clone() })
    );
    assert_eq!(
        select(&source, &request("max 1.50 min 1.40")),
        Err(SelectError::NothingInRange { available })
    );
    assert_eq!(select(&offer(&[], TAGS), &Request::default()), Err(SelectError::NoChannels));
    assert_eq!(select(&offer(&[], &["v1.58.3"]), &request("channel beta")), Err(SelectError::NoChannels));
    // Only the named channels were looked at, and the list has others.
    assert_eq!(
        select(&offer(&[], &["v1.58.3", "stable"]), &request("channel beta")),
        Err(SelectError::UnknownChannels { missing: vec![Channel::Beta], available: vec![Channel::Stable] })
    );
    let error = select(&offer(&[], &[]), &request("release 1.58.4")).unwrap_err().to_string();
    assert_eq!(error, "the source has no release v1.58.4 (latest patches on the source: none)");
}

#[test]
fn bounds_that_contradict_are_refused() {
    let source = offer(CHANNELS, TAGS);
    for line in ["min 1.58 max 1.57", "min 1.58.3 max 1.58.2", "min 1.58 max 1.57 channel stable"] {
        let error = select(&source, &request(line)).unwrap_err();
        assert!(matches!(error, SelectError::MinAboveMax { .. }), "{line}: {error}");
    }
    let error = select(&source, &request("release 1.59.4 release 1.57.5 max 1.58")).unwrap_err();
    assert_eq!(error.to_string(), "release v1.59.4 is above the maximum version 1.58");
}

#[test]
fn a_chain_has_the_latest_patch_of_each_minor_and_every_target() {
    let source = offer(CHANNELS, TAGS);
    chooses(
        &source,
        &[
            ("from 1.57.5 follow alpha", &format!("1.57.5 1.58.3 1.58.10 1.59.4; {ALL_THREE}")),
            ("from 1.57.4 follow stable", "1.57.5 1.58.3; stable=1.58.3 rock-solid=1.57.5"),
            ("from 1.57.5 to 1.58.2", "1.57.5 1.58.2; rock-solid=1.57.5"),
            (
                "from 1.57.5 to 1.58.2 to 1.58.10",
                "1.57.5 1.58.2 1.58.3 1.58.10; stable=1.58.3 rock-solid=1.57.5",
            ),
            ("from 1.58.3 to 1.59.4", "1.58.3 1.58.10 1.59.4; alpha=1.59.4 stable=1.58.3"),
            // Of the minor that runs, its latest patch too; what runs need not be on the source.
            ("from 1.58.4 to 1.59.4", "1.58.10 1.59.4; alpha=1.59.4"),
            ("from 1.58.11 to 1.59.4", "1.59.4; alpha=1.59.4"),
            // The channel is behind the cluster.
            ("from 1.58.3 follow rock-solid", "1.58.3; stable=1.58.3"),
        ],
    );
}

#[test]
fn a_chain_that_cannot_be_had() {
    let source = offer(CHANNELS, TAGS);
    for (line, said) in [
        ("from 1.59.4 to 1.61.0", "no release of 1.60 between v1.59.4 and v1.61.0"),
        ("from 1.55.1 follow rock-solid", "no release of 1.56 between v1.55.1 and v1.57.5"),
        ("from 1.58.3 to 1.59.9", "the source has no target release v1.59.9"),
        ("from 1.58.3 follow lts", "the source has no channel lts"),
        ("from 1.58.4 follow rock-solid", "no release in the requested range"),
    ] {
        let error = select(&source, &request(line)).unwrap_err().to_string();
        assert!(error.contains(said), "{line}: {error}");
    }
    let gap = "the source has no releases of the minor versions 1.60";
    chooses_saying(&source, "from 1.59.4 to 1.61.0 skip minors", "1.59.4 1.61.0; alpha=1.59.4", &[gap]);

    let suspended = suspend(offer(CHANNELS, TAGS), Channel::Stable);
    let error = select(&suspended, &request("from 1.57.5 follow stable")).unwrap_err().to_string();
    assert!(error.contains("channel stable is suspended"), "{error}");
    let said =
        "channel stable is suspended and is left out (it points to v1.58.3); --ignore-suspend pulls it";
    chooses_saying(&suspended, "from 1.57.5 to 1.58.3", "1.57.5 1.58.3; rock-solid=1.57.5", &[said]);
}
