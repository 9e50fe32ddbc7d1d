//! Image registries: access to them, and which releases they contain.

use foreign_text::ForeignText;
use semver::Version;

/// A fact about an image registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegistryFact {
    /// It refuses the cluster's login.
    LoginRefused {
        /// `HOST[:PORT]/PATH`.
        repo: String,
        /// The registry's answer.
        message: ForeignText,
    },
    /// Its certificate is not trusted with the CA that the cluster has for it.
    Untrusted {
        /// `HOST[:PORT]/PATH`.
        repo: String,
        /// The reason.
        message: ForeignText,
    },
    /// The login may not list the tags of `release-channel`.
    TagsDenied {
        /// `HOST[:PORT]/PATH`.
        repo: String,
        /// The registry's answer.
        message: ForeignText,
    },
    /// It has no repository `release-channel`.
    NoReleaseChannels {
        /// `HOST[:PORT]/PATH`.
        repo: String,
    },
    /// Its repository `release-channel` has no tag of a release.
    NoReleaseTags {
        /// `HOST[:PORT]/PATH`.
        repo: String,
    },
    /// It returns these releases of `release-channel` by name, but does not list their tags: it is a proxy cache.
    TagsIncomplete {
        /// The releases.
        unlisted: Vec<Version>,
    },
    /// The platform reports that it cannot access it.
    NoAccess {
        /// `HOST[:PORT]/PATH`.
        repo: String,
        /// The error in the platform's log.
        error: Option<ForeignText>,
        /// What the registry answered to this program.
        from_here: FromHere,
    },
    /// A proxy is configured, and the registry is not in `proxy.noProxy`.
    NotInNoProxy {
        /// The registry's host.
        host: String,
    },
    /// The module `registry` switches to another mode, or to other settings of its mode.
    Switching {
        /// The mode.
        target: String,
        /// The condition that the switch waits for, and its message.
        waits_for: Option<(String, ForeignText)>,
    },
    /// Minor versions between the deployed release and the release channel are missing.
    MinorsMissing {
        /// `HOST[:PORT]/PATH`.
        repo: String,
        /// The missing minor versions, as (major, minor).
        minors: Vec<(u64, u64)>,
        /// The deployed release.
        deployed: Version,
        /// The release that the channel points to.
        channel: Version,
    },
    /// Images of releases are missing.
    ImagesMissing {
        /// The images, with their tags.
        images: Vec<String>,
    },
    /// It cannot return everything of a release that the cluster needs.
    ReleaseIncomplete {
        /// The release.
        release: Version,
        /// What is missing, each with its reason and the images that need it.
        objects: Vec<ForeignText>,
        /// How many more objects are missing.
        more: usize,
    },
    /// The images of a release were to be checked in it, and it could not be read.
    ImagesNotChecked {
        /// The release.
        release: Version,
        /// Why.
        why: ForeignText,
    },
    /// It, or the bundle, has another edition of the platform than the cluster runs.
    OtherEdition {
        /// Its edition.
        found: String,
        /// That of the cluster.
        cluster: String,
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

/// How the registry answered to this program, which uses the cluster's login from another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FromHere {
    /// It accepts the login.
    Accepted,
    /// It refuses the login.
    Refused,
    /// Its certificate is not trusted.
    Untrusted,
    /// It was not asked.
    NotAsked,
}
