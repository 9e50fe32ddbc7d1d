//! Untrusted texts, made safe to show: one line, of limited length, without secrets of URLs.

use foreign_text::ForeignText;

/// The longest name that the API server accepts, in characters.
const NAME: usize = 253;

/// An untrusted text, made safe where it is read: one line without control characters, and without logins and queries
/// of URLs.
pub(crate) fn foreign(text: &str) -> ForeignText {
    let has_secret = |word: &str| without_secrets(word, false) != word;
    if text.split_whitespace().any(has_secret) {
        let words: Vec<String> = text.split_whitespace().map(|word| without_secrets(word, false)).collect();
        return words.join(" ").into();
    }
    text.into()
}

/// The address of a registry or an image, in which nothing but scheme, host and path is shown. A login without a scheme is
/// one here, also without a password.
pub(crate) fn address(text: &str) -> String {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let rest = &rest[login_end(rest).unwrap_or_default()..];
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let colon = if scheme.is_empty() { "" } else { "://" };
    ForeignText::from(format!("{scheme}{colon}{rest}")).into()
}

/// The name of an object, or a key: as the API server takes it.
pub(crate) fn name(text: &str) -> String {
    ForeignText::limited(text, NAME).into()
}

/// In one line of at most 300 characters; logins and queries of URLs are left out.
pub(crate) fn short(text: &str) -> ForeignText {
    const LENGTH: usize = 300;
    let words: Vec<String> = text.split_whitespace().map(|word| without_secrets(word, false)).collect();
    ForeignText::limited(&words.join(" "), LENGTH)
}

/// The same; of URLs only scheme and host are left, since the path of a webhook is often its key.
pub(crate) fn hosts_only(text: &str) -> String {
    text.split_whitespace().map(|word| without_secrets(word, true)).collect::<Vec<_>>().join(" ")
}

fn without_secrets(word: &str, host_only: bool) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return without_scheme(word) };
    // A password may have any character, so what ends a URL is looked for behind the login.
    let closed = rest.find(['"', '>']).unwrap_or(rest.len());
    let login = login_end(&rest[..closed]);
    let rest = &rest[login.unwrap_or_default()..];
    let end = rest.find(['"', '\'', ',', ')', '>']).unwrap_or(rest.len());
    let (url, after) = rest.split_at(end);
    let (authority, path) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
    let path = if host_only { "" } else { path.split(['?', '#']).next().unwrap_or_default() };
    // A port has digits alone: else it is a password that was cut off at a space.
    let port = authority.rsplit_once(':').filter(|_| !authority.ends_with(']')).map(|(_, port)| port);
    let authority =
        if port.is_some_and(|port| !port.bytes().all(|it| it.is_ascii_digit())) { "..." } else { authority };
    // Several URLs in one word.
    format!(
        "{scheme}://{authority}{path}{}",
        if after.contains("://") { without_secrets(after, host_only) } else { after.to_owned() }
    )
}

/// `USER:PASSWORD@HOST` and `HOST/PATH?KEY=VALUE`, as addresses of registries are often written.
fn without_scheme(word: &str) -> String {
    const AROUND: [char; 8] = ['"', '\'', '(', '<', '[', '=', '`', ','];
    let mut kept = word;
    let mut before = "";
    if let Some(end) = login_end(word)
        && word[..end].contains(':')
    {
        before = &word[..word.len() - word.trim_start_matches(AROUND).len()];
        kept = &word[end..];
    }
    let query = kept.find('?').filter(|at| {
        let rest = &kept[at + 1..];
        let key = rest.split('=').next().unwrap_or_default();
        rest.contains('=') && key.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-.[]%".contains(&it))
    });
    let (shown, after) = match query {
        Some(at) => {
            let end = kept[at..].find(['"', '\'', ',', ')', '>']).map_or(kept.len(), |end| at + end);
            (&kept[..at], &kept[end..])
        }
        None => (kept, ""),
    };
    format!("{before}{shown}{after}")
}

/// Where what may be a login ends: behind the last `@` that is not before a digest.
fn login_end(text: &str) -> Option<usize> {
    text.rmatch_indices('@').map(|(at, _)| at + 1).find(|end| !is_digest(&text[*end..]))
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        matches!(algorithm, "sha256" | "sha384" | "sha512")
            && hex.bytes().take(32).filter(u8::is_ascii_hexdigit).count() == 32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_removed_and_nothing_else_is_changed() {
        let digest = format!("reg.example:5000/dkp@sha256:{}", "0a".repeat(32));
        for kept in [
            "User \"alice@example.com\" cannot list",
            "\"k8s\" requirement for DeckhouseRelease \"1.71.4\" not met: too old",
            "what? a=b",
            "10:30 until 12:00, see ops@example.com",
            "https://[::1]:5000/v2/",
            "https://reg.example:5000/v2/",
            &digest,
            ">= 1.29, < 2",
        ] {
            assert_eq!(foreign(kept), kept);
        }
        for (text, shown) in [
            ("(u:p@reg.example/a)", "(reg.example/a)"),
            ("pull reg.example/a?x[y]=p now", "pull reg.example/a now"),
            ("https://u:p,q@reg.example/a", "https://reg.example/a"),
            ("https://u:p q@reg.example/a", "https://... q@reg.example/a"),
            ("https://a/b,https://u:p@c/d", "https://c/d"),
        ] {
            assert_eq!(foreign(text), shown);
        }
        for (text, shown) in [
            ("token@reg.example/a", "reg.example/a"),
            ("https://u:p q@reg.example/a?b#c", "https://reg.example/a"),
            (&*digest, &*digest),
            (&*format!("u:p@{digest}"), &*digest),
            ("reg.example/a\nhint: x", "reg.example/a hint: x"),
        ] {
            assert_eq!(address(text), shown);
        }
    }

    #[test]
    fn secrets_are_removed_from_urls() {
        for (text, shown, host) in [
            (
                "Get \"https://u:p@r.example/v2/?token=x\": refused",
                "Get \"https://r.example/v2/\": refused",
                "Get \"https://r.example\": refused",
            ),
            (
                "Post https://hook.example/T0/KEY#f",
                "Post https://hook.example/T0/KEY",
                "Post https://hook.example",
            ),
            ("a\n  b", "a b", "a b"),
        ] {
            assert_eq!(short(text), shown);
            assert_eq!(hosts_only(text), host);
        }
        assert_eq!(short(&"x".repeat(400)).len(), 303);
    }
}
