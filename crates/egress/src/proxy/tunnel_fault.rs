//! Distinguishes faults of a proxy from faults of the registry, in a layer around the connector.
//!
//! The HTTP library reports a refused tunnel as plain text, and an unreachable proxy in the same way as an unreachable
//! registry. This layer knows which proxy was chosen for the connection, and adds it to the error.
//!
//! hyper-util's `Tunnel` is no replacement: reqwest uses it inside its own connector, which cannot be exchanged, and its
//! error has neither the status of the answer nor the login schemes.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use super::connect_probe::{ConnectAnswer, ask_proxy};
use super::rules::ProxyRules;
use crate::causes::causes;
use crate::dns::Dns;
use crate::safe_url::SafeUrl;

type BoxError = Box<dyn Error + Send + Sync>;

thread_local! {
    /// The proxy chosen for the connection that is being started. reqwest calls the proxy rules within `Service::call`,
    /// on this thread, and does not pass their result to its layers.
    static CHOSEN: Cell<Option<Chosen>> = const { Cell::new(None) };
}

struct Chosen {
    target: Url,
    proxy: Url,
}

/// What went wrong with a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProxyProblem {
    /// It answers 407: it requires a login, or another one (`login_sent`), by one of these schemes, as far as they are
    /// known.
    Login { login_sent: bool, schemes: Vec<String> },
    /// It refuses to connect to the target, with this status and reason if they are known.
    Refused(Option<ConnectAnswer>),
    /// No connection to the proxy itself; the source says why.
    Unreachable,
    /// No connection through the proxy within the connect timeout.
    Timeout(Duration),
}

/// A connection that failed because of a proxy.
#[derive(Debug)]
pub(crate) struct ProxyFault {
    pub(crate) proxy: SafeUrl,
    pub(crate) target: String,
    pub(crate) problem: ProxyProblem,
    source: BoxError,
}

impl fmt::Display for ProxyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection to {} through the proxy {}", self.target, self.proxy)
    }
}

impl Error for ProxyFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// Wraps reqwest's connector; to be used together with [`ProxyFaultLayer::proxy`].
#[derive(Debug, Clone)]
pub(crate) struct ProxyFaultLayer {
    dns: Dns,
    connect_timeout: Duration,
}

impl ProxyFaultLayer {
    pub(crate) fn new(dns: Dns, connect_timeout: Duration) -> Self {
        Self { dns, connect_timeout }
    }

    /// The proxy rules in reqwest's form, recording each choice for this layer.
    pub(crate) fn proxy(rules: ProxyRules) -> reqwest::Proxy {
        reqwest::Proxy::custom(move |target| {
            let proxy = rules.proxy_for(target).cloned();
            CHOSEN.set(proxy.clone().map(|proxy| Chosen { target: target.clone(), proxy }));
            proxy
        })
    }
}

impl<S> Layer<S> for ProxyFaultLayer {
    type Service = ProxyFaultService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProxyFaultService { inner, layer: self.clone() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ProxyFaultService<S> {
    inner: S,
    layer: ProxyFaultLayer,
}

impl<S, R> Service<R> for ProxyFaultService<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        CHOSEN.set(None);
        let connecting = self.inner.call(request);
        let Some(chosen) = CHOSEN.take() else {
            return Box::pin(connecting);
        };
        let ProxyFaultLayer { dns, connect_timeout } = self.layer.clone();
        // Earlier than the timeout of reqwest, which does not name the proxy.
        let deadline = Instant::now() + connect_timeout;
        Box::pin(async move {
            let late = || io::Error::from(io::ErrorKind::TimedOut).into();
            let failed = match tokio::time::timeout_at(deadline, connecting).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => Ok(error),
                Err(_) => Err(fault(&chosen, ProxyProblem::Timeout(connect_timeout), late())),
            };
            Err(explain(chosen, failed?, &dns).await)
        })
    }
}

async fn explain(chosen: Chosen, error: BoxError, dns: &Dns) -> BoxError {
    let problem = match tunnel_error(&*error).as_deref() {
        Some("proxy authorization required") => {
            let answer = ask_proxy(&chosen.proxy, &chosen.target, dns, false).await;
            let schemes = answer.map(|answer| answer.schemes).unwrap_or_default();
            ProxyProblem::Login { login_sent: !chosen.proxy.username().is_empty(), schemes }
        }
        Some("failed to create underlying connection" | "io error establishing tunnel") => {
            ProxyProblem::Unreachable
        }
        Some(_) => ProxyProblem::Refused(ask_proxy(&chosen.proxy, &chosen.target, dns, true).await),
        None if chosen.target.scheme() == "http" => ProxyProblem::Unreachable,
        // The tunnel stood; the fault is the target's, such as its certificate.
        None => return error,
    };
    fault(&chosen, problem, error)
}

fn fault(chosen: &Chosen, problem: ProxyProblem, source: BoxError) -> BoxError {
    let host = chosen.target.host_str().unwrap_or_default();
    let port = chosen.target.port_or_known_default().unwrap_or_default();
    let proxy = SafeUrl::new(&chosen.proxy);
    Box::new(ProxyFault { proxy, target: format!("{host}:{port}"), problem, source })
}

/// The text of hyper-util's tunnel error, whose type is private.
fn tunnel_error(error: &(dyn Error + 'static)) -> Option<String> {
    causes(error).find_map(|error| error.to_string().strip_prefix("tunnel error: ").map(str::to_owned))
}
