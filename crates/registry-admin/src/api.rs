//! Requests to an admin API.
//!
//! There is no cookie jar: a Harbor that gets its own session cookie back also requires a CSRF token.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use egress::{Http, NetworkFault, RequestLog, RetryPolicy, SafeUrl, Secret, Settings, TrafficClass};
use http::{HeaderMap, Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use crate::{error::Error, reason::reason, secrets::Secrets, step::Call};

/// The longest answer that is read, in bytes: lists of users and robots are the longest.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// How often a read is attempted. A write is sent once.
const ATTEMPTS: u32 = 3;

/// Everything but unreserved characters (RFC 3986 §2.3).
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as one segment of a path, or as one value of a query.
pub(crate) fn segment(value: &str) -> String {
    utf8_percent_encode(value, IN_SEGMENT).to_string()
}

/// The address of a product: `[https://]HOST[:PORT][/CONTEXT]`. Never has a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminUrl {
    /// `HOST` or `HOST:PORT`.
    pub host: String,
    /// The path below which the product is, such as `/nexus`; empty for most.
    pub context: String,
    /// Whether it was written with `http://`.
    pub plain_http: bool,
}

impl FromStr for AdminUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (plain_http, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => (false, text),
        };
        let wrong =
            || "expected an address such as nexus.example.com or nexus.example.com:8443/nexus".to_owned();
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| wrong())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address contains a login; give it with --admin-login".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() || !url.has_host() {
            return Err(wrong());
        }
        // The URL's own port is without 443, which a plain HTTP server may have.
        let host = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
        let context = url.path().trim_end_matches('/').to_owned();
        Ok(Self { host, context, plain_http })
    }
}

impl AdminUrl {
    /// `HOST` without the port.
    pub fn name(&self) -> &str {
        match self.host.rfind(':') {
            Some(colon) if !self.host[colon..].contains(']') => &self.host[..colon],
            _ => &self.host,
        }
    }
}

impl fmt::Display for AdminUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host, self.context)
    }
}

/// A login at an admin API.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// An admin API of one server.
#[derive(Debug, Clone)]
pub struct Api {
    http: Http,
    host: String,
    /// Without a slash at its end.
    root: String,
    login: Login,
    retry: RetryPolicy,
}

/// An answer that is not a refusal.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status: 2xx or 404.
    pub status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Whether there is no such object.
    pub(crate) fn is_missing(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum As<'a> {
    /// Nobody.
    Anonymous,
    /// The administrator.
    Admin,
    /// Somebody else.
    Other(&'a str, &'a Secret),
}

impl Api {
    /// The API at `path` (such as `/service/rest`) of the server at `url`, for this login.
    ///
    /// # Errors
    /// What is wrong with trust files and proxy variables.
    pub fn new(
        settings: &Settings,
        url: &AdminUrl,
        path: &str,
        plain_http: bool,
        login: Login,
    ) -> Result<Self, Error> {
        let scheme = if plain_http { "http" } else { "https" };
        let root = format!("{scheme}://{}{}{path}", url.host, url.context);
        let http = Http::new(settings, &url.host)?;
        Ok(Self { http, host: url.host.clone(), root, login, retry: RetryPolicy::default() })
    }

    /// The URL of a path below the API's root.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// The administrator's login.
    pub fn login(&self) -> &str {
        &self.login.name
    }

