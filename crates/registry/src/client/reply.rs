//! A whole answer of a registry, and what a refusal means.
//!
//! "Not there" must be certain, since a mirror leaves out what is not there: a 404 counts only with the
//! registry's own error document or with no body at all. A web server's page is no registry's answer.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use egress::NetworkFault;
use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::{
    auth::Standing,
    error::{ErrorKind, Fault, Missing},
};
use crate::envelope::Envelope;

/// More than any error document has; the rest of a longer page is of no use.
const MAX_REFUSAL: u64 = 64 * 1024;

/// Text of a server is cut to this many characters before it is shown.
const MAX_SHOWN: usize = 300;

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
    pub(crate) standing: Standing,
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) response: reqwest::Response,
    pub(crate) method: Method,
    pub(crate) standing: Standing,
}

impl Opened {
    /// Reads the body: at most `limit` bytes of a success, and the beginning of anything else.
    pub(crate) async fn read(mut self, limit: u64) -> Result<Reply, Fault> {
        let status = self.response.status();
        let mut body = BytesMut::new();
        let most = if status.is_success() { limit } else { MAX_REFUSAL };
        loop {
            let piece = match self.response.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                // The status of a refusal says enough, and its sender may well close early.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(ErrorKind::Network(NetworkFault::from_reqwest(error)).into()),
            };
            body.extend_from_slice(&piece);
            if body.len() as u64 > most {
                if status.is_success() {
                    let limit = format!("the answer is larger than the {most} bytes that are read");
                    return Err(ErrorKind::TooLarge { limit }.into());
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
            standing: self.standing,
        })
    }
}

impl Reply {
    /// The header's value, if there is one and it is text.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What this refusal means for a request of something of the sort `what`.
    pub(crate) fn refusal(&self, what: Missing) -> Fault {
        Fault { kind: self.refusal_kind(what), retry_after: retry_after(&self.headers), token_server: None }
    }

    fn refusal_kind(&self, what: Missing) -> ErrorKind {
        let problem = Envelope::parse(&self.body).and_then(|envelope| envelope.errors.into_iter().next());
        let is_enveloped = problem.is_some();
        let (code, words) = problem.map_or_else(
            || (String::new(), self.page()),
            |problem| (displayable(&problem.code), displayable(&problem.message)),
        );
        let message = match (code.is_empty(), words.is_empty()) {
            (false, false) => format!("{code}: {words}"),
            _ => format!("{code}{words}"),
        };
        match self.status {
            // Who holds a token that was issued for a password is known: what is refused is a right.
            StatusCode::UNAUTHORIZED if self.standing == Standing::Known => ErrorKind::Denied { message },
            StatusCode::UNAUTHORIZED => {
                ErrorKind::Unauthorized { message, with_credentials: self.standing == Standing::Claimed }
            }
            StatusCode::FORBIDDEN => ErrorKind::Denied { message },
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited { message },
            StatusCode::NOT_FOUND if is_enveloped || self.body.is_empty() || self.method == Method::HEAD => {
                let what = if code == "NAME_UNKNOWN" { Missing::Repository } else { what };
                ErrorKind::NotFound { what, message }
            }
            StatusCode::NOT_FOUND => {
                ErrorKind::NotARegistry { answer: format!("status 404 with {}", self.describe()) }
            }
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::TooLarge {
                limit: if message.is_empty() {
                    "the registry, or a proxy before it, limits the size of a request".to_owned()
                } else {
                    message
                },
            },
            status if status.is_redirection() => ErrorKind::Protocol(format!(
                "the registry answered with a redirect ({status}) that cannot be followed"
            )),
            status => ErrorKind::Server { status: status.as_u16(), code, message: words },
        }
    }

    /// What came instead of a registry's answer, in a few words.
    pub(crate) fn describe(&self) -> String {
        if self.body.is_empty() {
            return "an empty body".to_owned();
        }
        let kind = displayable(self.header(header::CONTENT_TYPE).unwrap_or("no content type"));
        match self.page() {
            page if page.is_empty() => format!("a body of type {kind}"),
            page => format!("a body of type {kind}: {page}"),
        }
    }

    /// The title of an HTML page, or the beginning of a plain text.
    fn page(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let is_html = text.trim_start().starts_with('<');
        let title = text
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"))
            .map(|(title, _)| displayable(title));
        match title {
            Some(title) => title,
            None if is_html => String::new(),
            None => displayable(&text),
        }
    }
}

/// The wait that a refusal asks for.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    egress::parse_retry_after(value, SystemTime::now())
}

/// A server's text made fit for a terminal: one line, no control characters, not endless.
pub(crate) fn displayable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(MAX_SHOWN)
        .collect();
    shown.truncate(shown.trim_end().len());
    shown.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(method: Method, status: u16, body: &str) -> Reply {
        Reply {
            method,
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            url: "http://r/".parse().unwrap(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            standing: Standing::Claimed,
        }
    }

    #[test]
    fn only_a_registry_can_say_that_something_is_not_there() {
        let envelope = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
        let name = r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#;
        let html = "<html><head><title>404 Not\nFound</title></head></html>";
        let text =
            |method, status, body| reply(method, status, body).refusal(Missing::Manifest).kind.to_string();
        for (method, status, body, expected) in [
            (
                Method::GET,
                404,
                envelope,
                "the registry does not have this manifest (MANIFEST_UNKNOWN: manifest unknown)",
            ),
            (Method::GET, 404, name, "the registry does not have this repository (NAME_UNKNOWN)"),
            (Method::GET, 404, "", "the registry does not have this manifest"),
            (Method::HEAD, 404, "", "the registry does not have this manifest"),
            (
                Method::GET,
                404,
                html,
                "this is not a container registry: status 404 with a body of type no content type: 404 Not Found",
            ),
            (
                Method::GET,
                404,
                "404 page not found\n",
                "this is not a container registry: status 404 with a body of type no content type: 404 page not found",
            ),
            (Method::GET, 403, "", "access is denied"),
            (Method::GET, 401, "", "the credentials were refused"),
            (Method::GET, 429, "slow down", "too many requests (slow down)"),
            (Method::PUT, 413, html, "too large: 404 Not Found"),
            (Method::GET, 502, "<html>", "the registry answered 502"),
            (Method::PUT, 400, envelope, "the registry answered 400 (MANIFEST_UNKNOWN: manifest unknown)"),
        ] {
            assert_eq!(text(method, status, body), expected);
        }
    }

    #[test]
    fn foreign_text_is_tamed() {
        assert_eq!(displayable("a\u{1b}[31mb\r\nc\u{202e}d "), "a [31mb  cd");
        assert_eq!(displayable(&"x".repeat(1000)).len(), MAX_SHOWN);
    }
}
