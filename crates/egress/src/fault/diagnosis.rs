//! The properties of a fault.

use crate::trust::ServerCertificate;

/// The kinds of faults that callers handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A host name cannot be resolved.
    Dns,
    /// No connection: refused, unreachable, or not in time.
    Connect,
    /// The proxy refuses, requires a login, or cannot be reached.
    Proxy,
    /// TLS: certificates, versions, or no TLS at all on the other side.
    Tls,
    /// No byte for too long.
    Timeout,
    /// The connection broke in the middle: reset, or closed before the end.
    Interrupted,
    /// Anything else, such as an answer that is not HTTP.
    Other,
}

/// Everything that is known about a fault.
#[derive(Debug, Clone)]
pub(super) struct Diagnosis {
    pub(super) kind: FaultKind,
    pub(super) transient: bool,
    /// The request never reached the other side.
    pub(super) unsent: bool,
    pub(super) attempts_limit: Option<u32>,
    pub(super) what: String,
    pub(super) hints: Vec<String>,
    pub(super) certificate: Option<ServerCertificate>,
}

impl Diagnosis {
    pub(super) fn new(kind: FaultKind, transient: bool, what: String) -> Self {
        Self {
            kind,
            transient,
            unsent: false,
            attempts_limit: None,
            what,
            hints: Vec::new(),
            certificate: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
