//! Secrets in texts such as logs, by their form.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{
    lines::{Line, lines_below},
    mask::{is_report, is_secret},
    webhook::{self, is_webhook},
};

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
/// The end of a private key, and everything before it.
static END_OF_KEY: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?s)\A(.*?)-----(BEGIN|END) [A-Z0-9 ]*PRIVATE KEY-----"));
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
/// What is in the line of a field whose value is in the lines below: nothing, or the sign of a block of text.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^[ \t]*(?:[!&][^\s\\]{0,60}[ \t]*){0,2}(?:[|>][0-9+-]{0,2})?[ \t]*(?:#[^\n\\]{0,200})?(?:\r?\n|(?:\\r)?\\n)",
    )
});
/// The kinds of licenses, before the name of an object.
const LICENSE: [&str; 2] = ["ClusterLicense/", "EffectiveLicense/"];
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
        let host = is_webhook(&found[1]).then(|| webhook::host_only(&found[3])).flatten();
        match host.as_deref().or(is_secret(&found[1]).then_some(MASK)) {
            Some(shown) => format!("{}{}{shown}", &found[1], &found[2]),
            None => found[0].to_owned(),
        }
    });
    named(&text)
}

/// A log that begins in a private key, without this key. Its beginning cannot be recognized by its form.
pub(super) fn without_end_of_key(text: &str) -> String {
    match END_OF_KEY.captures(text) {
        Some(found) if &found[2] == "END" => MASK.to_owned() + &text[found[0].len()..],
        _ => text.to_owned(),
    }
}

/// Masks the values behind names of secrets: `password=…`, `"token": "…"`, `\"token\":\"…\"`, a line of YAML with the lines
/// that belong to it.
pub(super) fn named(text: &str) -> String {
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    let mut line = Line::first(text);
    for found in NAMED.captures_iter(text) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        let (mut at, mut name) = (whole.start(), name.as_str());
        // The letter of a line feed within JSON.
        if let Some(behind) = name.strip_prefix('n').filter(|_| text[..at].ends_with('\\')) {
            (at, name) = (at + 1, behind);
        }
        let is_url = is_webhook(name) && !is_secret(name);
        if at < done || !(is_url || is_secret(name)) || LICENSE.iter().any(|kind| name.starts_with(kind)) {
            continue;
        }
        if is_url {
            let (start, end) = url(text, whole.end());
            if let Some(host) = webhook::host_only(&text[start..end]) {
                masked.push_str(&text[done..start]);
                masked.push_str(&host);
                done = end;
            }
            continue;
        }
        line.move_to(text, at);
        let spaces = line.spaces_before(text, done, at).filter(|_| whole.as_str().trim_end().ends_with(':'));
        if let Some((spaces, header)) = spaces.zip(HEADER.find(&text[whole.end()..])) {
            let is_empty = !header.as_str().contains(['|', '>']);
            let below = whole.end() + header.end();
            let feed = if header.as_str().ends_with('\n') { "\n" } else { r"\n" };
            let end = lines_below(text, below, spaces, feed, is_empty);
            // What is in a report is masked by its own names.
            if end > below && !(is_report(name) && is_empty) {
                masked.push_str(text[done..whole.end()].trim_end_matches([' ', '\t']));
                masked.push(' ');
                masked.push_str(MASK);
                done = end;
                continue;
            }
        }
        let is_line = at <= line.content && whole.as_str().ends_with(": ");
        let (start, end) = value(text, whole.end(), is_line);
        let is_nothing = ["", MASK, "true", "false", "null", "nil", "<nil>", "none"];
        if !is_nothing.contains(&text[start..end].trim()) {
            masked.push_str(&text[done..start]);
            masked.push_str(MASK);
            done = end;
            let is_continued = is_line && text[end..].starts_with('\n');
            if let Some(spaces) = spaces.filter(|_| is_continued) {
                let below = lines_below(text, end + 1, spaces, "\n", false);
                done = if below > end + 1 { below } else { end };
            }
        }
    }
    masked + &text[done..]
}

/// Where the URL that begins at `at` is, without its quotes.
fn url(text: &str, at: usize) -> (usize, usize) {
    let start = text.len() - text[at..].trim_start_matches(['\\', '"', '\'']).len();
    let mut end = start;
    loop {
        let ends = |c: char| c.is_whitespace() || "\"'`<>)]}\\".contains(c);
        end = text[end..].find(ends).map_or(text.len(), |more| end + more);
        // So JSON of Go writes `&`.
        if !text[end..].starts_with(r"\u0026") {
            return (start, end);
        }
        end += 1;
    }
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
        Some('[') => {
            // JSON in several lines.
            let is_open = rest[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n');
            let ends: &[char] = if is_open { &[']'] } else { &[']', '\n'] };
            let end = rest.find(ends);
            let end = end.map_or(rest.len(), |end| end + usize::from(rest.as_bytes()[end] == b']'));
            (start, start + end)
        }
        Some('{') => (start, start),
        _ if is_line => (start, start + rest.find('\n').unwrap_or(rest.len())),
        _ => {
            let ends = |c: char| c.is_whitespace() || ",;&\"'()]}\\".contains(c);
            (start, start + rest.find(ends).unwrap_or(rest.len()))
        }
    }
}
