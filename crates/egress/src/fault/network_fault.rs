//! The public type of a fault: its kind, whether a retry may help, message and hints.

use std::fmt;

use http::StatusCode;
use http::header::PROXY_AUTHENTICATE;
use url::Url;

use super::diagnose::diagnose;
use super::diagnosis::{Diagnosis, FaultKind};
use super::proxy_login::{self, ProxyLogin};
use super::words::host_of;
use crate::proxy::login_schemes;
use crate::safe_url::SafeUrl;
use crate::stall::Stalled;
use crate::trust::ServerCertificate;

/// A request that got no answer, or whose answer broke off.
///
/// `Display` is one sentence that names the host. It holds no login, no query, and no text of the
/// request; there is no `source`, so that nothing is printed twice and nothing leaks.
#[derive(Debug, Clone)]
pub struct NetworkFault(Box<Diagnosis>);

impl NetworkFault {
    /// The fault behind an error of a request or of reading its answer.
    #[expect(clippy::needless_pass_by_value, reason = "for `map_err`; the error's URL must not live on")]
    pub fn from_reqwest(error: reqwest::Error) -> Self {
        Self(Box::new(diagnose(&error)))
    }

    /// An upload to `url` in which no byte moved for the stall timeout.
    pub fn stalled(url: &Url, stalled: Stalled) -> Self {
        let what = format!("sending to {} stalled: {stalled}", host_of(Some(url)));
        Self(Box::new(Diagnosis::new(FaultKind::Timeout, true, what)))
    }

    /// The fault, if the answer to an `http://` request comes from `proxy` and not from the registry: status 407, which
    /// only proxies send, or the header with which Squid marks its own error pages.
    ///
    /// Through a tunnel (`https://`) a proxy's refusal is an error of the request, see [`NetworkFault::from_reqwest`].
    pub(crate) fn from_proxy_answer(response: &reqwest::Response, proxy: Option<&Url>) -> Option<Self> {
        let (status, host) = (response.status(), host_of(Some(response.url())));
        let place = proxy.map(|proxy| format!(" {}", SafeUrl::new(proxy).as_str().trim_end_matches('/')));
        let place = place.unwrap_or_default();
        let new = |transient, what| Diagnosis::new(FaultKind::Proxy, transient, what);
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let login_sent = proxy.is_some_and(|proxy| !proxy.username().is_empty());
            let headers = response.headers().get_all(PROXY_AUTHENTICATE);
            let schemes = login_schemes(headers.iter().filter_map(|value| value.to_str().ok()));
            let fault = proxy_login::diagnose(&ProxyLogin {
                proxy: &place,
                does: "fetches from",
                host: &host,
                login_sent,
                schemes: &schemes,
                variable: "HTTP_PROXY",
            });
            return Some(Self(Box::new(fault)));
        }
        if !status.is_success() && response.headers().contains_key("x-squid-error") {
            let what = format!("the proxy{place} refused to fetch from {host}: {status}");
            let hint = format!("allow {host} in the proxy, or add it to NO_PROXY");
            return Some(Self(Box::new(new(status.is_server_error(), what).hint(hint))));
        }
        None
    }

    /// What kind of fault it is.
    pub fn kind(&self) -> FaultKind {
        self.0.kind
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// Whether the request was never sent, so that it can be sent again without a risk.
    pub fn is_unsent(&self) -> bool {
        self.0.unsent
    }

    /// Whether the host, or the proxy before it, could not be reached: no connection was made, or the proxy made none.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind(), FaultKind::Connect | FaultKind::Proxy) && self.is_transient()
    }

    /// How often the request may be tried in all, where that is less than the policy's attempts: a
    /// name that DNS does not know is asked for twice, not for minutes.
    pub fn attempts_limit(&self) -> Option<u32> {
        self.0.attempts_limit
    }

    /// What the user can do, one sentence each; often none.
    pub fn hints(&self) -> Vec<String> {
        self.0.hints.clone()
    }

    /// The certificate that was refused, if that is the fault.
    pub fn certificate(&self) -> Option<&ServerCertificate> {
        self.0.certificate.as_ref()
    }
}

impl From<reqwest::Error> for NetworkFault {
    fn from(error: reqwest::Error) -> Self {
        Self::from_reqwest(error)
    }
}

impl fmt::Display for NetworkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl std::error::Error for NetworkFault {}
