//! A whole answer of a registry, and what a refusal means.
//!
//! "Not there" must be certain, since a mirror leaves out what is not there: a 404 counts only with the
//! registry's own error document or with no body at all. A web server's page is not an answer of a registry.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::{Bytes, BytesMut};
use egress::{NetworkFault, RequestLog};
use http::{HeaderMap, Method, StatusCode, header};
use tokio::{sync::Semaphore, time::Instant};
use url::Url;

use super::{
    error::{ErrorKind, Fault, Missing, OtherHost},
    identity::Identity,
    reason::{self, Reason, displayable},
    refusal::Refused,
};

/// The largest answer in bytes that is read without waiting for a place.
const SMALL_ANSWER: usize = 256 * 1024;

/// More than any error document has; the rest of a longer page is of no use.
const MAX_REFUSAL: u64 = 64 * 1024;

/// A status, headers, and the whole body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) method: Method,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The address that answered in the end, after redirects.
    pub(crate) url: Url,
    pub(crate) body: Bytes,
    /// What the host knew of us when it answered.
    pub(crate) identity: Identity,
    /// When the request was sent.
    pub(crate) sent: Instant,
    /// The host that answered, if the registry sent the request to another one.
    pub(crate) other_host: Option<OtherHost>,
    /// The server's certificate (DER), if there was TLS.
    pub(crate) certificate: Option<Vec<u8>>,
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) response: reqwest::Response,
    pub(crate) method: Method,
    pub(crate) identity: Identity,
    pub(crate) sent: Instant,
    pub(crate) other_host: Option<OtherHost>,
    /// Places for large answers.
    pub(crate) large_answers: Arc<Semaphore>,
    /// How long reading the whole body may take. The stall timeout says nothing of a body that comes byte by byte.
    pub(crate) time_limit: Duration,
    /// Writes the request into the log when its body has been read, or is dropped.
    pub(crate) log: RequestLog,
}

impl Opened {
    /// Reads the body: at most `limit` bytes of a success, and the beginning of anything else.
    pub(crate) async fn read(self, limit: u64) -> Result<Reply, Fault> {
        let time_limit = self.time_limit;
        match tokio::time::timeout(time_limit, self.read_all(limit)).await {
            Ok(reply) => reply,
            Err(_) => Err(ErrorKind::Protocol(format!(
                "the response was not complete after {} s, the limit for a manifest, a list or a token",
                time_limit.as_secs_f64()
            ))
            .into()),
        }
    }

    async fn read_all(mut self, limit: u64) -> Result<Reply, Fault> {
        let status = self.response.status();
        let mut body = BytesMut::new();
        let mut place = None;
        let most = if status.is_success() { limit } else { MAX_REFUSAL };
        let reads = matches!(self.method, Method::GET | Method::HEAD);
        loop {
            let piece = match self.response.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                // The status of a refused upload says enough, and its sender may well close early.
                Err(_) if !status.is_success() && !reads => break,
                Err(error) => return Err(self.broke(error)),
            };
            self.log.received(piece.len());
            if place.is_none() && body.len() + piece.len() > SMALL_ANSWER {
                // Never closed; without a place there would only be no limit.
                place = Arc::clone(&self.large_answers).acquire_owned().await.ok();
            }
            body.extend_from_slice(&piece);
            if body.len() as u64 > most {
                if status.is_success() {
                    let what = format!("the response is larger than the limit of {most} bytes");
                    return Err(ErrorKind::OverLimit { what }.into());
                }
                break;
            }
        }
        Ok(Reply {
            method: self.method,
            status,
            headers: std::mem::take(self.response.headers_mut()),
            url: self.response.url().clone(),
            body: body.freeze(),
            identity: self.identity,
            sent: self.sent,
            other_host: self.other_host,
            certificate: egress::peer_certificate(&self.response),
        })
    }

    /// The fault of a body that broke off.
    pub(crate) fn broke(&mut self, error: reqwest::Error) -> Fault {
        let network = NetworkFault::from_reqwest(error);
        self.log.failed(&network);
        Fault { other_host: self.other_host.clone(), ..ErrorKind::Network(network).into() }
    }
}

impl Reply {
    /// The header's value, if there is one and it is text.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What this refusal means for a request of something of the sort `what`.
    pub(crate) fn refusal(&self, what: Missing) -> Fault {
        let reason = Reason::of(&self.body);
        let refused = Refused {
            method: &self.method,
            status: self.status,
            reason: &reason,
            identity: self.identity,
            is_page: self.is_page(),
            is_empty: self.body.is_empty(),
            description: &self.describe(),
        };
        Fault {
            kind: refused.kind(what),
            retry_after: retry_after(&self.headers),
            sent: Some(self.sent),
            other_host: self.other_host.clone(),
        }
    }

    /// Whether the body is a web page, as far as its type says.
    pub(crate) fn is_page(&self) -> bool {
        is_page(&self.headers)
    }

    /// What came instead of a registry's answer, in a few words.
    pub(crate) fn describe(&self) -> String {
        if self.body.is_empty() {
            return "an empty body".to_owned();
        }
        let kind = displayable(self.header(header::CONTENT_TYPE).unwrap_or("no content type"));
        match reason::page(&String::from_utf8_lossy(&self.body)) {
            page if page.is_empty() => format!("a body of type {kind}"),
            page => format!("a body of type {kind}: {page}"),
        }
    }
}

/// Whether headers announce a web page.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// The wait that a refusal asks for.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    egress::parse_retry_after(value, SystemTime::now())
}
