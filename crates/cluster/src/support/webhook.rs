//! URLs of webhooks: their path is often their key, so only scheme and host are kept.

use super::masked_text::MASK;

/// Whether a field of this name may have the URL of a webhook in it.
pub(super) fn is_webhook(name: &str) -> bool {
    name.to_ascii_lowercase().replace(['-', '_'], "").contains("webhook")
}

/// The URL with scheme and host only; `None` if this is not a URL.
pub(super) fn host_only(url: &str) -> Option<String> {
    let (scheme, host, _) = parts(url)?;
    Some(format!("{scheme}://{}", host.unwrap_or(MASK)))
}

/// What else the URL, its path and its key may look like in a log, each with what is shown instead.
pub(super) fn forms(url: &str) -> Vec<(String, String)> {
    /// A shorter path or part of it may be an ordinary one, such as `/api/v1`.
    const SHORTEST: usize = 16;
    let Some((_, host, rest)) = parts(url) else { return Vec::new() };
    let Some(host) = host else { return vec![(rest.to_owned(), MASK.to_owned())] };
    let behind = rest.trim_end_matches('/');
    let path = behind.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let mut forms = Vec::new();
    for tail in [behind, path].into_iter().filter(|tail| !tail.is_empty()) {
        // JSON of Go escapes `&`.
        for tail in [tail.to_owned(), tail.replace('&', r"\u0026")] {
            forms.push((format!("{host}{tail}"), host.to_owned()));
            if tail.len() >= SHORTEST {
                forms.push((tail, format!("/{MASK}")));
            }
        }
    }
    let is_key = |part: &&str| part.len() >= SHORTEST && part.contains(|c: char| c.is_ascii_digit());
    let keys = behind.split(['/', '?', '#', '&', '=']).filter(is_key);
    forms.extend(keys.map(|key| (key.to_owned(), MASK.to_owned())));
    forms
}

/// The password in the URL.
pub(super) fn password(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let (login, _) = rest[..end_of_authority(rest)].rsplit_once('@')?;
    Some(login.split_once(':')?.1)
}

/// Scheme, host with its port, and what follows. The host is `None` if it is not clear where a login ends, and all of it
/// follows.
fn parts(url: &str) -> Option<(&str, Option<&str>, &str)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let (authority, behind) = rest.split_at(end_of_authority(rest));
    match authority.rsplit_once('@') {
        Some((_, host)) => Some((scheme, Some(host), behind)),
        // The password may have a `/` in it, or the path an `@`.
        None if behind.contains('@') => Some((scheme, None, rest)),
        None => Some((scheme, Some(authority), behind)),
    }
}

fn end_of_authority(rest: &str) -> usize {
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}
