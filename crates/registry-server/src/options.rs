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
    /// The most tags in one answer; all without it.
    pub page_size: Option<usize>,
}
