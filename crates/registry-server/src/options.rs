//! The settings of a server.

use std::sync::Arc;

use super::{auth::Auth, intercept::Interceptor};

/// How a server behaves. The default is open, plain HTTP, and as the specification says.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Which requests are accepted.
    pub auth: Auth,
    /// Changes answers; for tests.
    pub interceptor: Option<Arc<dyn Interceptor>>,
    /// TLS; plain HTTP without it.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The most tags or referrers in one answer; all without it.
    pub page_size: Option<usize>,
    /// Whether there is the referrers API. Without it, as in Docker distribution, its address is answered with 404, and
    /// `subject` of a manifest means nothing.
    pub referrers: bool,
}
