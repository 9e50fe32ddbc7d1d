//! The way to the registry: name, proxy, TLS, clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use egress::Http;
use futures_util::future::join_all;
use http::{HeaderMap, header};
use url::Url;

use super::{Check, Fact, FailureKind, NotChecked, Outcome, Report};

/// How long a name below a search domain may take: most do not exist, and some servers do not answer for them.
const SEARCH_LIMIT: Duration = Duration::from_secs(2);

/// A larger difference between the clocks is reported: tokens are valid from the second at which they are issued.
const CLOCK_TOLERANCE: i64 = 30;

/// A certificate that is valid for fewer days is reported.
const CERTIFICATE_DAYS: i64 = 30;

/// Checks the name of the registry's host, and which proxy is used.
pub(super) async fn names(http: &Http, home: &Url, report: &mut Report) {
    let host = home.host_str().unwrap_or_default();
    let proxy = http.proxy_for(home);
    let is_address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    if proxy.is_some() {
        report.add(Check::Name, Outcome::NotChecked(NotChecked::ProxyResolves));
    } else {
        report.add(
            Check::Name,
            match http.addresses(host).await {
                Ok(addresses) => Outcome::Ok(Fact::Addresses(addresses)),
                Err(reason) => Outcome::Failure(FailureKind::Unreachable, Fact::NoAddress(reason)),
            },
        );
    }
    let domains = http.search_domains();
    if !is_address && !host.ends_with('.') {
        report.add(Check::SearchDomains, search_domains(http, host, domains).await);
    }
    report.add(Check::Proxy, Outcome::Ok(proxy.map_or(Fact::Direct, Fact::ThroughProxy)));
}

/// Kubernetes sets `ndots:5` for pods and gives them the search domains of their node. So a name with fewer dots is first
/// looked up below each search domain.
async fn search_domains(http: &Http, host: &str, domains: Vec<String>) -> Outcome {
    let own = http.addresses(host).await.unwrap_or_default();
    let lookups = domains.iter().map(|domain| async move {
        let name = format!("{host}.{}", domain.trim_end_matches('.'));
        let found = tokio::time::timeout(SEARCH_LIMIT, http.addresses(&name)).await;
        (name, found.ok().and_then(Result::ok).unwrap_or_default())
    });
    let found = join_all(lookups).await;
    let other = found.into_iter().find(|(_, addresses)| addresses.iter().any(|it| !own.contains(it)));
    match other {
        Some((name, addresses)) => Outcome::Warning(Fact::OtherAddress { name, addresses }),
        None => Outcome::Ok(Fact::SearchDomains(domains)),
    }
}

/// What the TLS handshake of a response showed.
pub(super) fn tls(home: &Url, certificate: Option<&[u8]>, skip_verify: bool) -> Outcome {
    if home.scheme() != "https" {
        return Outcome::Warning(Fact::PlainHttp);
    }
    if skip_verify {
        return Outcome::Warning(Fact::AnyCertificate);
    }
    let Some(certificate) = certificate.and_then(egress::ServerCertificate::from_der) else {
        return Outcome::NotChecked(NotChecked::NotReported);
    };
    let days = (certificate.valid_until - now()) / (24 * 60 * 60);
    let fact = Fact::Certificate(certificate, days);
    if days < CERTIFICATE_DAYS { Outcome::Warning(fact) } else { Outcome::Ok(fact) }
}

/// Compares the registry's clock with the local one.
pub(super) fn clock(headers: &HeaderMap) -> Outcome {
    let date = headers.get(header::DATE).and_then(|value| value.to_str().ok());
    let Some(theirs) = date.and_then(|value| httpdate::parse_http_date(value).ok()) else {
        return Outcome::NotChecked(NotChecked::NotReported);
    };
    let difference = seconds(theirs) - now();
    let fact = Fact::ClockDifference(difference);
    if difference.abs() > CLOCK_TOLERANCE { Outcome::Warning(fact) } else { Outcome::Ok(fact) }
}

fn now() -> i64 {
    seconds(SystemTime::now())
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        let at = |offset: i64| {
            let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(now() + offset).unwrap());
            let mut headers = HeaderMap::new();
            headers.insert(header::DATE, httpdate::fmt_http_date(time).parse().unwrap());
            clock(&headers)
        };
        assert!(matches!(at(0), Outcome::Ok(Fact::ClockDifference(-1..=1))));
        assert!(matches!(at(600), Outcome::Warning(Fact::ClockDifference(599..=601))));
        assert!(matches!(at(-600), Outcome::Warning(Fact::ClockDifference(-601..=-599))));
        assert!(matches!(clock(&HeaderMap::new()), Outcome::NotChecked(NotChecked::NotReported)));
    }

    #[test]
    fn without_a_verified_certificate() {
        let (plain, tls_url) = ("http://r/v2/".parse().unwrap(), "https://r/v2/".parse().unwrap());
        assert!(matches!(tls(&plain, None, false), Outcome::Warning(Fact::PlainHttp)));
        assert!(matches!(tls(&tls_url, None, true), Outcome::Warning(Fact::AnyCertificate)));
        assert!(matches!(tls(&tls_url, Some(b"x"), false), Outcome::NotChecked(_)));
    }
}
