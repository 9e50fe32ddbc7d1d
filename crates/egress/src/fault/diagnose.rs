//! Classifies an error of the HTTP library by the most specific cause in its chain.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::diagnosis::{Diagnosis, FaultKind};
use super::proxy_login::ProxyLogin;
use super::words::{host_of, seconds};
use super::{proxy_login, tls};
use crate::causes::{causes, find, innermost};
use crate::dns::DnsFault;
use crate::proxy::{ProxyFault, ProxyProblem};

pub(super) fn diagnose(error: &reqwest::Error) -> Diagnosis {
    let host = host_of(error.url());
    let phase = if error.is_connect() { Phase::Connecting } else { Phase::Talking };
    if let Some(fault) = find::<ProxyFault>(error) {
        return proxy(fault);
    }
    diagnose_chain(error, &host, phase, error.is_timeout())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Connecting,
    Talking,
}

/// What hyper-util's pool says to a request whose own connection was given up for one that another request makes,
/// when that one is not made either (`client/legacy/client.rs`).
const SHARED: &str = "ALPN upgraded to HTTP/2";

fn diagnose_chain(error: &(dyn Error + 'static), host: &str, phase: Phase, timed_out: bool) -> Diagnosis {
    if let Some(fault) = find::<DnsFault>(error) {
        return dns(fault);
    }
    if let Some(fault) = find::<rustls::Error>(error) {
        return tls::diagnose(fault, host);
    }
    if timed_out {
        return timeout(host, phase);
    }
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    if let Some(found) = io.map(|io| by_io(io, host, phase)).find_map(|found| found) {
        return found;
    }
    if let Some(fault) = find::<hyper::Error>(error) {
        return by_hyper(fault, host);
    }
    if phase == Phase::Connecting || innermost(error) == SHARED {
        // Requests that wait for one HTTP/2 connection get no cause when it is not made, only a private
        // error of hyper-util's pool ("request was canceled"). The next attempt gets the cause.
        let what = format!("cannot connect to {host}: the connection was aborted while it was established");
        return Diagnosis::new(FaultKind::Connect, true, what).hint(tls::client_hint(host));
    }
    Diagnosis::new(FaultKind::Other, false, format!("the request to {host} failed: {}", innermost(error)))
}

fn dns(fault: &DnsFault) -> Diagnosis {
    let diagnosis = |transient| Diagnosis::new(FaultKind::Dns, transient, fault.to_string());
    match fault {
        DnsFault::NotConfigured { .. } => {
            diagnosis(false).hint("add the host to /etc/hosts, or a nameserver to /etc/resolv.conf")
        }
        // A name may be a moment away from existing, and resolvers sometimes err; but not for long.
        DnsFault::NoSuchName { .. } => Diagnosis { attempts_limit: Some(2), ..diagnosis(true) }
            .hint("check the name, and whether the DNS of this network resolves it"),
        DnsFault::Unanswered { .. } => diagnosis(true).hint("check the nameservers in /etc/resolv.conf"),
    }
}

fn timeout(host: &str, phase: Phase) -> Diagnosis {
    let (kind, what) = match phase {
        Phase::Connecting => {
            (FaultKind::Connect, format!("no connection to {host} within the connect timeout"))
        }
        Phase::Talking => (FaultKind::Timeout, format!("{host} sent no data within the stall timeout")),
    };
    Diagnosis::new(kind, true, what)
}

fn by_io(error: &io::Error, host: &str, phase: Phase) -> Option<Diagnosis> {
    let reason = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::HostUnreachable => "host unreachable",
        ErrorKind::NetworkUnreachable => "network unreachable",
        ErrorKind::NetworkDown => "network down",
        ErrorKind::PermissionDenied => "blocked by the firewall of this machine",
        ErrorKind::ConnectionReset => "connection reset by the other side",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe => "the other side no longer accepts data",
        ErrorKind::UnexpectedEof => "the other side closed the connection unexpectedly",
        ErrorKind::TimedOut => return Some(timeout(host, phase)),
        _ => return None,
    };
    Some(if phase == Phase::Connecting {
        let transient = error.kind() != ErrorKind::PermissionDenied;
        Diagnosis::new(FaultKind::Connect, transient, format!("cannot connect to {host}: {reason}"))
    } else {
        interrupted(host, reason)
    })
}

