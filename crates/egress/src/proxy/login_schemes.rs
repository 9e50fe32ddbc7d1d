//! The authentication schemes that a proxy offers, from its `Proxy-Authenticate` headers (RFC 9110 §11.6).

/// The longest name that counts as a scheme.
const MAX_SCHEME: usize = 30;

/// The schemes in these headers, each once, in the order in which they are offered.
pub(crate) fn login_schemes<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in headers.flat_map(items) {
        // What has `=` in its first word is a parameter of the scheme before it.
        let scheme = item.split_ascii_whitespace().next().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let fits = (1..=MAX_SCHEME).contains(&scheme.len()) && scheme.chars().all(is_name);
        if fits && !found.iter().any(|it| it.eq_ignore_ascii_case(scheme)) {
            found.push(scheme.to_owned());
        }
    }
    found
}

/// The schemes in words, if this program supports none of them.
pub(crate) fn unsupported_schemes(schemes: &[String]) -> Option<String> {
    let usable = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    (!usable && !schemes.is_empty()).then(|| schemes.join(" or "))
}

/// The parts of a list that commas separate, but for commas in quotes.
fn items(list: &str) -> Vec<&str> {
    let (mut items, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in list.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_found_in_every_spelling_of_the_list() {
        let cases: [(&[&str], &[&str], Option<&str>); 9] = [
            (&["Negotiate", "NTLM"], &["Negotiate", "NTLM"], Some("Negotiate or NTLM")),
            (&["Negotiate, NTLM, Basic realm=\"a, NTLM2\""], &["Negotiate", "NTLM", "Basic"], None),
            (&["NTLM", "ntlm TlRMTVNTUAACAAAA=="], &["NTLM"], Some("NTLM")),
            (&["Negotiate YII="], &["Negotiate"], Some("Negotiate")),
            (
                &["Digest realm=\"x\\\", Basic\", nonce=\"y\", qop=auth, algorithm=MD5"],
                &["Digest"],
                Some("Digest"),
            ),
            (&["BASIC realm=x"], &["BASIC"], None),
            (&["", " , ,", "=", "a\u{1b}[31m"], &[], None),
            (&["\u{e4}\"", "\"unclosed, NTLM"], &[], None),
            (&[], &[], None),
        ];
        for (headers, expected, words) in cases {
            let found = login_schemes(headers.iter().copied());
            assert_eq!(found, expected, "{headers:?}");
            assert_eq!(unsupported_schemes(&found).as_deref(), words, "{headers:?}");
        }
    }
}
