//! Why an operation on a registry did not succeed: what was requested, of what, and the cause.

use std::{fmt, io, sync::Arc, time::Duration};

use egress::NetworkFault;
use oci::Digest;
use tokio::time::Instant;

/// A failed operation on a registry.
///
/// Displays as `cannot OPERATION OBJECT: CAUSE`, followed by the number of attempts if there was more
/// than one. Text that came from a server is shortened and free of control characters.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    operation: &'static str,
    object: String,
    other_host: Option<OtherHost>,
    kind: ErrorKind,
    attempts: u32,
    elapsed: Duration,
    isolated: bool,
}

/// What a registry says it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A manifest, by tag or digest.
    Manifest,
    /// A blob.
    Blob,
    /// A whole repository.
    Repository,
}

/// Why a registry does not accept an upload from anyone, or not this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The quota of the project is used up.
    Quota,
    /// The registry is read-only at present: garbage collection, a failover, maintenance.
    ReadOnly,
    /// The tag exists and may not be overwritten.
    ImmutableTag,
    /// The storage of the registry is full.
    NoSpace,
    /// The registry is a proxy cache, which is filled by pulls only.
    ProxyCache,
    /// The media type of the manifest or of the artifact is not accepted.
    UnsupportedType,
    /// The registry has no uploads at this address.
    MethodNotAllowed,
    /// The registry allows no deletions.
    DeletionDisabled,
    /// A rule for immutable tags forbids the deletion of this tag.
    ProtectedTag,
    /// An index contains the manifest that is to be deleted.
    InIndex,
}

/// The cause of an [`Error`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It is certainly not there: status 404 from what is certainly a registry.
    NotFound {
        /// What is missing.
        what: Missing,
        /// The registry's code and words; may be empty.
        message: String,
    },
    /// Who we are was refused (401), by the registry or by its token server.
    Unauthorized {
        /// The host's own words; may be empty.
        message: String,
        /// Whether credentials were shown at all.
        with_credentials: bool,
    },
    /// A token that its server had just issued was refused, again and again.
    FreshTokenRefused {
        /// The registry's own words; may be empty.
        message: String,
    },
    /// What we may do was refused (401 or 403).
    Denied {
        /// The registry's own words; may be empty.
        message: String,
    },
    /// An upload was refused for a reason that is not the login.
    Refused {
        /// The reason.
        reason: Refusal,
        /// HTTP status.
        status: u16,
        /// The registry's own words; may be empty.
        message: String,
    },
    /// The registry does not know an upload that it has opened, or not the state of it that it sent us.
    UploadLost {
        /// The registry's own words.
        message: String,
    },
    /// Too many requests (429), and waiting did not help.
    RateLimited {
        /// The registry's own words; may be empty.
        message: String,
    },
    /// No answer came, or it broke off.
    Network(NetworkFault),
    /// Something answered, but not as a registry does.
    NotARegistry {
        /// What came instead.
        answer: String,
    },
    /// A proxy cache has not got it itself, and does not say what its upstream has.
    UpstreamNotAsked {
        /// The cache's own words.
        message: String,
    },
    /// Bytes that came do not have the digest that they were asked for by.
    DigestMismatch {
        /// The digest asked for.
        expected: Box<Digest>,
        /// The digest of what came.
        actual: Box<Digest>,
    },
    /// The registry's copy has another size than the manifest says.
    SizeMismatch {
        /// Size in bytes by the manifest.
        expected: u64,
        /// Size in bytes of what came or was announced.
        actual: u64,
    },
    /// The registry announces the blob and does not send all of its bytes.
    Truncated,
    /// The registry's copy is not a manifest that can be copied.
    BadManifest {
        /// What is wrong with it.
        reason: String,
    },
    /// The registry, or a proxy before it, takes no request of this size.
    TooLarge {
        /// The limit, in words.
        limit: String,
    },
    /// An answer is larger than this program reads.
    OverLimit {
        /// What is too large, and the limit; in words.
        what: String,
    },
    /// The bytes to upload do not have the digest that they are to be uploaded by. Nothing was committed.
    SourceMismatch {
        /// The digest that the bytes have.
        actual: Box<Digest>,
    },
    /// The bytes to upload cannot be read.
    Source(Arc<io::Error>),
    /// An answer that breaks the protocol.
    Protocol(String),
    /// Any other answer that means failure.
    Server {
        /// HTTP status.
        status: u16,
        /// The code of the error document; may be empty.
        code: String,
        /// The registry's own words; may be empty.
        message: String,
    },
}

