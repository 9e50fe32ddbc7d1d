//! One line of the log for each request: method, address, status, bytes, time, attempt and connection.
//!
//! The address is without login and query: tokens, signatures and upload states are in queries.

use std::fmt::{Display, Write as _};

use http::Method;
use hyper_util::client::legacy::connect::HttpInfo;
use tokio::time::Instant;
use url::Url;

/// What will be logged of a request, when this is dropped. Nothing is collected while the log is off.
#[derive(Debug, Default)]
pub struct RequestLog(Option<Line>);

#[derive(Debug)]
struct Line {
    request: String,
    outcome: String,
    bytes: u64,
    attempt: u32,
    begun: Instant,
}

impl RequestLog {
    /// A request that is about to be sent.
    pub fn new(method: &Method, url: &Url, attempt: u32) -> Self {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return Self(None);
        }
        let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let request = format!("{method} {scheme}://{host}{port}{}", url.path());
        let line = Line { request, outcome: "not sent".to_owned(), bytes: 0, attempt, begun: Instant::now() };
        Self(Some(line))
    }

    /// The headers of the answer have come.
    pub fn answered(&mut self, response: &reqwest::Response) {
        let Some(line) = &mut self.0 else { return };
        let version = response.version();
        line.outcome = format!("{} {version:?}", response.status().as_u16());
        // The ports tell connections apart.
        match response.extensions().get::<HttpInfo>() {
            Some(info) => {
                // Writing to a string cannot fail.
                let _ = write!(line.outcome, " {} -> {}", info.local_addr(), info.remote_addr());
            }
            None => {
                if let Some(remote) = response.remote_addr() {
                    let _ = write!(line.outcome, " -> {remote}");
                }
            }
        }
    }

    /// Bytes of the body have come.
    pub fn received(&mut self, bytes: usize) {
        if let Some(line) = &mut self.0 {
            line.bytes += bytes as u64;
        }
    }

    /// The request or the body of its answer broke off.
    pub fn failed(&mut self, reason: &impl Display) {
        if let Some(line) = &mut self.0 {
            let before = std::mem::take(&mut line.outcome);
            line.outcome = format!("{before}: {reason}");
        }
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        if let Some(Line { request, outcome, bytes, attempt, begun }) = &self.0 {
            let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
            tracing::debug!("{request}: {outcome}, {bytes} bytes, {milliseconds:.1} ms, attempt {attempt}");
        }
    }
}
