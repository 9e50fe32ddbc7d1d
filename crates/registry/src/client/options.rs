//! How a client is to behave.

use std::path::PathBuf;

use egress::RetryPolicy;

use crate::credentials::Credentials;

/// Bulk transfers at the same time if nothing else is set.
const DEFAULT_PARALLEL: usize = 16;
/// Small requests at the same time if nothing else is set.
const DEFAULT_METADATA: usize = 64;

/// Settings of one [`Client`](super::Client).
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Speak HTTP without TLS.
    pub plain_http: bool,
    /// What to show if the registry asks; without, tokens are asked for anonymously.
    pub credentials: Option<Credentials>,
    /// The most bulk transfers at the same time. Default: 16. Fewer run while the network is congested.
    pub parallel: usize,
    /// The most small requests at the same time. Default: 64: they are bound by the round trip, not the bandwidth.
    pub metadata: usize,
    /// Whether everything is asked for with the permission to push, as a push does: registries that create
    /// repositories on push (Quay) refuse a pull of one that does not exist yet. Default: no.
    pub pushes: bool,
    /// When and how often to retry.
    pub retry: RetryPolicy,
    /// The directory in which the sessions of uploads are kept, so that a later run continues inside a blob.
    /// Without, none outlives its run.
    pub sessions: Option<PathBuf>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            plain_http: false,
            credentials: None,
            parallel: DEFAULT_PARALLEL,
            metadata: DEFAULT_METADATA,
            pushes: false,
            retry: RetryPolicy::default(),
            sessions: None,
        }
    }
}