fn by_hyper(error: &hyper::Error, host: &str) -> Diagnosis {
    if error.is_parse() {
        let what = format!("the response of {host} is not HTTP: {}", innermost(error));
        return Diagnosis::new(FaultKind::Other, false, what);
    }
    if was_not_sent(error) {
        let reason = "the other side ended the connection before this request was sent";
        return Diagnosis { unsent: true, ..interrupted(host, reason).hint(tls::client_hint(host)) };
    }
    if error.is_user() {
        let what = format!("the request to {host} failed: {}", innermost(error));
        return Diagnosis::new(FaultKind::Other, false, what);
    }
    if let Some(refusal) = tls::diagnose_text(&innermost(error), host) {
        return refusal;
    }
    let reason = if error.is_incomplete_message() {
        "the other side closed the connection unexpectedly".to_owned()
    } else {
        innermost(error)
    };
    interrupted(host, &reason)
}

/// What hyper says of a request that waited for a connection or a stream when the connection's task ended
/// (`client/dispatch.rs`, `proto/h2/client.rs`).
const DISPATCH_GONE: &str = "dispatch task is gone";

/// Whether the connection ended before the request was sent: the server announced the end of the connection (GOAWAY),
/// refused the stream, or closed while the request waited for its turn.
///
/// hyper reports the cause only to what drives the connection. With TLS 1.3 it may be that the server wanted a client
/// certificate: it says so after the handshake.
fn was_not_sent(error: &hyper::Error) -> bool {
    if error.is_closed() || error.is_canceled() || error.to_string() == DISPATCH_GONE {
        return true;
    }
    find::<h2::Error>(error).is_some_and(|error| {
        error.is_remote()
            && match error.reason() {
                Some(h2::Reason::REFUSED_STREAM) => true,
                Some(h2::Reason::NO_ERROR) => error.is_go_away(),
                _ => false,
            }
    })
}

fn interrupted(host: &str, reason: &str) -> Diagnosis {
    Diagnosis::new(FaultKind::Interrupted, true, format!("the connection to {host} broke off: {reason}"))
}

fn proxy(fault: &ProxyFault) -> Diagnosis {
    let ProxyFault { proxy, target, problem, .. } = fault;
    let direct = format!("if {target} can be reached directly, add it to NO_PROXY");
    let place = proxy.as_str().trim_end_matches('/');
    let new = |transient, what| Diagnosis::new(FaultKind::Proxy, transient, what);
    match problem {
        ProxyProblem::Login { login_sent, schemes } => proxy_login::diagnose(&ProxyLogin {
            proxy: &format!(" {place}"),
            does: "connects to",
            host: target,
            login_sent: *login_sent,
            schemes,
            variable: "HTTPS_PROXY",
        }),
        ProxyProblem::Refused(Some(answer)) => {
            let what = format!(
                "the proxy {place} refused to connect to {target}: {} {}",
                answer.status, answer.reason
            );
            let by_rule = answer.status < 500;
            let remedy = if by_rule { "allow CONNECT to" } else { "check whether the proxy can reach" };
            new(!by_rule, what.trim_end().to_owned()).hint(format!("{remedy} {target}")).hint(direct)
        }
        ProxyProblem::Refused(None) => {
            new(true, format!("the proxy {place} refused to connect to {target}")).hint(direct)
        }
        ProxyProblem::Timeout(limit) => {
            let what =
                format!("no connection to {target} through the proxy {place} within {}", seconds(*limit));
            new(true, what).hint(direct)
        }
        ProxyProblem::Unreachable => {
            let source = fault.source().unwrap_or(fault);
            let timed_out = find::<io::Error>(source).is_some_and(|io| io.kind() == ErrorKind::TimedOut);
            let inner = diagnose_chain(source, place, Phase::Connecting, timed_out);
            let what = format!("cannot reach {target} through the proxy: {}", inner.what);
            Diagnosis { kind: FaultKind::Proxy, what, ..inner }.hint(direct)
        }
    }
}