    /// Reads a document, as the administrator. 404 is an answer: an object may be missing.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Error> {
        self.get_as(As::Admin, path, &[]).await
    }

    /// Reads a document that must exist.
    pub(crate) async fn read(&self, path: &str) -> Result<Value, Error> {
        let answer = self.get(path).await?;
        let what = if answer.is_missing() { "not found (404)" } else { "the answer is not JSON" };
        let document = answer.json().filter(|_| !answer.is_missing());
        document.ok_or_else(|| self.not_the_product(&Method::GET, path, what))
    }

    /// Reads a document that may be missing.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>, Error> {
        let answer = self.get(path).await?;
        if answer.is_missing() {
            return Ok(None);
        }
        answer
            .json()
            .map(Some)
            .ok_or_else(|| self.not_the_product(&Method::GET, path, "the answer is not JSON"))
    }

    /// Requests the headers of a document.
    pub(crate) async fn head(&self, path: &str) -> Result<Answer, Error> {
        self.patient(As::Admin, &Method::HEAD, path, &[]).await
    }

    /// Reads a document, with more headers.
    pub(crate) async fn get_as(
        &self,
        who: As<'_>,
        path: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Answer, Error> {
        self.patient(who, &Method::GET, path, headers).await
    }

    /// A request that changes nothing and is repeated after faults that may pass.
    async fn patient(
        &self,
        who: As<'_>,
        method: &Method,
        path: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Answer, Error> {
        let mut attempt = 0;
        loop {
            let sent = self.exchange(who, method, path, headers, None, attempt + 1).await;
            let retried = match &sent {
                Err(Error::Network { fault, .. }) => fault.is_transient(),
                Err(Error::Unavailable { .. }) => true,
                _ => false,
            };
            attempt += 1;
            if !retried || attempt >= ATTEMPTS {
                return sent;
            }
            tokio::time::sleep(self.retry.delay(attempt - 1, None)).await;
        }
    }

    /// Sends a call of a plan. It is sent once: whether it had an effect is seen in the next observation.
    pub(crate) async fn send(&self, call: &Call, secrets: &Secrets) -> Result<Answer, Error> {
        let body = call.body.filled(secrets).map_err(Error::NoSecret)?;
        let answer = self.exchange(As::Admin, &call.method, &call.path, &[], Some(&body), 1).await?;
        if answer.is_missing() {
            return Err(Error::Refused {
                call: self.shown(&call.method, &call.path),
                status: answer.status,
                reason: reason(&answer.body),
            });
        }
        Ok(answer)
    }

    async fn exchange(
        &self,
        who: As<'_>,
        method: &Method,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: Option<&Value>,
        attempt: u32,
    ) -> Result<Answer, Error> {
        let url = self.url(path);
        let url = Url::parse(&url).map_err(|_| self.not_the_product(method, path, "this is not a URL"))?;
        let mut request = self
            .http
            .client(TrafficClass::Metadata)
            .request(method.clone(), url.clone())
            .header(header::ACCEPT, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let login = match who {
            As::Anonymous => None,
            As::Admin => Some((self.login.name.as_str(), &self.login.password)),
            As::Other(name, password) => Some((name, password)),
        };
        if let Some((name, password)) = login {
            let encoded = STANDARD.encode(format!("{name}:{}", password.expose()));
            let value = http::HeaderValue::from_str(&format!("Basic {encoded}"));
            let mut value = value.map_err(|_| self.not_the_product(method, path, "this is not a login"))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut log = RequestLog::new(method, &url, attempt);
        let received = tokio::time::timeout(self.retry.answer_timeout, self.receive(request, &mut log)).await;
        let (status, headers, body) = match received {
            Ok(received) => received.map_err(|fault| {
                log.failed(&fault);
                Error::Network { host: self.host.clone(), fault }
            })?,
            Err(_) => return Err(self.not_the_product(method, path, "the answer does not end")),
        };
        let Some(body) = body else {
            return Err(self.not_the_product(method, path, "the answer is too long"));
        };
        self.judge(login.map(|(name, _)| name), method, path, Answer { status, headers, body })
    }

    /// Status, headers and body; no body if it is too long.
    async fn receive(
        &self,
        request: reqwest::RequestBuilder,
        log: &mut RequestLog,
    ) -> Result<(StatusCode, HeaderMap, Option<Vec<u8>>), NetworkFault> {
        let mut response = request.send().await?;
        log.answered(&response);
        if let Some(fault) = self.http.proxy_fault(&response) {
            return Err(fault);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            log.received(chunk.len());
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Ok((status, headers, None));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, Some(body)))
    }

    /// An answer, or what its status means.
    fn judge(
        &self,
        login: Option<&str>,
        method: &Method,
        path: &str,
        answer: Answer,
    ) -> Result<Answer, Error> {
        let (status, call) = (answer.status, self.shown(method, path));
        let reason = reason(&answer.body);
        let login = login.unwrap_or("(anonymous)").to_owned();
        match status {
            _ if status.is_success() || status == StatusCode::NOT_FOUND => Ok(answer),
            _ if status.is_redirection() => {
                let target = answer.header("location").and_then(|to| Url::parse(to).ok());
                let redirect = target.map(|url| SafeUrl::new(&url).to_string());
                let answer = format!("the server redirects the API ({status})");
                Err(Error::NotTheProduct { call, answer, redirect })
            }
            StatusCode::UNAUTHORIZED => Err(Error::Unauthorized { host: self.host.clone(), login, reason }),
            StatusCode::FORBIDDEN => Err(Error::Forbidden { login, call, reason }),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(Error::Unavailable { call, status, reason }),
            _ => Err(Error::Refused { call, status, reason }),
        }
    }

    pub(crate) fn not_the_product(&self, method: &Method, path: &str, answer: &str) -> Error {
        Error::NotTheProduct { call: self.shown(method, path), answer: answer.to_owned(), redirect: None }
    }

    fn shown(&self, method: &Method, path: &str) -> String {
        // The values in queries are names that the user gave, but a query is never shown.
        let path = path.split('?').next().unwrap_or_default();
        format!("{method} {}", self.url(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, host, context, plain_http) in [
            ("nexus.example.com", "nexus.example.com", "", false),
            ("https://Nexus.example.com:8443/nexus/", "nexus.example.com:8443", "/nexus", false),
            ("http://10.0.0.1:8081", "10.0.0.1:8081", "", true),
            ("[::1]:8081/a", "[::1]:8081", "/a", false),
        ] {
            let url: AdminUrl = text.parse().unwrap();
            assert_eq!(url, AdminUrl { host: host.into(), context: context.into(), plain_http }, "{text}");
        }
        assert_eq!("[::1]:8081".parse::<AdminUrl>().unwrap().name(), "[::1]");
        for text in ["", "https://", "a b", "admin:hunter2@nexus", "nexus?x=1", "nexus#x"] {
            let error = text.parse::<AdminUrl>().unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert_eq!(segment("a/b+c$d"), "a%2Fb%2Bc%24d");
    }
}
