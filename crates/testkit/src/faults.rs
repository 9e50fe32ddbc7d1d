//! Scripted trouble: rules that say which request meets which fault.

use std::{
    ops::RangeInclusive,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use registry_server::{Canned, Interceptor, RequestInfo, Treatment};

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The answer comes later.
    Delay(Duration),
    /// The connection is closed without an answer.
    Disconnect,
    /// This is answered instead, with a body that is no registry's.
    Status(StatusCode),
    /// This is answered instead.
    Answer {
        /// The status.
        status: StatusCode,
        /// Headers.
        headers: Vec<(HeaderName, String)>,
        /// The body.
        body: String,
    },
    /// 429 with `Retry-After` in seconds.
    TooManyRequests(u64),
    /// The answer's body ends after this many bytes with the connection.
    Cut(u64),
    /// The answer's body stops after this many bytes on an open connection.
    Stall(u64),
    /// The byte at this offset of the answer's body is wrong; its length is right.
    Corrupt(u64),
    /// Ranges are not heeded.
    IgnoreRange,
    /// `Location` is absolute at this origin (`http://host:port`), or, if empty, at the caller's own.
    AbsoluteLocation(String),
    /// A header of the answer is set to this, or taken away.
    Header(HeaderName, Option<String>),
    /// 413 for a request body larger than this.
    LimitRequest(u64),
    /// The connection is cut after this many bytes of the request body; an upload keeps them.
    CutRequest(u64),
}

/// A rule: which requests meet a fault.
#[derive(Debug)]
pub struct Rule {
    method: String,
    path: String,
    times: RangeInclusive<u64>,
    fault: Fault,
    matched: AtomicU64,
}

impl Rule {
    /// Every request with this method (`*` for any) and a path that matches the pattern, where `*`
    /// stands for any characters, slashes too.
    pub fn new(method: &str, path: &str, fault: Fault) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            times: 1..=u64::MAX,
            fault,
            matched: AtomicU64::new(0),
        }
    }

    /// Only these of the matching requests, counted from 1.
    #[must_use]
    pub fn times(mut self, times: RangeInclusive<u64>) -> Self {
        self.times = times;
        self
    }

    /// Only the first of the matching requests.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1..=1)
    }

    fn meets(&self, request: &RequestInfo<'_>) -> bool {
        let matches = (self.method == "*" || self.method == request.method.as_str())
            && matches(&self.path, request.path);
        matches && {
            let count = self.matched.fetch_add(1, Ordering::SeqCst) + 1;
            self.times.contains(&count)
        }
    }
}

/// A request that came, as a test wants to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query; empty if there is none.
    pub query: String,
    /// The `Range` header.
    pub range: Option<String>,
    /// Whether it bore credentials.
    pub authorized: bool,
}

/// The rules of a server, and a record of the requests that it got.
#[derive(Debug, Default)]
pub struct Script {
    rules: Vec<Rule>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    /// These rules. Where several match a request, all apply; of two of one kind the later wins.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules, seen: Mutex::default() }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().clone()
    }

    /// How many requests with this method (`*` for any) and path pattern came so far.
    pub fn count(&self, method: &str, path: &str) -> usize {
        self.lock()
            .iter()
            .filter(|seen| (method == "*" || seen.method == method) && matches(path, &seen.path))
            .count()
    }

    /// Whether every rule has met a request: a rule that meets none proves nothing.
    pub fn is_spent(&self) -> bool {
        self.rules.iter().all(|rule| rule.matched.load(Ordering::SeqCst) >= *rule.times.start())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock()
    }
}

impl Interceptor for Script {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        let range = request.headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        self.lock().push(Seen {
            method: request.method.to_string(),
            path: request.path.to_owned(),
            query: request.query.to_owned(),
            range: range.map(str::to_owned),
            authorized: request.headers.contains_key(header::AUTHORIZATION),
        });
        let mut treatment = Treatment::default();
        for rule in &self.rules {
            if rule.meets(request) {
                rule.fault.apply(&mut treatment);
            }
        }
        treatment
    }
}

impl Fault {
    fn apply(&self, treatment: &mut Treatment) {
        match self {
            Self::Delay(delay) => treatment.delay = *delay,
            Self::Disconnect => treatment.disconnect = true,
            Self::Status(status) => {
                treatment.answer = Some(answer(*status, &[], "<html>something else</html>"));
            }
            Self::Answer { status, headers, body } => treatment.answer = Some(answer(*status, headers, body)),
            Self::TooManyRequests(seconds) => {
                let headers = [(header::RETRY_AFTER, seconds.to_string())];
                let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#;
                treatment.answer = Some(answer(StatusCode::TOO_MANY_REQUESTS, &headers, body));
            }
            Self::Cut(bytes) => treatment.cut_after = Some(*bytes),
            Self::Stall(bytes) => treatment.stall_after = Some(*bytes),
            Self::Corrupt(offset) => treatment.corrupt_at = Some(*offset),
            Self::IgnoreRange => treatment.ignore_range = true,
            Self::AbsoluteLocation(origin) => treatment.location_origin = Some(origin.clone()),
            Self::Header(name, value) => {
                let value = value.as_deref().map(header_value);
                treatment.headers.push((name.clone(), value));
            }
            Self::LimitRequest(bytes) => treatment.request_limit = Some(*bytes),
            Self::CutRequest(bytes) => treatment.cut_request_after = Some(*bytes),
        }
    }
}

fn answer(status: StatusCode, headers: &[(HeaderName, String)], body: &str) -> Canned {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.clone(), header_value(value))).collect();
    Canned { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("no header value"))
}

/// Whether `text` is what `pattern` says, `*` standing for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    while let Some((part, tail)) = rest.split_once('*') {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
        rest = tail;
    }
    text.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("/v2/", "/v2/", true),
            ("*", "", true),
            ("*/blobs/*", "/v2/a/b/blobs/sha256:1", true),
            ("/v2/a/*/manifests/*", "/v2/a/manifests/x", false),
            ("/v2/*/tags/list", "/v2/a/b/tags/list", true),
            ("*list", "/v2/a/tags/list/", false),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn rules_count_their_own_requests() {
        let script = Script::new(vec![
            Rule::new("GET", "*/blobs/*", Fault::Cut(10)).times(2..=3),
            Rule::new("*", "*", Fault::IgnoreRange),
        ]);
        let ask = |method: Method, path: &str| {
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=1-"))]);
            script.intercept(&RequestInfo {
                method: &method,
                path,
                query: "n=1",
                headers: &headers,
                count: 1,
            })
        };
        assert!(!script.is_spent());
        let cuts: Vec<_> = (0..4).map(|_| ask(Method::GET, "/v2/a/blobs/x").cut_after).collect();
        assert_eq!(cuts, [None, Some(10), Some(10), None]);
        let other = ask(Method::HEAD, "/v2/a/blobs/x");
        assert!(other.cut_after.is_none() && other.ignore_range);
        assert_eq!(script.count("GET", "*/blobs/*"), 4);
        assert!(script.is_spent());
        let last = script.seen().pop().unwrap();
        assert_eq!((last.method.as_str(), last.range.as_deref()), ("HEAD", Some("bytes=1-")));
    }
}
