//! `/etc/hosts`: read before DNS, and sufficient where there is no DNS.

use std::collections::HashMap;
use std::net::IpAddr;

/// Names and addresses of a hosts file, as it was when it was read.
#[derive(Debug, Default, Clone)]
pub(crate) struct Hosts(HashMap<String, Vec<IpAddr>>);

impl Hosts {
    /// Reads the text of a hosts file. Lines that make no sense are skipped, as libc does.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let mut names: HashMap<String, Vec<IpAddr>> = HashMap::new();
        for line in String::from_utf8_lossy(text).lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_ascii_whitespace();
            // A zone (`fe80::1%eth0`) has no place in `IpAddr`, so such a line is skipped too.
            let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else {
                continue;
            };
            for name in words {
                let addresses = names.entry(canonical(name)).or_default();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        Self(names)
    }

    /// Addresses of `name`, IPv4 first; `localhost` needs no line (RFC 6761 §6.3).
    pub(crate) fn find(&self, name: &str) -> Vec<IpAddr> {
        let name = canonical(name);
        let mut found = self.0.get(&name).cloned().unwrap_or_default();
        if found.is_empty() && (name == "localhost" || name.ends_with(".localhost")) {
            found = vec![IpAddr::from([127, 0, 0, 1]), std::net::Ipv6Addr::LOCALHOST.into()];
        }
        found.sort_by_key(IpAddr::is_ipv6);
        found
    }
}

fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_as_libc_does() {
        let hosts = Hosts::parse(
            b"# comment\n127.0.0.1 localhost\n10.0.0.1\tReg.Corp reg # the registry\n\
              fd00::1 dual\n10.0.0.2 dual\n10.0.0.2 dual\nnonsense name\n10.0.0.3\nfe80::1%eth0 zoned\n\xff\xfe bad\n",
        );
        for (name, expected) in [
            ("reg.corp", vec!["10.0.0.1"]),
            ("REG.corp.", vec!["10.0.0.1"]),
            ("reg", vec!["10.0.0.1"]),
            ("dual", vec!["10.0.0.2", "fd00::1"]),
            ("localhost", vec!["127.0.0.1"]),
            ("a.localhost", vec!["127.0.0.1", "::1"]),
            ("name", vec![]),
            ("zoned", vec![]),
            ("corp", vec![]),
        ] {
            let expected: Vec<IpAddr> = expected.into_iter().map(|a| a.parse().unwrap()).collect();
            assert_eq!(hosts.find(name), expected, "{name}");
        }
    }
}
