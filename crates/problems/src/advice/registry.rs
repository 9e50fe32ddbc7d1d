//! Steps about the registry.

use semver::Version;

/// What a bundle has to contain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Contents {
    /// A release.
    Release(Version),
    /// An image.
    Image(String),
    /// The deployed release, whose version is not known.
    DeployedRelease,
    /// The releases from the deployed one, if it is known, up to what the release channel points to.
    Channel(Option<Version>),
    /// A release channel that points to a newer release than the deployed one, and the releases from there on.
    NewerChannel {
        /// The deployed release.
        deployed: Version,
    },
    /// Modules.
    Modules,
}

/// A step about the contents of the registry, or about access to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegistryAdvice {
    /// Pull a bundle with this. Outside.
    Pull(Contents),
    /// Check that the path in the Secret is the one that the bundle was pushed to.
    CheckPath,
    /// Request the releases from this minor version on through a proxy cache, which lists them afterwards.
    CacheReleases {
        /// The proxy cache, `HOST[:PORT]/PATH`.
        registry: String,
        /// The major version.
        major: u64,
        /// The minor version.
        minor: u64,
    },
    /// Check the upstream of a proxy cache.
    CheckUpstream,
    /// Run this program where it reaches the registry.
    CheckWhereReachable,
    /// Leave the check of the images out.
    SkipImageCheck,
    /// Pull a bundle of this edition. Outside.
    PullEdition {
        /// The edition.
        edition: String,
    },
    /// If the change of edition is meant, say so with `--allow-edition-change`.
    AllowEditionChange,
    /// Let the login list tags.
    AllowListing,
    /// Let the cluster's login read a repository.
    AllowReading,
    /// Check login and CA in the Secret, DNS and `proxy.noProxy`.
    CheckAccess,
}
