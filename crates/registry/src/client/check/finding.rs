//! What a check of a registry finds, as values.

use std::{net::IpAddr, time::Duration};

use egress::ServerCertificate;

use super::Product;
use crate::client::{Error, ErrorKind, Refusal};

/// What the registry is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// A push from this machine: reads and writes.
    Push,
    /// A cluster: reads only.
    Cluster,
}

/// What is checked, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The host name has addresses.
    Name,
    /// No search domain gives the name another meaning inside a pod.
    SearchDomains,
    /// Which proxy requests go through.
    Proxy,
    /// Certificate: trust, names, dates.
    Tls,
    /// The clocks of registry and this machine.
    Clock,
    /// `/v2/` is answered by a registry.
    Api,
    /// Which product it is.
    Product,
    /// The authentication scheme.
    Authentication,
    /// Whether the login is accepted.
    Login,
    /// How long a token is valid.
    TokenLifetime,
    /// The path has the depth that the product needs.
    PathDepth,
    /// The project that the path is in exists.
    Project,
    /// Manifests can be read at this path.
    Read,
    /// Tags can be listed at this path.
    ListTags,
    /// Whether it is a proxy cache.
    ProxyCache,
    /// Redirects to storage can be followed from here.
    Storage,
    /// An upload can be opened at this path.
    Write,
    /// The address of an upload can be used from here.
    UploadAddress,
    /// The limit of a request body.
    BodyLimit,
    /// Blobs are mounted instead of uploaded again.
    Mount,
    /// Rules that make tags immutable.
    ImmutableTags,
    /// Quota and free space.
    Quota,
    /// A tag can be overwritten.
    OverwriteTag,
    /// The manifest and artifact types that a push writes are accepted.
    ManifestTypes,
    /// What the write test has written could be deleted.
    Cleanup,
}

/// A result of one check.
#[derive(Debug)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug)]
pub enum Outcome {
    /// As it should be.
    Ok(Fact),
    /// Works, with a drawback.
    Warning(Fact),
    /// Does not work.
    Failure(FailureKind, Fact),
    /// Not known.
    NotChecked(NotChecked),
}

/// What kind of failure it is. The largest of a report decides its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Something in the registry.
    Registry,
    /// The login or a permission.
    Access,
    /// The registry cannot be reached, or something else answers.
    Unreachable,
}

/// Why something was not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChecked {
    /// An earlier check failed.
    AfterFailure,
    /// The proxy resolves the name.
    ProxyResolves,
    /// No login was given.
    NoLogin,
    /// The registry requires no login.
    NoLoginNeeded,
    /// The registry does not show it to this account.
    NotShown,
    /// This product has no such thing, or does not report it.
    NotReported,
    /// Which product it is is not known.
    UnknownProduct,
    /// The repository has no image to test it with.
    NoImage,
    /// The repository had no image to test it with before the write test wrote one.
    NoImageBefore,
    /// It needs `--write-test`.
    NeedsWriteTest,
}

