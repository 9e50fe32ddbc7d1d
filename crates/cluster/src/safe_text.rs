//! Texts of others, made fit to be shown: one line, not too long, and no secret of a URL in it.

/// In one line, shortened; logins and queries of URLs are left out.
pub(crate) fn short(text: &str) -> String {
    const LENGTH: usize = 300;
    let line = text.split_whitespace().map(|word| without_secrets(word, false)).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LENGTH {
        line
    } else {
        line.chars().take(LENGTH).chain("...".chars()).collect()
    }
}

/// The same; of URLs only scheme and host are left, since the path of a webhook is often its key.
pub(crate) fn hosts_only(text: &str) -> String {
    text.split_whitespace().map(|word| without_secrets(word, true)).collect::<Vec<_>>().join(" ")
}

fn without_secrets(word: &str, host_only: bool) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let end = rest.find(['"', '\'', ',', ')', '>']).unwrap_or(rest.len());
    let (url, after) = rest.split_at(end);
    let (authority, path) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = if host_only { "" } else { path.split(['?', '#']).next().unwrap_or_default() };
    format!("{scheme}://{host}{path}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_what_may_be_secret() {
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
