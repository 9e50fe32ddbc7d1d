//! The tag of the release channel in the registry.

use foreign_text::ForeignText;
use semver::Version;

/// A fact about the release channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ChannelFact {
    /// Its tag is missing in the registry.
    TagMissing {
        /// The image of the channel, `REPOSITORY:TAG`.
        image: String,
    },
    /// The cluster's login may not read its tag.
    TagDenied {
        /// The image of the channel.
        image: String,
        /// The registry's answer.
        message: ForeignText,
    },
    /// The vendor has suspended the release that it points to.
    Suspended {
        /// The image of the channel.
        image: String,
        /// The release.
        version: Version,
    },
    /// It points to the deployed release, and no release is waiting.
    Reached {
        /// The image of the channel.
        image: String,
        /// The release.
        version: Version,
    },
    /// It points to a release that is older than the deployed one.
    Behind {
        /// The image of the channel.
        image: String,
        /// The release that it points to.
        version: Version,
        /// The deployed release.
        deployed: Version,
    },
    /// It points to a newer release, and no release is waiting in the cluster.
    ReleaseNotCreated {
        /// The image of the channel.
        image: String,
        /// The release that it points to.
        version: Version,
    },
}
