//! `NO_PROXY` by the rules of Go (`golang.org/x/net/http/httpproxy`).
//!
//! curl, Python and reqwest each read the variable in another way; the users' variables were written
//! for tools in Go.

use std::net::IpAddr;

use ipnet::IpNet;

/// What is reached directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoProxy {
    /// `*`: everything.
    All,
    /// What any of these matches.
    Any(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Network(IpNet),
    Address {
        address: IpAddr,
        port: Option<String>,
    },
    /// `suffix` begins with a dot; `whole` says whether it matches without the dot too.
    Domain {
        suffix: String,
        whole: bool,
        port: Option<String>,
    },
}

impl NoProxy {
    /// Reads the variable. Entries that make no sense match nothing.
    pub(super) fn parse(value: &str) -> Self {
        let mut entries = Vec::new();
        for word in value.split(',').map(str::trim) {
            if word == "*" {
                return Self::All;
            }
            entries.extend(entry(&word.to_lowercase()));
        }
        Self::Any(entries)
    }

    /// Whether `host` (without brackets) on `port` is to be reached without a proxy.
    pub(super) fn is_direct(&self, host: &str, port: u16) -> bool {
        let host = host.to_lowercase();
        let address: Option<IpAddr> = host.parse().ok().map(|address: IpAddr| address.to_canonical());
        // Not a matter of the variable: this machine itself is never behind the proxy.
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        let port = port.to_string();
        let port_fits = |wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| *wanted == port);
        let Self::Any(entries) = self else { return true };
        entries.iter().any(|entry| match (entry, address) {
            (Entry::Network(network), Some(address)) => network.contains(&address),
            (Entry::Address { address: listed, port }, Some(address)) => {
                *listed == address && port_fits(port)
            }
            (Entry::Domain { suffix, whole, port }, None) => {
                (host.ends_with(suffix) || *whole && host == suffix[1..]) && port_fits(port)
            }
            _ => false,
        })
    }
}

fn entry(word: &str) -> Option<Entry> {
    if let Ok(network) = word.parse::<IpNet>() {
        return Some(Entry::Network(network));
    }
    let (host, port) = split_port(word);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(Entry::Address { address: address.to_canonical(), port });
    }
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    let (domain, whole) = match host.strip_prefix('.') {
        Some(domain) => (domain, false),
        None => (host, true),
    };
    if domain.is_empty() {
        return None;
    }
    // Names in URLs are compared in their ASCII form.
    let domain = match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => ascii,
        _ => domain.to_owned(),
    };
    Some(Entry::Domain { suffix: format!(".{domain}"), whole, port })
}

/// `host:port` and `[v6]:port`; a bare IPv6 address has colons but no port.
fn split_port(word: &str) -> (&str, Option<String>) {
    let (host, port) = match word.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (word, None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (host, port.filter(|port| !port.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_behavior_of_go() {
        // Rows up to the blank line are those of Go's own proxy_test.go (UseProxyTests and friends).
        let go = "foobar.com, .barbaz.net, *.quux.org, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, \
                  2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64";
        for (no_proxy, host, port, direct) in [
            (go, "localhost", 80, true),
            (go, "127.0.0.1", 80, true),
            (go, "127.0.0.2", 80, true),
            (go, "::1", 80, true),
            (go, "::2", 80, false),
            (go, "192.168.1.1", 80, true),
            (go, "192.168.1.2", 80, false),
            (go, "192.168.1.2", 81, true),
            (go, "192.168.1.3", 80, true),
            (go, "192.168.1.4", 80, false),
            (go, "10.0.0.2", 80, true),
            (go, "2001:db8::52:0:1", 80, true),
            (go, "2001:db8::52:0:2", 443, true),
            (go, "2001:db8::52:0:2", 80, false),
            (go, "2001:db8::52:0:3", 80, true),
            (go, "2002:db8:a::123", 80, true),
            (go, "fe80::424b:c8be:1643:a1b6", 80, false),
            (go, "barbaz.net", 80, false),
            (go, "www.barbaz.net", 80, true),
            (go, "quux.org", 80, false),
            (go, "www.quux.org", 80, true),
            (go, "foobar.com", 80, true),
            (go, "www.foobar.com", 80, true),
            (go, "foofoobar.com", 80, false),
            (go, "baz.com", 80, false),
            (go, "localhost.net", 80, false),
            (go, "local.localhost", 80, false),
            (go, "barbarbaz.net", 80, false),
            (go, "::ffff:192.168.1.1", 80, true),
            ("", "localhost", 443, true),
            ("", "registry.corp", 443, false),
            ("registry.corp:5000", "registry.corp", 5000, true),
            ("registry.corp:5000", "registry.corp", 443, false),
            ("REGISTRY.Corp", "registry.CORP", 443, true),
            ("*", "10.1.2.3", 443, true),
            ("*", "registry.corp", 443, true),
            ("a.b, *, c", "registry.corp", 443, true),
            ("*corp", "registry.corp", 443, false),
            (",, .corp ,", "registry.corp", 443, true),
            (".corp:5000", "registry.corp", 5000, true),
            (".corp:5000", "registry.corp", 5001, false),
            (":5000", "registry.corp", 5000, false),
            (".", "registry.corp", 443, false),
            ("*.", "registry.corp", 443, false),
            ("[fd00::1]", "fd00::1", 443, true),
            ("fd00::/8", "fd00::1", 443, true),
            ("10.0.0.0/8", "registry.corp", 443, false),
            ("1.2.3.4", "1.2.3.40", 443, false),
            ("3.4", "1.2.3.4", 443, false),
            ("пример.рф", "xn--e1afmkfd.xn--p1ai", 443, true),
        ] {
            assert_eq!(NoProxy::parse(no_proxy).is_direct(host, port), direct, "{no_proxy:?} {host}:{port}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(value in ".*", host in "[a-z0-9.:]{0,12}", port: u16) {
            let direct = NoProxy::parse(&value).is_direct(&host, port);
            proptest::prop_assert!(direct || !value.split(',').any(|word| word.trim() == "*"));
        }

        #[test]
        fn a_listed_domain_covers_itself_and_what_is_below(domain in "[a-z]{1,8}(\\.[a-z]{1,8}){1,3}", port: u16) {
            let list = NoProxy::parse(&format!("other.example, {domain}:{port}"));
            proptest::prop_assert!(list.is_direct(&domain, port));
            let (below, beside) = (format!("below.{domain}"), format!("not{domain}"));
            proptest::prop_assert!(list.is_direct(&below, port));
            proptest::prop_assert!(!list.is_direct(&beside, port));
            proptest::prop_assert!(!list.is_direct(&domain, port ^ 1));
        }
    }
}