/// What was found.
#[derive(Debug)]
pub enum Fact {
    /// The addresses of the host name.
    Addresses(Vec<IpAddr>),
    /// The name cannot be resolved; the reason.
    NoAddress(String),
    /// The search domains of this machine, none of which resolves the name.
    SearchDomains(Vec<String>),
    /// A name below a search domain that resolves too.
    OtherAddress {
        /// The host name with the search domain.
        name: String,
        /// Its addresses.
        addresses: Vec<IpAddr>,
    },
    /// Requests are sent directly.
    Direct,
    /// Requests go through this proxy (without its login).
    ThroughProxy(String),
    /// The certificate, and how many days it is still valid.
    Certificate(ServerCertificate, i64),
    /// Any certificate is accepted, because the user said so.
    AnyCertificate,
    /// HTTP without TLS.
    PlainHttp,
    /// How far the registry's clock is ahead of the local one, in seconds; negative if it is behind.
    ClockDifference(i64),
    /// `/v2/` is answered by a registry.
    Answers,
    /// The product, and its version if it is shown.
    Product(Product, Option<String>),
    /// A token server.
    Bearer {
        /// `HOST[:PORT]` of the token server.
        host: String,
    },
    /// Login and password in every request.
    Basic,
    /// Nobody needs a login.
    Anonymous,
    /// The login is accepted.
    LoginAccepted,
    /// How long a token is valid.
    TokenLifetime(Duration),
    /// Number of segments of the path.
    PathDepth(usize),
    /// The name of the project that the path is in.
    Project(String),
    /// There is no such project.
    NoProject(String),
    /// It can be done.
    Allowed,
    /// A proxy cache, and the address of its upstream if it is shown.
    ProxyCache(Option<String>),
    /// Not a proxy cache.
    NoProxyCache,
    /// Blobs come from this other host.
    Redirected(String),
    /// Blobs come from the registry itself.
    NotRedirected,
    /// The host of an upload's address, if it is another one.
    UploadHost(Option<String>),
    /// Limits of a request body.
    BodyLimit(BodyLimit),
    /// The blob was mounted.
    Mounted,
    /// The registry requires an upload instead of a mount.
    NotMounted,
    /// A tag that was overwritten still points to the previous image.
    OldTag,
    /// Rules of the project that make tags immutable; their number.
    ImmutableRules(usize),
    /// Quota and use of the project in bytes; no quota if there is no limit.
    Quota {
        /// The quota.
        limit: Option<u64>,
        /// How much is used.
        used: u64,
    },
    /// The manifest types that are accepted.
    Accepted(Vec<TestManifest>),
    /// A manifest type that is not accepted, and the registry's reason.
    NotAccepted(TestManifest, String),
    /// Everything that was written is deleted.
    Deleted,
    /// What could not be deleted.
    NotDeleted(Leftover, Error),
    /// The error of the client.
    Error(Error),
}

/// Limits of a request body, in bytes, as announced requests showed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit {
    /// The largest size that was not refused.
    pub accepted: Option<u64>,
    /// The smallest size that was refused.
    pub refused: Option<u64>,
}

/// A manifest of the write test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestManifest {
    /// An image as Docker writes it.
    DockerImage,
    /// An OCI image.
    OciImage,
    /// An OCI index.
    OciIndex,
    /// An OCI artifact whose config has a type that the registry does not know, such as an attestation.
    Artifact,
}

/// What a write test left in the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// The test image, under this name.
    Image(String),
    /// A blob that no image uses, with this name.
    Blob(String),
}

/// Everything that was found.
#[derive(Debug)]
pub struct Report {
    /// The product, if two signs agree.
    pub product: Option<Product>,
    /// The findings, in the order of [`Check`].
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst failure.
    pub fn worst(&self) -> Option<FailureKind> {
        self.findings.iter().filter_map(|finding| finding.outcome.failure()).max()
    }

    pub(super) fn add(&mut self, check: Check, outcome: Outcome) {
        self.findings.push(Finding { check, outcome });
    }

    /// Adds what made `check` fail. A quota or a full disk is no finding about `check`, but about the quota.
    pub(super) fn add_failure(&mut self, check: Check, error: Error) {
        let is_space =
            matches!(error.kind(), ErrorKind::Refused { reason: Refusal::Quota | Refusal::NoSpace, .. });
        if !is_space {
            self.add(check, Outcome::of_error(error));
            return;
        }
        self.add(check, Outcome::NotChecked(NotChecked::AfterFailure));
        self.findings.retain(|finding| finding.check != Check::Quota);
        self.add(Check::Quota, Outcome::of_error(error));
    }
}

impl Outcome {
    /// The failure of an operation of the client.
    pub(super) fn of_error(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Network(_) | ErrorKind::NotARegistry { .. } => FailureKind::Unreachable,
            ErrorKind::Unauthorized { .. }
            | ErrorKind::Denied { .. }
            | ErrorKind::FreshTokenRefused { .. } => FailureKind::Access,
            _ => FailureKind::Registry,
        };
        Self::Failure(kind, Fact::Error(error))
    }

    /// The kind of failure, if it is one.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Failure(kind, _) => Some(*kind),
            _ => None,
        }
    }

    /// Whether it is as it should be.
    pub(super) fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }
}
