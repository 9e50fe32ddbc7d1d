//! A proxy that requires a login (407), in words.

use super::diagnosis::{Diagnosis, FaultKind};
use crate::proxy::unsupported_schemes;

/// A request that a proxy refused with 407.
pub(super) struct ProxyLogin<'a> {
    /// The proxy with a space before it, or an empty text if it is unknown.
    pub(super) proxy: &'a str,
    /// What the proxy does after a login: `connects to` or `fetches from`.
    pub(super) does: &'a str,
    /// The host that the request is for.
    pub(super) host: &'a str,
    /// Whether a login was sent.
    pub(super) login_sent: bool,
    /// The login schemes that the proxy offers.
    pub(super) schemes: &'a [String],
    /// The variable that names the proxy.
    pub(super) variable: &'a str,
}

/// The fault: a login is missing or wrong.
pub(super) fn diagnose(login: &ProxyLogin<'_>) -> Diagnosis {
    let ProxyLogin { proxy, does, host, login_sent, schemes, variable } = *login;
    let new = |what| Diagnosis::new(FaultKind::Proxy, false, what);
    if let Some(schemes) = unsupported_schemes(schemes) {
        return new(format!(
            "the proxy{proxy} requires a login by {schemes} before it {does} {host} (407); dhctl supports only Basic"
        ))
        .hint(format!(
            "run a local relay that logs in to the proxy by {schemes}, such as cntlm or px, and set {variable}=http://127.0.0.1:3128"
        ))
        .hint(format!("or configure the proxy to allow {host} without a login, or to offer Basic"));
    }
    if login_sent {
        new(format!("the proxy{proxy} did not accept the login for {host} (407)")).hint(format!(
            "check user and password in {variable}; special characters must be percent-encoded"
        ))
    } else {
        new(format!("the proxy{proxy} requires a login before it {does} {host} (407)")).hint(format!(
            "add the login to the variable: {variable}=http://USER:PASSWORD@HOST:PORT, special characters \
             percent-encoded"
        ))
    }
}
