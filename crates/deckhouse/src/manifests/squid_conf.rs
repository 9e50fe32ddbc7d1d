//! `squid.conf` for the host between the contours: the proxy that the cluster's configuration names.

use std::collections::BTreeSet;

use oci::Host;

use super::{ManifestError, ProxyUrl};

/// Where the configuration looks for logins and hashed passwords, as `htpasswd` writes them.
pub const SQUID_PASSWORDS: &str = "/etc/squid/passwords";

/// Writes a `squid.conf` that listens where the URLs say and serves only those who log in. Tunnels go to port 443
/// and to the ports of `registry` and `allowed`; plain requests also to port 80. Nothing is cached.
///
/// If `allowed` is not empty, only these hosts and the registry can be reached.
///
/// Paths are those of Debian's package (`squid-openssl` or `squid`).
///
/// # Errors
/// [`ManifestError::Refused`] if a URL has no login with a password, or requires TLS to the proxy itself, which
/// needs a certificate that is not known here.
pub fn write_squid_conf(
    proxies: &[&ProxyUrl],
    registry: Option<&Host>,
    allowed: &[Host],
) -> Result<String, ManifestError> {
    for proxy in proxies {
        if proxy.is_tls() {
            return Err(ManifestError::refused(
                "squid.conf",
                "it cannot be created for a proxy with an https:// URL",
                "write the proxy's URL as http://HOST:PORT; HTTPS traffic through the proxy is encrypted anyway",
            ));
        }
        if !proxy.is_authenticated() {
            return Err(ManifestError::refused(
                "squid.conf",
                "it requires a login, and the URL of the proxy contains none",
                "add --proxy-login and --proxy-password-file",
            ));
        }
    }
    let listen: BTreeSet<u16> = proxies.iter().map(|proxy| proxy.port()).collect();
    let listen: Vec<String> = listen.into_iter().map(|port| format!("http_port {port}")).collect();
    let listen = listen.join("\n");
    let mut tunnels = BTreeSet::from([443]);
    tunnels.extend(registry.into_iter().chain(allowed).filter_map(Host::port));
    let mut plain = tunnels.clone();
    plain.insert(80);
    let only_hosts = only_hosts(registry, allowed);
    Ok(format!(
        "\
# Logins and hashed passwords are in {SQUID_PASSWORDS}; htpasswd -B adds one.
# That file is for root and Squid only: chown root:proxy, chmod 640 (the group is squid on RPM systems).

{listen}

# /usr/lib64/squid/basic_ncsa_auth on RPM systems.
auth_param basic program /usr/lib/squid/basic_ncsa_auth {SQUID_PASSWORDS}
auth_param basic realm proxy
auth_param basic children 5
auth_param basic credentialsttl 10 minutes

acl authenticated proxy_auth REQUIRED
acl tunnel_ports port {}
acl safe_ports port {}

http_access deny manager
http_access deny !safe_ports
http_access deny CONNECT !tunnel_ports
http_access deny to_localhost
{only_hosts}http_access allow authenticated
http_access deny all

# Images are large and are kept by the registry.
cache deny all
forwarded_for delete
",
        spaced(&tunnels),
        spaced(&plain),
    ))
}

/// The lines that limit the hosts; none without `allowed`.
fn only_hosts(registry: Option<&Host>, allowed: &[Host]) -> String {
    if allowed.is_empty() {
        return String::new();
    }
    let names: BTreeSet<String> =
        registry.into_iter().chain(allowed).map(|host| host.name().to_ascii_lowercase()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(" ");
    // Without -n, Squid resolves an IP address to a name, which the owner of the address controls.
    format!("acl allowed_hosts dstdomain -n {names}\nhttp_access deny !allowed_hosts\n")
}

fn spaced(ports: &BTreeSet<u16>) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(url: &str) -> ProxyUrl {
        ProxyUrl::new("httpProxy", url, None).unwrap()
    }

    #[test]
    fn ports_are_those_of_the_urls_and_of_the_registry() {
        let (one, two) = (proxy("http://me:s3cret@p:3128"), proxy("http://me:s3cret@p"));
        for (proxies, registry, lines) in [
            (vec![&one], None, ["http_port 3128\n\n", "tunnel_ports port 443\n", "safe_ports port 80 443\n"]),
            (
                vec![&one, &two],
                Some("r.example:5000"),
                [
                    "http_port 80\nhttp_port 3128\n",
                    "tunnel_ports port 443 5000\n",
                    "safe_ports port 80 443 5000\n",
                ],
            ),
            (
                vec![&one, &one],
                Some("r.example"),
                ["http_port 3128\n\n", "tunnel_ports port 443\n", "safe_ports port 80 443\n"],
            ),
        ] {
            let registry: Option<Host> = registry.map(|host| host.parse().unwrap());
            let text = write_squid_conf(&proxies, registry.as_ref(), &[]).unwrap();
            for line in lines {
                assert!(text.contains(line), "{line:?} in {text}");
            }
            assert!(!text.contains("s3cret") && !text.contains("allowed_hosts"), "{text}");
        }
    }

    #[test]
    fn only_allowed_hosts_are_reached() {
        let host = |text: &str| -> Host { text.parse().unwrap() };
        let proxies = [&proxy("http://me:s3cret@p:3128")];
        let allowed = [host("Token.example:8443"), host("10.0.0.1"), host("token.example")];
        let text = write_squid_conf(&proxies, Some(&host("r.example:5000")), &allowed).unwrap();
        for line in [
            "acl tunnel_ports port 443 5000 8443\n",
            "acl allowed_hosts dstdomain -n 10.0.0.1 r.example token.example\n",
            "http_access deny !allowed_hosts\nhttp_access allow authenticated\n",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
    }

    #[test]
    fn no_open_proxy_and_no_tls_without_a_certificate() {
        for (url, reason) in [
            ("http://p:3128", "contains none"),
            ("http://me@p:3128", "contains none"),
            ("https://me:pw@p:3128", "https://"),
        ] {
            let error = write_squid_conf(&[&proxy(url)], None, &[]).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
