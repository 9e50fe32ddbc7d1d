//! Sends `CONNECT` to a proxy once more, to get what the HTTP library does not pass on: the status and the headers.
//!
//! 403 (forbidden by its rules) and 503 (it cannot reach the target) need different hints, and so do the login
//! schemes that come with 407.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use foreign_text::ForeignText;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::login_schemes::login_schemes;
use crate::dns::Dns;

/// The time limit for the whole exchange. The answer only improves the message.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// The most that is read of the answer's head, in bytes; Kerberos challenges are long.
const MAX_HEAD: usize = 32 * 1024;

/// The most characters of the reason that are shown.
const MAX_REASON: usize = 80;

/// The proxy's answer to `CONNECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectAnswer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// The login schemes that it offers.
    pub(crate) schemes: Vec<String>,
}

/// The proxy's answer, or `None` if there is none in time, or if the proxy uses TLS. The login in its URL is sent
/// along only if `with_login`: sending a wrong one again may lock the account.
pub(super) async fn ask_proxy(
    proxy: &Url,
    target: &Url,
    dns: &Dns,
    with_login: bool,
) -> Option<ConnectAnswer> {
    if proxy.scheme() != "http" {
        return None;
    }
    tokio::time::timeout(PROBE_TIMEOUT, ask(proxy, target, dns, with_login)).await.ok().flatten()
}

async fn ask(proxy: &Url, target: &Url, dns: &Dns, with_login: bool) -> Option<ConnectAnswer> {
    let addresses = dns.lookup(proxy.host_str()?).await.ok()?;
    let port = proxy.port_or_known_default()?;
    let places: Vec<_> = addresses.into_iter().map(|address| (address, port).into()).collect();
    let mut stream = TcpStream::connect(&places[..]).await.ok()?;
    let place = format!("{}:{}", target.host_str()?, target.port_or_known_default()?);
    let mut request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n");
    if with_login && !proxy.username().is_empty() {
        let login = format!("{}:{}", decode(proxy.username()), decode(proxy.password().unwrap_or_default()));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&BASE64_STANDARD.encode(login));
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = Vec::new();
    while !is_whole(&head) && head.len() < MAX_HEAD {
        // What came before the proxy broke off is an answer too.
        if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
            break;
        }
    }
    answer(&head)
}

fn is_whole(head: &[u8]) -> bool {
    head.windows(4).any(|end| end == b"\r\n\r\n") || head.windows(2).any(|end| end == b"\n\n")
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn answer(head: &[u8]) -> Option<ConnectAnswer> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut words = lines.next()?.trim_end().splitn(3, ' ');
    words.next().filter(|version| version.starts_with("HTTP/"))?;
    let status = words.next()?.parse().ok()?;
    let reason = ForeignText::limited(words.next().unwrap_or_default(), MAX_REASON).into();
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let schemes = headers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"));
    Some(ConnectAnswer { status, reason, schemes: login_schemes(schemes.map(|(_, value)| value)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_head_of_an_answer() {
        for (answer, expected) in [
            (&b"HTTP/1.1 403 Forbidden\r\nServer: squid"[..], Some((403, "Forbidden"))),
            (b"HTTP/1.0 503 Service Unavailable\n", Some((503, "Service Unavailable"))),
            (b"HTTP/1.1 502\r\n", Some((502, ""))),
            (b"HTTP/1.1 403 \x1b[31mred\r\n", Some((403, "\u{fffd}[31mred"))),
            (b"HTTP/1.1 abc\r\n", None),
            (b"SSH-2.0-OpenSSH_9\r\n", None),
            (b"", None),
        ] {
            let expected = expected.map(|(status, reason): (u16, &str)| (status, reason.to_owned()));
            let found = super::answer(answer).map(|it| (it.status, it.reason));
            assert_eq!(found, expected, "{}", answer.escape_ascii());
        }
        let whole = b"HTTP/1.1 407 Login\r\nproxy-authenticate: NTLM\r\nX: Basic\r\nProxy-Authenticate:Negotiate\r\n\r\n\
                      Proxy-Authenticate: Basic\r\n";
        for (head, schemes) in [(&whole[..], &["NTLM", "Negotiate"][..]), (&whole[..44], &["NTLM"])] {
            assert_eq!(super::answer(head).unwrap().schemes, schemes, "{}", head.escape_ascii());
        }
        assert!(is_whole(whole) && is_whole(b"HTTP/1.1 407\n\n") && !is_whole(&whole[..44]));
    }
}
