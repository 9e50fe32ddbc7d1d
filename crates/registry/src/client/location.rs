//! Where a registry sends the client next: `Location`, redirects, `Link` and token realms, and which
//! of these addresses may be shown credentials.
//!
//! Registries behind proxies name themselves wrongly in well-known ways (`http://` for a site that is
//! served by TLS, a lost port); those are mended here, everything else is taken byte for byte.

use oci::Digest;
use url::Url;

/// Whether both addresses are of one host and port.
pub(crate) fn is_same_server(one: &Url, other: &Url) -> bool {
    one.host() == other.host() && one.port_or_known_default() == other.port_or_known_default()
}

/// Resolves `location` against the address that sent it.
///
/// `None` if it is no HTTP address, or would leave TLS for another host. A plain `http://` address of
/// the same host is raised to the scheme (and, if it has none of its own, the port) it came from.
pub(crate) fn resolve(from: &Url, location: &str) -> Option<Url> {
    let mut to = from.join(location).ok()?;
    if to.host_str().is_none() || !matches!(to.scheme(), "http" | "https") {
        return None;
    }
    to.set_fragment(None);
    if from.scheme() == "https" && to.scheme() == "http" {
        if to.host() != from.host() {
            return None;
        }
        let port = to.port().or_else(|| from.port());
        to.set_scheme("https").ok()?;
        to.set_port(port).ok()?;
    } else if from.scheme() == "http"
        && to.scheme() == "https"
        && to.host() == from.host()
        && to.port_or_known_default() == from.port_or_known_default()
    {
        // This very port has just answered without TLS.
        let port = to.port_or_known_default();
        to.set_scheme("http").ok()?;
        to.set_port(port).ok()?;
    }
    Some(to)
}

/// Whether credentials meant for `home` may be sent to `to`: the same scheme, host and port, or the
/// same host by TLS where `home` is without.
pub(crate) fn may_authenticate(home: &Url, to: &Url) -> bool {
    if home.host() != to.host() {
        return false;
    }
    let same = home.scheme() == to.scheme() && home.port_or_known_default() == to.port_or_known_default();
    same || (home.scheme() == "http" && to.scheme() == "https")
}

/// The commit address of an upload: `location` with the digest added, its own query untouched (it may
/// be signed).
pub(crate) fn with_digest(location: &Url, digest: &Digest) -> Url {
    let mut url = location.clone();
    let digest = digest.to_string().replace(':', "%3A");
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&digest={digest}"),
        _ => format!("digest={digest}"),
    };
    url.set_query(Some(&query));
    url
}

/// The target of the `rel="next"` link in a `Link` header (RFC 8288).
pub(crate) fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        let end = after.find('<').unwrap_or(after.len());
        let is_next = after[..end].split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_ascii_whitespace()
                    .any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = &after[end..];
    }
    None
}

