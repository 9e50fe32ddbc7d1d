//! The one way this program reaches a network: trust, DNS, proxies, faults, retries and secrets.
//!
//! Environments of the users were built for tools written in Go, so the rules here are Go's. Nothing
//! reads the environment: [`Settings`] carries plain values, and files are read only while an
//! [`Http`] or an [`ApiHttp`] is built.

#![forbid(unsafe_code)]

mod api_http;
mod causes;
mod dns;
mod error;
mod fault;
#[cfg(test)]
mod fuzz;
mod hosts;
mod http;
mod proxy;
mod request_log;
mod retry;
mod safe_url;
mod secret;
mod settings;
mod stall;
mod trust;

pub use api_http::ApiHttp;
pub use error::EgressError;
pub use fault::{FaultKind, NetworkFault};
pub use http::{Http, TrafficClass, authority, peer_certificate};
pub use request_log::RequestLog;
pub use retry::{RetryPolicy, parse_retry_after};
pub use safe_url::SafeUrl;
pub use secret::Secret;
pub use settings::{ClientFiles, ProxyVariables, Settings, TrustSettings};
pub use stall::{StallWatch, Stalled};
pub use trust::{FileForm, ServerCertificate, Wanted, certificates_as_pem};
