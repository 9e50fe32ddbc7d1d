//! Tells the proxy's faults from the registry's, at the only place that knows both: the connector.
//!
//! The HTTP stack reports a refused tunnel as bare text, and a proxy that cannot be reached like a
//! registry that cannot be reached. This layer sees which proxy was chosen for the connection and
//! wraps the error accordingly.

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

use super::probe::{ConnectAnswer, ask_proxy};
use super::rules::ProxyRules;
use crate::causes::causes;
use crate::dns::Dns;
use crate::safe_url::SafeUrl;

type BoxError = Box<dyn Error + Send + Sync>;

thread_local! {
    /// The choice made while a connection is being set off. reqwest asks the proxy rules within
    /// `Service::call`, on this thread, and does not tell its layers what it was told.
    static CHOSEN: Cell<Option<Chosen>> = const { Cell::new(None) };
}

struct Chosen {
    target: Url,
    proxy: Url,
}

/// What went wrong with a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProxyProblem {
    /// It answers 407: it wants a login, or another one (`login_sent`), in one of the ways that it offers, as far as
    /// those could be learnt.
    Login { login_sent: bool, offers: Vec<String> },
    /// It refuses to connect to the target, with this status and reason if they could be learnt.
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

/// Wraps reqwest's connector; to be used together with [`WitnessLayer::proxy`].
#[derive(Debug, Clone)]
pub(crate) struct WitnessLayer {
    dns: Dns,
    connect_timeout: Duration,
}

impl WitnessLayer {
    pub(crate) fn new(dns: Dns, connect_timeout: Duration) -> Self {
        Self { dns, connect_timeout }
    }

    /// The proxy rules in reqwest's form, with a note of each choice for this layer.
    pub(crate) fn proxy(rules: ProxyRules) -> reqwest::Proxy {
        reqwest::Proxy::custom(move |target| {
            let proxy = rules.proxy_for(target).cloned();
            CHOSEN.set(proxy.clone().map(|proxy| Chosen { target: target.clone(), proxy }));
            proxy
        })
    }
}

impl<S> Layer<S> for WitnessLayer {
    type Service = Witness<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Witness { inner, layer: self.clone() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Witness<S> {
    inner: S,
    layer: WitnessLayer,
}

impl<S, R> Service<R> for Witness<S>
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
        let WitnessLayer { dns, connect_timeout } = self.layer.clone();
        // Set before reqwest sets its own, so that ours, which knows of the proxy, comes first.
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
            let offers = answer.map(|answer| answer.offers).unwrap_or_default();
            ProxyProblem::Login { login_sent: !chosen.proxy.username().is_empty(), offers }
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

/// hyper-util keeps the type of its tunnel errors to itself; their text is all there is.
fn tunnel_error(error: &(dyn Error + 'static)) -> Option<String> {
    causes(error).find_map(|error| error.to_string().strip_prefix("tunnel error: ").map(str::to_owned))
}