/// The addresses at which to look for the token server that `registry` names as `realm`, in order.
///
/// Registries behind a TLS proxy give a realm with the wrong scheme either way. A realm that would
/// carry credentials in the clear although the registry is reached by TLS is raised to `https` on the
/// registry's own host; one on another host is dropped (`None`), however the registry is reached.
pub(crate) fn realm_candidates(registry: &Url, realm: &str, has_credentials: bool) -> Option<Vec<Url>> {
    let given = registry.join(realm).ok()?;
    if given.host_str().is_none() || !matches!(given.scheme(), "http" | "https") {
        return None;
    }
    let same_host = given.host() == registry.host();
    match (registry.scheme(), given.scheme()) {
        ("https", "http") if same_host => resolve(registry, realm).map(|url| vec![url]),
        // In the clear a login goes to the host that was named with --insecure, and to no other.
        (_, "http") if has_credentials && !same_host => None,
        ("http", "https") if same_host => {
            let mut plain = given.clone();
            plain.set_scheme("http").ok()?;
            plain.set_port(registry.port_or_known_default()).ok()?;
            let same_port = given.port_or_known_default() == registry.port_or_known_default();
            Some(if same_port { vec![plain] } else { vec![given, plain] })
        }
        _ => Some(vec![given]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn locations() {
        let cases = [
            (
                "https://r/v2/a/blobs/uploads/",
                "/v2/a/blobs/uploads/1?_state=x%3D&y",
                Some("https://r/v2/a/blobs/uploads/1?_state=x%3D&y"),
            ),
            ("https://r/v2/a/blobs/uploads/", "https://r/x?q", Some("https://r/x?q")),
            ("https://r:5443/v2/", "http://r:5443/x", Some("https://r:5443/x")),
            ("https://r:5443/v2/", "http://r/x", Some("https://r:5443/x")),
            ("https://r/v2/", "http://r/x", Some("https://r/x")),
            ("https://r/v2/", "http://other/x", None),
            ("https://r/v2/", "https://other/x", Some("https://other/x")),
            ("http://r:5000/v2/", "https://r:5000/x", Some("http://r:5000/x")),
            ("http://r/v2/", "https://r/x", Some("https://r/x")),
            ("http://r/v2/", "ftp://r/x", None),
            ("http://r/v2/", "http://", None),
        ];
        for (from, location, expected) in cases {
            assert_eq!(resolve(&url(from), location), expected.map(url), "{from} -> {location}");
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        let cases = [
            ("https://r/", "https://r/x", true),
            ("https://r/", "https://r:443/x", true),
            ("https://r/", "https://r:8443/x", false),
            ("https://r/", "http://r/x", false),
            ("http://r/", "https://r/x", true),
            ("http://r:5000/", "http://r:5001/", false),
            ("https://r/", "https://r.evil/x", false),
        ];
        for (home, to, expected) in cases {
            assert_eq!(may_authenticate(&url(home), &url(to)), expected, "{home} -> {to}");
        }
    }

    #[test]
    fn digests_are_added_to_the_query_as_it_is() {
        let digest = Digest::of(b"");
        let encoded = digest.to_string().replace(':', "%3A");
        for (location, expected) in [
            ("http://r/u/1", format!("http://r/u/1?digest={encoded}")),
            ("http://r/u/1?", format!("http://r/u/1?digest={encoded}")),
            ("http://r/u/1?_state=a%2Bb=+&c", format!("http://r/u/1?_state=a%2Bb=+&c&digest={encoded}")),
        ] {
            assert_eq!(with_digest(&url(location), &digest).as_str(), expected);
        }
    }

    #[test]
    fn links() {
        let cases = [
            (r#"</v2/a/tags/list?n=2&last=b>; rel="next""#, Some("/v2/a/tags/list?n=2&last=b")),
            (r#"<x>; rel="prev", <y>; title="a" ; rel=next"#, Some("y")),
            (r#"<x>; rel="first next""#, Some("x")),
            (r#"<x>; rel="prev""#, None),
            ("<x", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(next_link(header), expected, "{header}");
        }
    }

    #[test]
    fn realms() {
        let cases: [(&str, &str, bool, Option<&[&str]>); 11] = [
            ("https://r/", "https://auth/t", true, Some(&["https://auth/t"])),
            ("https://r/", "http://r/t", true, Some(&["https://r/t"])),
            ("https://r/", "http://auth/t", true, None),
            ("https://r/", "http://auth/t", false, Some(&["http://auth/t"])),
            ("http://r:5000/", "https://r:5000/t", true, Some(&["http://r:5000/t"])),
            ("http://r/", "https://r/t", true, Some(&["https://r/t", "http://r/t"])),
            ("http://r/", "/t", true, Some(&["http://r/t"])),
            ("http://r/", "mailto:x", true, None),
            ("http://r:5000/", "http://r:5001/t", true, Some(&["http://r:5001/t"])),
            ("http://r/", "http://auth/t", true, None),
            ("http://r/", "http://auth/t", false, Some(&["http://auth/t"])),
        ];
        for (registry, realm, has_credentials, expected) in cases {
            let found = realm_candidates(&url(registry), realm, has_credentials);
            let expected = expected.map(|list| list.iter().map(|text| url(text)).collect::<Vec<_>>());
            assert_eq!(found, expected, "{registry} -> {realm}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let home = url("https://r:5443/v2/");
            if let Some(to) = resolve(&home, &text) {
                prop_assert_eq!(to.scheme(), "https");
            }
            let _ = next_link(&text);
            let _ = realm_candidates(&home, &text, true);
        }
    }
}
