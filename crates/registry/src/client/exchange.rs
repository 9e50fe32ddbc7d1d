//! One request and the answer to it, through redirects.
//!
//! Redirects are followed here and not by the HTTP library, which would drop `Range` or carry
//! credentials where they do not belong: a registry sends pulls to storage of other owners.

use egress::{Http, Lane, NetworkFault};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::Url;

use super::{
    auth::Standing,
    error::{ErrorKind, Fault},
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
    pub(crate) lane: Lane,
}

impl<'a> Outgoing<'a> {
    /// A request without a body.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: None, lane: Lane::Metadata }
    }

    /// Adds a header whose value this program has made.
    pub(crate) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sends what `body` makes, on the lane for it.
    pub(crate) fn body(mut self, lane: Lane, body: BodyMaker<'a>) -> Self {
        self.body = Some(body);
        self.lane = lane;
        self
    }

    /// Announces that there is no body; some proxies refuse a POST that leaves it open.
    pub(crate) fn empty_body(self) -> Self {
        self.header(header::CONTENT_LENGTH, "0")
    }
}

/// Sends `outgoing` and follows redirects, showing `authorization` only where it belongs to `home`.
pub(crate) async fn exchange(
    http: &Http,
    outgoing: &Outgoing<'_>,
    home: &Url,
    authorization: Option<&HeaderValue>,
) -> Result<Opened, Fault> {
    let mut url = outgoing.url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let authorization = authorization.filter(|_| location::may_authenticate(home, &url));
        let mut request = http
            .client(outgoing.lane)
            .request(outgoing.method.clone(), url.clone())
            .headers(outgoing.headers.clone());
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(body) = outgoing.body {
            request = request.body(body());
        }
        let response =
            request.send().await.map_err(|error| ErrorKind::Network(NetworkFault::from_reqwest(error)))?;
        if let Some(fault) = http.proxy_fault(&response) {
            return Err(ErrorKind::Network(fault).into());
        }
        match redirect(outgoing, home, &response) {
            Some(target) => url = target,
            None => {
                return Ok(Opened { response, method: outgoing.method.clone(), standing: Standing::Unknown });
            }
        }
    }
    Err(ErrorKind::Protocol(format!("more than {MAX_REDIRECTS} redirects")).into())
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
