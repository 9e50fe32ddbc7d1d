//! Why a request cannot be satisfied.

use semver::Version;

use crate::{
    channel::Channel,
    notice::MinorGap,
    version::{Bound, tag_of},
};

/// Why a request cannot be satisfied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The source has no release channel at all, so there is no range to choose from.
    #[error("the source has no release channels")]
    NoChannels,
    /// Named channels are missing.
    #[error("the source has no channel {} (it has: {})", list(missing), list(available))]
    UnknownChannels {
        /// The requested channels that are missing.
        missing: Vec<Channel>,
        /// The channels that the source has.
        available: Vec<Channel>,
    },
    /// Exact releases are missing.
    #[error(
        "the source has no release {} (latest patches on the source: {})",
        tags(missing),
        tags(available)
    )]
    UnknownReleases {
        /// The requested releases that are missing.
        missing: Vec<Version>,
        /// The latest patch of each minor that the source has, ascending.
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
        "the source has no release in the requested range (latest patches on the source: {})",
        tags(available)
    )]
    NothingInRange {
        /// The latest patch of each minor that the source has, ascending.
        available: Vec<Version>,
    },
    /// Targets of a chain are missing.
    #[error(
        "the source has no target release {} (latest patches on the source: {})",
        tags(missing),
        tags(available)
    )]
    MissingTargets {
        /// The targets that are missing.
        missing: Vec<Version>,
        /// The latest patch of each minor that the source has, ascending.
        available: Vec<Version>,
    },
    /// A chain of updates has a hole. A cluster cannot skip a minor.
    #[error(
        "the source has no release of {} between v{from} and v{to}, and a cluster cannot skip a minor version",
        minors(gaps)
    )]
    MissingMinors {
        /// The first release of the chain.
        from: Version,
        /// Its last release.
        to: Version,
        /// The minors that are missing, ascending; never empty.
        gaps: Vec<MinorGap>,
    },
    /// Versions are queried one by one, and the source seems to have all of them.
    #[error(
        "{asked} versions were queried without reaching the last one; the next one would be {}",
        tag_of(next)
    )]
    EndlessSearch {
        /// How many versions were queried.
        asked: usize,
        /// The next one.
        next: Version,
    },
    /// The request resolves to suspended channels.
    #[error(
        "channel {} is suspended in the source registry (--ignore-suspend pulls it anyway)",
        list(channels)
    )]
    Suspended {
        /// The channels.
        channels: Vec<Channel>,
    },
}

fn list(channels: &[Channel]) -> String {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn minors(gaps: &[MinorGap]) -> String {
    gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn tags(versions: &[Version]) -> String {
    let tags: Vec<String> = versions.iter().map(tag_of).collect();
    if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
}
