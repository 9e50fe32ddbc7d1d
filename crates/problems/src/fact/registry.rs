//! An image registry, as far as it concerns releases.

use semver::Version;

/// What is so of an image registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegistryFact {
    /// Images of releases are missing.
    ImagesMissing {
        /// The images, with their tags.
        images: Vec<String>,
    },
    /// The image of the release channel that the cluster follows is missing.
    ChannelMissing {
        /// The image.
        image: String,
    },
    /// The release channel is suspended: its vendor holds the release back.
    ChannelSuspended {
        /// The image of the channel.
        image: String,
        /// The release that it points to.
        version: Version,
    },
    /// The release channel points to a release that is too low.
    ChannelTooLow {
        /// The image of the channel.
        image: String,
        /// The release that it points to.
        version: Version,
        /// The release that is wanted; `None`: all known releases are above the channel.
        wanted: Option<Version>,
    },
}
