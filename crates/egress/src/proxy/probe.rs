//! Asks a proxy once more for a tunnel, to learn the status that the HTTP stack threw away.
//!
//! 403 (forbidden by its rules) and 503 (it cannot reach the target) want different remedies.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::dns::Dns;

/// Longer is not worth it: the answer only makes the message better.
const PATIENCE: Duration = Duration::from_secs(5);

/// A status line has to fit into this.
const LONGEST_LINE: usize = 1024;

/// What the proxy said to `CONNECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectAnswer {
    pub(crate) status: u16,
    pub(crate) reason: String,
}

/// The proxy's answer, or `None` if it has none, takes too long, or is spoken to by TLS.
pub(super) async fn ask_proxy(proxy: &Url, target: &Url, dns: &Dns) -> Option<ConnectAnswer> {
    if proxy.scheme() != "http" {
        return None;
    }
    tokio::time::timeout(PATIENCE, ask(proxy, target, dns)).await.ok().flatten()
}

async fn ask(proxy: &Url, target: &Url, dns: &Dns) -> Option<ConnectAnswer> {
    let addresses = dns.lookup(proxy.host_str()?).await.ok()?;
    let port = proxy.port_or_known_default()?;
    let places: Vec<_> = addresses.into_iter().map(|address| (address, port).into()).collect();
    let mut stream = TcpStream::connect(&places[..]).await.ok()?;
    let place = format!("{}:{}", target.host_str()?, target.port_or_known_default()?);
    let mut request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n");
    if !proxy.username().is_empty() {
        let login = format!("{}:{}", decode(proxy.username()), decode(proxy.password().unwrap_or_default()));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&BASE64_STANDARD.encode(login));
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut line = Vec::new();
    while !line.contains(&b'\n') && line.len() < LONGEST_LINE {
        if stream.read_buf(&mut line).await.ok()? == 0 {
            break;
        }
    }
    status_line(&line)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn status_line(answer: &[u8]) -> Option<ConnectAnswer> {
    let line = String::from_utf8_lossy(answer.split(|byte| *byte == b'\n').next()?).into_owned();
    let mut words = line.trim_end().splitn(3, ' ');
    words.next().filter(|version| version.starts_with("HTTP/"))?;
    let status = words.next()?.parse().ok()?;
    let reason = words.next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(80).collect();
    Some(ConnectAnswer { status, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_status_line() {
        for (answer, expected) in [
            (&b"HTTP/1.1 403 Forbidden\r\nServer: squid"[..], Some((403, "Forbidden"))),
            (b"HTTP/1.0 503 Service Unavailable\n", Some((503, "Service Unavailable"))),
            (b"HTTP/1.1 502\r\n", Some((502, ""))),
            (b"HTTP/1.1 403 \x1b[31mred\r\n", Some((403, "[31mred"))),
            (b"HTTP/1.1 abc\r\n", None),
            (b"SSH-2.0-OpenSSH_9\r\n", None),
            (b"", None),
        ] {
            let expected = expected.map(|(status, reason)| ConnectAnswer { status, reason: reason.into() });
            assert_eq!(status_line(answer), expected, "{}", answer.escape_ascii());
        }
    }
}