/// Another host that a registry sent a request to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherHost {
    /// Its token server.
    TokenServer {
        /// `HOST[:PORT]`.
        host: String,
    },
    /// Where it redirects requests to, such as object storage.
    Redirect {
        /// `HOST[:PORT]`.
        host: String,
    },
    /// Where it says that an upload is (`Location`).
    Upload {
        /// Scheme, host and port.
        origin: String,
    },
}

/// A cause together with what only the retries need to know.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    /// The wait that the server asks for.
    pub(crate) retry_after: Option<Duration>,
    /// When the request was sent.
    pub(crate) sent: Option<Instant>,
    /// The host at which it happened, if it was not the registry.
    pub(crate) other_host: Option<OtherHost>,
}

impl Error {
    pub(crate) fn new(
        operation: &'static str,
        object: String,
        fault: Fault,
        attempts: u32,
        elapsed: Duration,
    ) -> Self {
        let Fault { kind, other_host, .. } = fault;
        Self(Box::new(Inner { operation, object, other_host, kind, attempts, elapsed, isolated: false }))
    }

    pub(crate) fn isolated(mut self, isolated: bool) -> Self {
        self.0.isolated = isolated;
        self
    }

    /// The cause.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The repository, manifest or blob that the operation was about, with its host.
    pub fn object(&self) -> &str {
        &self.0.object
    }

    /// The host at which it happened, if the registry sent us to another one.
    pub fn other_host(&self) -> Option<&OtherHost> {
        self.0.other_host.as_ref()
    }

    /// Whether what was asked for is certainly not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound { .. })
    }

    /// Whether access was refused to an account that is known, or to one that gave no login.
    pub fn is_refused_access(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Denied { .. } | ErrorKind::Unauthorized { .. })
            && !matches!(self.0.other_host, Some(OtherHost::TokenServer { .. }))
    }

    /// Whether the registry failed for this object only: every attempt failed, while requests for other objects
    /// succeeded. The object is unreadable then, and not the registry unreachable.
    pub fn is_isolated(&self) -> bool {
        self.0.isolated
    }

    /// Whether the registry announced the object and did not send its bytes.
    pub fn is_truncated(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Truncated)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "cannot {} {}: ", inner.operation, inner.object)?;
        let registry = inner.object.split('/').next().unwrap_or_default();
        match &inner.other_host {
            Some(OtherHost::TokenServer { host }) => write!(f, "token server {host}: ")?,
            Some(OtherHost::Redirect { host }) => write!(f, "{registry} redirects to {host}: ")?,
            Some(OtherHost::Upload { origin }) => {
                write!(f, "{registry} sends the upload to {origin} (Location header): ")?;
            }
            None => {}
        }
        write!(f, "{}", inner.kind)?;
        if inner.attempts > 1 {
            let seconds = inner.elapsed.as_secs_f64();
            write!(f, " (after {} attempts in {seconds:.1} s)", inner.attempts)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Source(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_words = |f: &mut fmt::Formatter<'_>, reason: &str, words: &str| {
            if words.is_empty() { f.write_str(reason) } else { write!(f, "{reason} ({words})") }
        };
        match self {
            Self::NotFound { what, message } => with_words(f, what.reason(), message),
            Self::Unauthorized { message, with_credentials } => {
                let reason = if *with_credentials {
                    "the credentials were refused"
                } else {
                    "authentication is required"
                };
                with_words(f, reason, message)
            }
            Self::FreshTokenRefused { message } => {
                with_words(f, "the registry refuses a token that its token server has just issued", message)
            }
            Self::Denied { message } => with_words(f, "access is denied", message),
            Self::Refused { reason, status, message } => {
                let separator = if message.is_empty() { "" } else { " " };
                write!(f, "{} ({status}{separator}{message})", reason.text())
            }
            Self::UploadLost { message } => with_words(f, "the registry lost the upload", message),
            Self::RateLimited { message } => with_words(f, "too many requests", message),
            Self::Network(fault) => fault.fmt(f),
            Self::UpstreamNotAsked { message } => with_words(
                f,
                "the proxy cache does not have it and does not report whether its upstream has it",
                message,
            ),
            Self::NotARegistry { answer } => {
                write!(f, "the response is not from a container registry: {answer}")
            }
            Self::DigestMismatch { expected, actual } => {
                write!(f, "the content has the digest {actual} instead of {expected}")
            }
            Self::SizeMismatch { expected, actual } => {
                write!(f, "the content has {actual} bytes instead of {expected}")
            }
            Self::Truncated => f.write_str("the registry does not send all of its bytes"),
            Self::TooLarge { limit } => write!(f, "too large: {limit}"),
            Self::SourceMismatch { actual } => {
                write!(f, "the bytes to upload are damaged, their digest is {actual}")
            }
            Self::Source(error) => write!(f, "the bytes to upload cannot be read: {error}"),
            Self::OverLimit { what } | Self::Protocol(what) | Self::BadManifest { reason: what } => {
                f.write_str(what)
            }
            Self::Server { status, code, message } => {
                write!(f, "the registry returned {status}")?;
                match (code.is_empty(), message.is_empty()) {
                    (true, true) => Ok(()),
                    (false, false) => write!(f, " ({code}: {message})"),
                    _ => write!(f, " ({code}{message})"),
                }
            }
        }
    }
}

