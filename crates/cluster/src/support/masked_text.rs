//! Secrets in texts such as logs, by their form.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::mask::is_secret;

/// What is written instead of a secret.
pub(super) const MASK: &str = "***";

fn regex(pattern: &str) -> Regex {
    match Regex::new(pattern) {
        Ok(regex) => regex,
        Err(error) => unreachable!("{pattern} is constant: {error}"),
    }
}

/// A private key, up to its end or the end of the text. In a log its line feeds may be escaped.
static PRIVATE_KEY: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)")
});
/// The login in a URL. A password may contain `@`, so the last one before the path ends it.
static URL_LOGIN: LazyLock<Regex> = LazyLock::new(|| regex(r#"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/"'<>]*@"#));
/// A login without a scheme, before the host of a registry or a proxy.
static LOGIN: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"(^|[\s"'(=,\[])[A-Za-z0-9._~-]+:[^\s/"'@]+@([A-Za-z0-9-]+[.:])"#));
/// The value of an `Authorization` header.
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(bearer|basic|negotiate)(\s+)([A-Za-z0-9+/=._~-]{8,})"));
/// JSON in base64: tokens and logins of container runtimes.
static ENCODED: LazyLock<Regex> = LazyLock::new(|| regex(r"eyJ[A-Za-z0-9_+/=.-]{16,}"));
/// Tokens whose form says who has issued them, and bootstrap tokens of Kubernetes.
static ISSUED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:(?:gh[opsu]|github_pat|glpat|gldt|xox[abeprs])[-_][A-Za-z0-9_-]{10,}|A[KS]IA[0-9A-Z]{16}|[a-z0-9]{6}\.[a-z0-9]{16}\b)",
    )
});
/// A name and what separates it from its value; quotes may be escaped.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"([A-Za-z0-9_./-]+)(\\*["']?[ \t]{0,2}[:=][ \t]{0,4})"#));
/// A flag and its value in the next word.
static FLAG: LazyLock<Regex> = LazyLock::new(|| regex(r"(--?[A-Za-z][A-Za-z0-9-]*)([ \t]+)([^\s-]\S*)"));

/// The text with everything masked that has the form of a secret.
pub(super) fn without_forms(text: &str) -> String {
    let text = PRIVATE_KEY.replace_all(text, MASK);
    let text = URL_LOGIN.replace_all(&text, format!("${{1}}{MASK}@"));
    let text = LOGIN.replace_all(&text, format!("${{1}}{MASK}@${{2}}"));
    let text = SCHEME.replace_all(&text, |found: &Captures<'_>| {
        let is_token = found[3].len() >= 20 || found[3].contains(|c: char| c.is_ascii_digit() || c == '=');
        if is_token { format!("{}{}{MASK}", &found[1], &found[2]) } else { found[0].to_owned() }
    });
    let text = ENCODED.replace_all(&text, MASK);
    let text = ISSUED.replace_all(&text, MASK);
    let text = FLAG.replace_all(&text, |found: &Captures<'_>| {
        if is_secret(&found[1]) { format!("{}{}{MASK}", &found[1], &found[2]) } else { found[0].to_owned() }
    });
    named(&text)
}

/// Masks the values behind names of secrets: `password=…`, `"token": "…"`, `\"token\":\"…\"`, a line of YAML.
fn named(text: &str) -> String {
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    for found in NAMED.captures_iter(text) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        if whole.start() < done || !is_secret(name.as_str()) {
            continue;
        }
        let line = text[..whole.start()].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line..whole.start()];
        let is_line = before.trim_matches([' ', '\t', '-']).is_empty() && whole.as_str().ends_with(": ");
        let (start, end) = value(text, whole.end(), is_line);
        let is_nothing = ["", MASK, "true", "false", "null", "nil", "<nil>", "none"];
        if !is_nothing.contains(&text[start..end].trim()) {
            masked.push_str(&text[done..start]);
            masked.push_str(MASK);
            done = end;
        }
    }
    masked + &text[done..]
}

/// Where the value that begins at `at` is, without its quotes. `is_line`: without quotes it is the rest of the line.
fn value(text: &str, at: usize, is_line: bool) -> (usize, usize) {
    let rest = &text[at..];
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let start = at + escapes;
    let rest = &text[start..];
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &rest[1..];
            // The quote that closes it is escaped as the one that opens it is.
            let end = inner.match_indices(quote).map(|(at, _)| at).find(|at| {
                let before = &inner[..*at];
                before.len() - before.trim_end_matches('\\').len() == escapes
            });
            let end = end.map_or(inner.len(), |end| end - escapes);
            (start + 1, start + 1 + end)
        }
        Some('[') => (
            start,
            start
                + rest
                    .find([']', '\n'])
                    .map_or(rest.len(), |end| end + usize::from(rest.as_bytes()[end] == b']')),
        ),
        Some('{') => (start, start),
        _ if is_line => (start, start + rest.find('\n').unwrap_or(rest.len())),
        _ => {
            let ends = |c: char| c.is_whitespace() || ",;&\"'()]}\\".contains(c);
            (start, start + rest.find(ends).unwrap_or(rest.len()))
        }
    }
}
