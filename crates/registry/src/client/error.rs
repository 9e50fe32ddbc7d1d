//! Why something asked of a registry did not happen: what was asked, of what, and the cause.

use std::{fmt, io, sync::Arc, time::Duration};

use egress::NetworkFault;
use oci::Digest;

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
    token_server: Option<String>,
    kind: ErrorKind,
    attempts: u32,
    elapsed: Duration,
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
    /// What we may do was refused (403).
    Denied {
        /// The registry's own words; may be empty.
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
    /// The registry's copy is no manifest that can be carried.
    BadManifest {
        /// What is wrong with it.
        reason: String,
    },
    /// Something is larger than its limit.
    TooLarge {
        /// Whose limit and how large; in words.
        limit: String,
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

/// A cause together with what only the retry loop needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    /// The wait that the server asks for.
    pub(crate) retry_after: Option<Duration>,
    /// The token server at which it happened, if it was not the registry.
    pub(crate) token_server: Option<String>,
}

impl Error {
    pub(crate) fn new(
        operation: &'static str,
        object: String,
        fault: Fault,
        attempts: u32,
        elapsed: Duration,
    ) -> Self {
        Self(Box::new(Inner {
            operation,
            object,
            token_server: fault.token_server,
            kind: fault.kind,
            attempts,
            elapsed,
        }))
    }

    /// The cause.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The repository, manifest or blob that the operation was about, with its host.
    pub fn object(&self) -> &str {
        &self.0.object
    }

    /// Whether what was asked for is certainly not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound { .. })
    }

    /// What the user could do about it, one sentence each.
    pub fn hints(&self) -> Vec<String> {
        let text = match &self.0.kind {
            ErrorKind::Network(fault) => return fault.hints(),
            // Of Go's server (docker-registry); nginx answers with a page of much the same words.
            ErrorKind::Server { message, .. } | ErrorKind::NotARegistry { answer: message }
                if speaks_https(message) =>
            {
                "the registry is served by HTTPS: leave out --insecure"
            }
            ErrorKind::Server { status: 400, message, .. }
                if message.contains("repository name") && is_one_segment(&self.0.object) =>
            {
                "this registry wants a path of two segments or more, as Harbor does: HOST/PROJECT/REPOSITORY"
            }
            ErrorKind::Unauthorized { with_credentials: true, .. } => {
                "check the login and password: they were sent and refused"
            }
            ErrorKind::Unauthorized { with_credentials: false, .. } => {
                "the registry requires a login, and none was given for it"
            }
            ErrorKind::Denied { .. } => {
                // Harbor says so to a robot's wrong secret too, as to anyone without an account.
                "the account may not do this; check its rights, that the project or repository exists, and the login \
                 and password"
            }
            ErrorKind::RateLimited { .. } => "try again later, or with fewer parallel transfers",
            ErrorKind::UpstreamNotAsked { .. } => {
                "see that the proxy cache reaches its upstream (in Harbor: Registries), and run again; \
                 a registry that is not a proxy cache is read without --proxy-registry"
            }
            ErrorKind::NotARegistry { .. } => {
                "check the address and port: they should be those of a container registry, not of its web page"
            }
            ErrorKind::TooLarge { .. } => {
                "raise the body size limit of the registry or of the proxy before it"
            }
            ErrorKind::SourceMismatch { .. } => "the local copy is damaged; fetch it again",
            _ => return Vec::new(),
        };
        vec![text.to_owned()]
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "cannot {} {}: ", inner.operation, inner.object)?;
        if let Some(host) = &inner.token_server {
            write!(f, "token server {host}: ")?;
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
            Self::Denied { message } => with_words(f, "access is denied", message),
            Self::RateLimited { message } => with_words(f, "too many requests", message),
            Self::Network(fault) => fault.fmt(f),
            Self::UpstreamNotAsked { message } => with_words(
                f,
                "the proxy cache does not have it, and does not tell whether its upstream has",
                message,
            ),
            Self::NotARegistry { answer } => write!(f, "this is not a container registry: {answer}"),
            Self::DigestMismatch { expected, actual } => {
                write!(f, "the content has digest {actual} instead of {expected}")
            }
            Self::SizeMismatch { expected, actual } => {
                write!(f, "the content has {actual} bytes instead of {expected}")
            }
            Self::TooLarge { limit } => write!(f, "too large: {limit}"),
            Self::SourceMismatch { actual } => {
                write!(f, "the bytes to upload are damaged, their digest is {actual}")
            }
            Self::Source(error) => write!(f, "the bytes to upload cannot be read: {error}"),
            Self::Protocol(what) | Self::BadManifest { reason: what } => f.write_str(what),
            Self::Server { status, code, message } => {
                write!(f, "the registry answered {status}")?;
                match (code.is_empty(), message.is_empty()) {
                    (true, true) => Ok(()),
                    (false, false) => write!(f, " ({code}: {message})"),
                    _ => write!(f, " ({code}{message})"),
                }
            }
        }
    }
}

