//! What is reached without the proxy: items of `noProxy`, completed with the registry.
//!
//! The platform's pattern for an item: `^[a-z0-9\-\./]+$`.

use std::net::Ipv4Addr;

use oci::Host;

use super::ManifestError;

/// Checks the items, leaves out empty and repeated ones, and appends the registry's host if it is not among
/// them. Its port goes: `noProxy` knows none.
///
/// The platform adds its own subnets and the cluster domain, but neither the registry nor the nodes.
///
/// # Errors
/// [`ManifestError::Refused`] with the first item that the platform's pattern does not allow, or if the
/// registry's host cannot be an item.
pub fn complete_no_proxy(items: &[String], registry: Option<&Host>) -> Result<Vec<String>, ManifestError> {
    let mut list: Vec<String> = Vec::new();
    for item in items.iter().map(|item| item.trim()).filter(|item| !item.is_empty()) {
        check(item).map_err(|(reason, instead)| {
            ManifestError::refused(format!("noProxy '{item}'"), reason, instead)
        })?;
        if !list.iter().any(|it| it == item) {
            list.push(item.to_owned());
        }
    }
    if let Some(registry) = registry {
        let host = registry.name().to_ascii_lowercase();
        check(&host).map_err(|(reason, _)| {
            let instead = "use a DNS name of letters, digits, '.' and '-', or an IPv4 address";
            ManifestError::refused(format!("noProxy '{host}', the registry"), reason, instead)
        })?;
        if !list.contains(&host) {
            list.push(host);
        }
    }
    Ok(list)
}

fn check(item: &str) -> Result<(), (String, String)> {
    if let Some((_, host)) = item.split_once("://") {
        return Err(("a URL is not allowed".to_owned(), format!("write only the host: {}", host_of(host))));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '/');
    if let Some(wrong) = item.chars().find(|c| !allowed(*c)) {
        let instead = match wrong {
            '*' => format!("write .{} for all hosts below a domain", item.trim_start_matches(['*', '.'])),
            ':' if item.matches(':').count() > 1 => {
                "IPv6 is not supported there: write a DNS name".to_owned()
            }
            ':' => format!("write the host without its port: {}", host_of(item)),
            c if c.is_ascii_uppercase() => format!("write {}", item.to_ascii_lowercase()),
            _ => "use lower-case letters, digits, '-', '.' and '/'".to_owned(),
        };
        return Err((format!("'{}' is not allowed", wrong.escape_debug()), instead));
    }
    if let Some((address, bits)) = item.split_once('/') {
        let is_subnet =
            address.parse::<Ipv4Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 32);
        if !is_subnet {
            return Err((
                "it is not a subnet".to_owned(),
                "write a host without a path, or a subnet such as 10.0.0.0/24".to_owned(),
            ));
        }
    }
    Ok(())
}

/// What is before the first port or path.
fn host_of(text: &str) -> &str {
    text.split([':', '/']).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn the_registry_is_there_once() {
        let complete = |items: &[&str], registry: &str| {
            let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
            complete_no_proxy(&items, Some(&registry.parse().unwrap())).unwrap()
        };
        assert_eq!(complete(&[], "Registry.Example.com:5000"), ["registry.example.com"]);
        assert_eq!(complete(&["r.x", " 10.0.0.0/24 ", "", "r.x"], "r.x:5000"), ["r.x", "10.0.0.0/24"]);
        assert_eq!(complete(&[".x"], "r.x"), [".x", "r.x"]);
        assert_eq!(complete_no_proxy(&[], None).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_refused_and_what_to_write() {
        for (item, told, instead) in [
            ("*.example.com", "'*'", ".example.com"),
            ("*", "'*'", "domain"),
            ("Example.com", "'E'", "example.com"),
            ("registry:5000", "':'", "registry"),
            ("fd00::1", "':'", "IPv6"),
            ("https://host:5000/a", "URL", "only the host: host"),
            ("my_host", "'_'", "lower-case"),
            ("a b", "' '", "lower-case"),
            ("host/path", "subnet", "10.0.0.0/24"),
            ("10.0.0.0/33", "subnet", "10.0.0.0/24"),
        ] {
            let Err(ManifestError::Refused { object, reason, instead: hint }) =
                complete_no_proxy(&[item.to_owned()], None)
            else {
                panic!("{item} was not refused");
            };
            assert!(
                object.contains(item) && reason.contains(told) && hint.contains(instead),
                "{reason} {hint}"
            );
        }
        for registry in ["[fd00::1]:5000", "my_host"] {
            let error = complete_no_proxy(&[], Some(&registry.parse().unwrap())).unwrap_err();
            assert!(error.to_string().contains("the registry"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_passes_that_the_pattern_refuses(item in "[a-zA-Z0-9./:*_ -]{0,12}") {
            let pattern = Regex::new(r"^[a-z0-9\-\./]+$").unwrap();
            if let Ok(list) = complete_no_proxy(&[item], None) {
                prop_assert!(list.iter().all(|item| pattern.is_match(item)));
            }
        }
    }
}
