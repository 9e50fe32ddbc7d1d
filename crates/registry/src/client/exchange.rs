//! One request and the answer to it, through redirects.
//!
//! Redirects are followed here and not by the HTTP library, which would drop `Range` or carry
//! credentials where they do not belong: a registry sends pulls to storage of other owners.

use std::sync::Arc;

use egress::{Http, NetworkFault, RequestLog, TrafficClass, authority};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::Instant;
use url::Url;

use super::{
    error::{ErrorKind, Fault, OtherHost},
    host_state::HostState,
    identity::Identity,
    location,
    reply::Opened,
};

/// As many as Go's client follows.
const MAX_REDIRECTS: usize = 10;

/// Makes the body of a request; called once for each time that it is sent.
pub(crate) type BodyMaker<'a> = &'a (dyn Fn() -> reqwest::Body + Send + Sync);

/// A request that can be sent any number of times.
#[derive(Clone)]
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<BodyMaker<'a>>,
    pub(crate) class: TrafficClass,
}

impl<'a> Outgoing<'a> {
    /// A request without a body.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: None, class: TrafficClass::Metadata }
    }

    /// Adds a header whose value this program has made.
    pub(crate) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sends what `body` makes, on the class for it.
    pub(crate) fn body(mut self, class: TrafficClass, body: BodyMaker<'a>) -> Self {
        self.body = Some(body);
        self.class = class;
        self
    }

    /// Announces that there is no body; some proxies refuse a POST that leaves it open.
    pub(crate) fn empty_body(self) -> Self {
        self.header(header::CONTENT_LENGTH, "0")
    }
}

/// Sends `outgoing` and follows redirects, showing `authorization` only where it belongs to `home`. `attempt` is its
/// number, for the log.
pub(crate) async fn exchange(
    http: &Http,
    host: &HostState,
    outgoing: &Outgoing<'_>,
    home: &Url,
    authorization: Option<&HeaderValue>,
    attempt: u32,
) -> Result<Opened, Fault> {
    let mut url = outgoing.url.clone();
    for redirects in 0..=MAX_REDIRECTS {
        let authorization = authorization.filter(|_| location::may_authenticate(home, &url));
        let sent = if url.host() == home.host() { host.start().await } else { Instant::now() };
        let other_host = other_host(&outgoing.url, &url, home, redirects > 0);
        let class = match outgoing.class {
            // By HTTP/1.1.
            TrafficClass::Metadata if host.ends_connections() => TrafficClass::Bulk,
            class => class,
        };
        let client = http.client_for(class, &url).map_err(|error| {
            let fault = Fault::from(ErrorKind::Protocol(error.to_string()));
            Fault { other_host: other_host.clone(), ..fault }
        })?;
        let mut request =
            client.request(outgoing.method.clone(), url.clone()).headers(outgoing.headers.clone());
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(body) = outgoing.body {
            request = request.body(body());
        }
        let mut log = RequestLog::new(&outgoing.method, &url, attempt);
        let fault = |network: NetworkFault, log: &mut RequestLog| {
            log.failed(&network);
            let fault = Fault::from(ErrorKind::Network(network));
            Fault { sent: Some(sent), other_host: other_host.clone(), ..fault }
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(fault(NetworkFault::from_reqwest(error), &mut log)),
        };
        log.answered(&response);
        if let Some(network) = http.proxy_fault(&response) {
            return Err(fault(network, &mut log));
        }
        let Some(target) = redirect(outgoing, home, &response) else {
            let (method, identity) = (outgoing.method.clone(), Identity::Unknown);
            let time_limit = host.policy.answer_timeout;
            let large_answers = Arc::clone(&host.large_answers);
            return Ok(Opened {
                response,
                method,
                identity,
                sent,
                other_host,
                large_answers,
                time_limit,
                log,
            });
        };
        url = target;
    }
    Err(ErrorKind::Protocol(format!("more than {MAX_REDIRECTS} redirects")).into())
}

/// Where a request goes that the registry at `home` did not get at its own address: `asked` is the address that the
/// request began at, which a registry gives for uploads, `now` the one that redirects led to.
fn other_host(asked: &Url, now: &Url, home: &Url, is_redirected: bool) -> Option<OtherHost> {
    if location::is_same_server(now, home) {
        return None;
    }
    if is_redirected {
        return Some(OtherHost::Redirect { host: authority(now) });
    }
    let origin = format!("{}://{}", asked.scheme(), authority(asked));
    Some(OtherHost::Upload { origin })
}

/// Where `response` sends this request, if it may go there.
fn redirect(outgoing: &Outgoing<'_>, home: &Url, response: &reqwest::Response) -> Option<Url> {
    let keeps_method =
        matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let is_read = matches!(outgoing.method, Method::GET | Method::HEAD);
    let is_redirect = keeps_method
        || matches!(
            response.status(),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER
        );
    if !is_redirect || !(is_read || keeps_method) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let target = location::resolve(response.url(), location)?;
    // What is uploaded goes nowhere else on a mere redirect.
    (is_read || location::may_authenticate(home, &target)).then_some(target)
}
