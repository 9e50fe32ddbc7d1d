//! The way to the registry: name, proxy, TLS, clock.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use egress::{Http, ServerCertificate};
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
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
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
    if !is_address && uses_search_domains(host) {
        report.add(Check::SearchDomains, search_domains(http, host).await);
    }
    report.add(Check::Proxy, Outcome::Ok(proxy.map_or(Fact::Direct, Fact::ThroughProxy)));
}

/// Kubernetes sets `ndots:5` for pods and gives them the search domains of their node. So a name with fewer dots is first
/// looked up below each search domain.
fn uses_search_domains(host: &str) -> bool {
    !host.ends_with('.') && host.matches('.').count() < 5
}

async fn search_domains(http: &Http, host: &str) -> Outcome {
    let domains = http.search_domains();
    let own = http.addresses(host).await.unwrap_or_default();
    let lookups = domains.iter().map(|domain| async move {
        let name = format!("{host}.{}", domain.trim_end_matches('.'));
        let found = tokio::time::timeout(SEARCH_LIMIT, http.addresses(&name)).await;
        (name, found.ok().and_then(Result::ok).unwrap_or_default())
    });
    let found = join_all(lookups).await;
    other_address(&own, found, domains)
}

/// Whether one of the names below search domains, with its addresses, leads elsewhere than the host name itself.
fn other_address(own: &[IpAddr], found: Vec<(String, Vec<IpAddr>)>, domains: Vec<String>) -> Outcome {
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
    match certificate.and_then(ServerCertificate::from_der) {
        Some(certificate) => validity(certificate, now()),
        None => Outcome::NotChecked(NotChecked::NotReported),
    }
}

/// How long a certificate that was accepted is still valid. `now` in seconds since 1970.
fn validity(certificate: ServerCertificate, now: i64) -> Outcome {
    let days = (certificate.valid_until - now) / (24 * 60 * 60);
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

    #[test]
    fn a_certificate_is_reported_before_it_expires() {
        let of = |days: i64| {
            let text = String::new;
            let certificate = ServerCertificate {
                subject: text(),
                issuer: text(),
                names: Vec::new(),
                not_before: text(),
                not_after: text(),
                valid_until: 1_000_000_000 + days * 24 * 60 * 60,
            };
            validity(certificate, 1_000_000_000)
        };
        assert!(matches!(of(365), Outcome::Ok(Fact::Certificate(_, 365))));
        assert!(matches!(of(30), Outcome::Ok(_)));
        assert!(matches!(of(29), Outcome::Warning(Fact::Certificate(_, 29))));
        assert!(matches!(of(-2), Outcome::Warning(Fact::Certificate(_, -2))));
    }

    #[test]
    fn names_below_search_domains() {
        for (host, expected) in [
            ("registry", true),
            ("registry.example.com", true),
            ("a.b.c.d.e.f", false),
            ("registry.example.com.", false),
        ] {
            assert_eq!(uses_search_domains(host), expected, "{host}");
        }
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let below = |addresses: Vec<IpAddr>| {
            let name = "registry.example.com.corp.example.com".to_owned();
            other_address(
                &[address(1), address(2)],
                vec![(name, addresses)],
                vec!["corp.example.com".to_owned()],
            )
        };
        assert!(matches!(below(vec![]), Outcome::Ok(Fact::SearchDomains(_))));
        // A wildcard record for the same hosts changes nothing.
        assert!(matches!(below(vec![address(2)]), Outcome::Ok(_)));
        match below(vec![address(2), address(9)]) {
            Outcome::Warning(Fact::OtherAddress { name, .. }) => assert!(name.ends_with("corp.example.com")),
            other => panic!("{other:?}"),
        }
    }
}