impl ErrorKind {
    /// Whether the object is certainly not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether a retry may help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Network(fault) => fault.is_transient(),
            Self::RateLimited { .. } | Self::UpstreamNotAsked { .. } | Self::Truncated => true,
            Self::Refused { reason, .. } => *reason == Refusal::ReadOnly,
            // 501 and 505 are about what was asked, not about the moment.
            Self::Server { status, .. } => {
                matches!(status, 408 | 425) || (*status >= 500 && !matches!(status, 501 | 505))
            }
            _ => false,
        }
    }

    /// Whether this is a sign that the registry or the network is overloaded.
    pub(crate) fn is_congestion(&self) -> bool {
        match self {
            Self::Network(fault) => fault.is_transient() && !fault.is_unsent(),
            Self::RateLimited { .. } => true,
            Self::Server { status, .. } => *status == 503,
            _ => false,
        }
    }

    /// Whether the registry may fail like this for one object, and not for others.
    pub(crate) fn may_be_about_one_object(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Server { .. } | Self::Truncated | Self::SizeMismatch { .. })
            && (self.is_transient() || matches!(self, Self::SizeMismatch { .. }))
    }
}

impl Missing {
    fn reason(self) -> &'static str {
        match self {
            Self::Manifest => "the registry does not have this manifest",
            Self::Blob => "the registry does not have this blob",
            Self::Repository => "the registry does not have this repository",
        }
    }
}

impl Refusal {
    fn text(self) -> &'static str {
        match self {
            Self::Quota => "the storage quota is exceeded",
            Self::ReadOnly => "the registry is read-only",
            Self::ImmutableTag => "the registry refuses to overwrite this tag",
            Self::ProtectedTag => "a rule for immutable tags forbids the deletion",
            Self::InIndex => "an index in this repository contains this manifest",
            Self::NoSpace => "the registry has no space left",
            Self::ProxyCache => "the registry or project is a proxy cache and accepts no uploads",
            Self::UnsupportedType => "the registry does not accept this media type",
            Self::MethodNotAllowed => "the registry does not accept uploads here",
            Self::DeletionDisabled => "the registry does not allow deletions",
        }
    }
}

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, retry_after: None, sent: None, other_host: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_of_what_why_and_how_often() {
        let server =
            |status| ErrorKind::Server { status, code: "UNKNOWN".to_owned(), message: "boom".to_owned() };
        let at = |other_host| Fault { other_host: Some(other_host), ..server(500).into() };
        let elapsed = Duration::from_millis(3210);
        for (fault, attempts, expected) in [
            (
                at(OtherHost::TokenServer { host: "auth.example".to_owned() }),
                4,
                "cannot read manifest r/a:v1: token server auth.example: the registry returned 500 (UNKNOWN: boom) \
                 (after 4 attempts in 3.2 s)",
            ),
            (
                at(OtherHost::Redirect { host: "s3:9000".to_owned() }),
                1,
                "cannot read manifest r/a:v1: r redirects to s3:9000: the registry returned 500 (UNKNOWN: boom)",
            ),
            (
                ErrorKind::NotFound { what: Missing::Manifest, message: String::new() }.into(),
                1,
                "cannot read manifest r/a:v1: the registry does not have this manifest",
            ),
            (
                ErrorKind::Refused {
                    reason: Refusal::Quota,
                    status: 403,
                    message: "DENIED: 1 MiB".to_owned(),
                }
                .into(),
                1,
                "cannot read manifest r/a:v1: the storage quota is exceeded (403 DENIED: 1 MiB)",
            ),
        ] {
            let error = Error::new("read manifest", "r/a:v1".to_owned(), fault, attempts, elapsed);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn what_is_worth_a_retry() {
        let server = |status| ErrorKind::Server { status, code: String::new(), message: String::new() };
        for (status, transient) in [(500, true), (503, true), (501, false), (400, false), (408, true)] {
            assert_eq!(server(status).is_transient(), transient, "{status}");
        }
        let limited = ErrorKind::RateLimited { message: String::new() };
        assert!(limited.is_transient() && limited.is_congestion());
        assert!(!server(500).is_congestion() && server(503).is_congestion());
    }
}