/// Whether a server says that it got plain HTTP where it speaks TLS.
fn speaks_https(answer: &str) -> bool {
    let answer = answer.to_ascii_lowercase();
    answer.contains("http request") && answer.contains("https")
}

/// Whether the path of a repository is one segment: `HOST/NAME`, with or without a tag or digest.
fn is_one_segment(object: &str) -> bool {
    object.split_once('/').is_some_and(|(_, path)| !path.contains('/'))
}

impl ErrorKind {
    /// Whether trying again may help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Network(fault) => fault.is_transient(),
            Self::RateLimited { .. } | Self::UpstreamNotAsked { .. } => true,
            // 501 and 505 are about what was asked, not about the moment.
            Self::Server { status, .. } => {
                matches!(status, 408 | 425) || (*status >= 500 && !matches!(status, 501 | 505))
            }
            _ => false,
        }
    }

    /// Whether this is a sign that the registry or the link is pressed too hard.
    pub(crate) fn is_congestion(&self) -> bool {
        match self {
            Self::Network(fault) => fault.is_transient(),
            Self::RateLimited { .. } => true,
            Self::Server { status, .. } => *status == 503,
            _ => false,
        }
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

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, retry_after: None, token_server: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_of_what_why_and_how_often() {
        let fault = Fault {
            token_server: Some("auth.example".to_owned()),
            ..ErrorKind::Server { status: 500, code: "UNKNOWN".to_owned(), message: "boom".to_owned() }.into()
        };
        let elapsed = Duration::from_millis(3210);
        let error = Error::new("read manifest", "r/a:v1".to_owned(), fault, 4, elapsed);
        assert_eq!(
            error.to_string(),
            "cannot read manifest r/a:v1: token server auth.example: the registry answered 500 (UNKNOWN: boom) \
             (after 4 attempts in 3.2 s)"
        );
        let fault = ErrorKind::NotFound { what: Missing::Blob, message: String::new() }.into();
        let error = Error::new("read blob", "r/a@x".to_owned(), fault, 1, elapsed);
        assert_eq!(error.to_string(), "cannot read blob r/a@x: the registry does not have this blob");
        assert!(error.is_not_found());
    }

    #[test]
    fn plain_http_to_a_server_of_https_gets_a_hint() {
        let server = |message: &str| ErrorKind::Server {
            status: 400,
            code: String::new(),
            message: message.to_owned(),
        };
        let page =
            "status 400 with a body of type text/html: 400 The plain HTTP request was sent to HTTPS port";
        for (kind, hinted) in [
            (server("Client sent an HTTP request to an HTTPS server."), true),
            (ErrorKind::NotARegistry { answer: page.to_owned() }, true),
            (server("bad request"), false),
        ] {
            let error = Error::new("list tags of", "r/a".to_owned(), kind.into(), 1, Duration::ZERO);
            assert_eq!(error.hints().join(" ").contains("--insecure"), hinted, "{error}");
        }
    }

    #[test]
    fn a_path_that_harbor_cannot_have_gets_a_hint() {
        let kind = ErrorKind::Server {
            status: 400,
            code: "BAD_REQUEST".to_owned(),
            message: "bad request: invalid repository name: dkp".to_owned(),
        };
        for (object, hinted) in [
            ("r:80/dkp", true),
            ("r:80/dkp:v1", true),
            ("r:80/dkp@sha256:0a", true),
            ("r:80/dkp/ee@sha256:0a", false),
        ] {
            let error = Error::new("list tags of", object.to_owned(), kind.clone().into(), 1, Duration::ZERO);
            assert_eq!(error.hints().join(" ").contains("HOST/PROJECT/REPOSITORY"), hinted, "{error}");
        }
    }

    #[test]
    fn only_moments_are_tried_again() {
        let server = |status| ErrorKind::Server { status, code: String::new(), message: String::new() };
        for (status, transient) in [(500, true), (503, true), (501, false), (400, false), (408, true)] {
            assert_eq!(server(status).is_transient(), transient, "{status}");
        }
        let limited = ErrorKind::RateLimited { message: String::new() };
        assert!(limited.is_transient() && limited.is_congestion());
        assert!(!server(500).is_congestion() && server(503).is_congestion());
    }
}
