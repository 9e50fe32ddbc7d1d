//! The fault as other crates see it: its kind, whether to try again, and what to tell the user.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use http::header::PROXY_AUTHENTICATE;
use url::Url;

use super::diagnosis::{Diagnosis, diagnose};
use super::proxy_login;
use crate::proxy::schemes;
use crate::safe_url::SafeUrl;
use crate::stall::Stalled;
use crate::trust::OfferedCertificate;

/// What kind of fault it is, as far as handling differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A name has no address.
    Dns,
    /// No connection: refused, unreachable.
    Connect,
    /// The proxy refuses, wants a login, or cannot be reached.
    Proxy,
    /// TLS: certificates, versions, or no TLS at all on the other side.
    Tls,
    /// No connection or no byte for too long.
    Timeout,
    /// The connection broke in the middle: reset, or closed before the end.
    Interrupted,
    /// Anything else, such as an answer that is not HTTP.
    Other,
}

/// A request that got no answer, or whose answer broke off.
///
/// `Display` is one sentence that names the host. It holds no login, no query, and no text of the
/// request; there is no `source`, so that nothing is printed twice and nothing leaks.
#[derive(Debug, Clone)]
pub struct NetworkFault(Box<Diagnosis>);

impl NetworkFault {
    /// Tells the fault from an error of a request or of reading its answer.
    #[expect(clippy::needless_pass_by_value, reason = "for `map_err`; the error's URL must not live on")]
    pub fn from_reqwest(error: reqwest::Error) -> Self {
        Self(Box::new(diagnose(&error)))
    }

    /// An upload to `url` in which no byte moved for the stall timeout.
    pub fn stalled(url: &Url, stalled: Stalled) -> Self {
        let what = format!("sending to {} stalled: {stalled}", host_of(Some(url)));
        Self(Box::new(Diagnosis::new(FaultKind::Timeout, true, what)))
    }

    /// Tells whether an answer to an `http://` request was the own one of `proxy`, which was asked, and not
    /// the registry's.
    ///
    /// Through a tunnel (`https://`) a proxy's refusal is an error of the request instead, and
    /// [`NetworkFault::from_reqwest`] tells it. Signs are the status 407, which only proxies send, and
    /// the header with which Squid marks its own error pages.
    pub(crate) fn from_proxy_answer(response: &reqwest::Response, proxy: Option<&Url>) -> Option<Self> {
        let (status, host) = (response.status(), host_of(Some(response.url())));
        let place = proxy.map(|proxy| format!(" {}", SafeUrl::new(proxy).as_str().trim_end_matches('/')));
        let place = place.unwrap_or_default();
        let new = |transient, what| Diagnosis::new(FaultKind::Proxy, transient, what);
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let login_sent = proxy.is_some_and(|proxy| !proxy.username().is_empty());
            let headers = response.headers().get_all(PROXY_AUTHENTICATE);
            let offers = schemes(headers.iter().filter_map(|value| value.to_str().ok()));
            let does = ("fetches from", host.as_str());
            let fault = proxy_login::diagnose(&place, does, login_sent, &offers, "HTTP_PROXY");
            return Some(Self(Box::new(fault)));
        }
        if !status.is_success() && response.headers().contains_key("x-squid-error") {
            let what = format!("the proxy{place} refused to fetch from {host}: {status}");
            let hint = format!("allow {host} in the proxy, or name it in NO_PROXY");
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
    pub fn certificate(&self) -> Option<&OfferedCertificate> {
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

/// `host[:port]` as the user wrote it.
pub(super) fn host_of(url: Option<&Url>) -> String {
    match url.and_then(|url| Some((url.host_str()?, url.port()))) {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => "the server".to_owned(),
    }
}

/// Seconds, for messages.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().ceil())
}
