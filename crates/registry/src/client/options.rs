//! How a client is to behave.

use std::path::PathBuf;

use egress::RetryPolicy;

use crate::credentials::Credentials;

/// Bulk transfers at once if nothing else is said.
const DEFAULT_PARALLEL: usize = 16;

/// Settings of one [`Client`](super::Client).
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Speak HTTP without TLS.
    pub plain_http: bool,
    /// What to show if the registry asks; without, tokens are asked for anonymously.
    pub credentials: Option<Credentials>,
    /// The most bulk transfers at once. Default: 16. Fewer run while the link is found to be congested.
    pub parallel: usize,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// The directory in which the sessions of uploads are kept, so that a later run goes on inside a blob.
    /// Without, none outlives its run.
    pub sessions: Option<PathBuf>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            plain_http: false,
            credentials: None,
            parallel: DEFAULT_PARALLEL,
            retry: RetryPolicy::default(),
            sessions: None,
        }
    }
}
