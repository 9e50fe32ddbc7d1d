//! `WWW-Authenticate`: the authentication that a registry requires (RFC 9110, section 11.6.1).
//!
//! The header holds a list of challenges whose parameters are separated by the same comma as the
//! challenges themselves, and real servers bend the grammar, so reading is lenient: what cannot be
//! understood is skipped, never an error.

/// One way of authenticating that a registry offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// Login and password in every request.
    Basic,
    /// A short-lived token from a token server.
    Bearer {
        /// Address of the token server, as sent.
        realm: String,
        /// The name under which the token server knows the registry.
        service: Option<String>,
        /// What the refused request would have needed, space-separated.
        scope: Option<String>,
    },
}

/// The challenge to follow among those of one response: a bearer token if there is one, since it
/// lives shorter than a password, else Basic.
pub(crate) fn choose<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Challenge> {
    let mut basic = None;
    for header in headers {
        for challenge in parse(header) {
            match challenge {
                Challenge::Bearer { .. } => return Some(challenge),
                Challenge::Basic => basic = Some(challenge),
            }
        }
    }
    basic
}

/// Whether a response says that the token of the request is not valid: expired, revoked, or not valid yet.
pub(crate) fn refuses_token<'a>(headers: impl IntoIterator<Item = &'a str>) -> bool {
    let mut challenges = headers.into_iter().flat_map(schemes);
    challenges.any(|(scheme, parameters)| {
        scheme.eq_ignore_ascii_case("bearer")
            && parameter(&parameters, "error").is_some_and(|error| error == "invalid_token")
    })
}

/// Every challenge of a known scheme in one header value.
fn parse(header: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    for (scheme, parameters) in schemes(header) {
        let get = |name: &str| parameter(&parameters, name);
        if scheme.eq_ignore_ascii_case("basic") {
            found.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = get("realm")
        {
            found.push(Challenge::Bearer { realm, service: get("service"), scope: get("scope") });
        }
    }
    found
}

/// Every scheme in one header value, with its parameters.
fn schemes(header: &str) -> Vec<(&str, Vec<(&str, String)>)> {
    let mut cursor = Cursor { rest: header };
    std::iter::from_fn(|| Some((cursor.scheme()?, cursor.parameters()))).collect()
}

/// The value of a parameter; `None` if it is empty.
fn parameter(parameters: &[(&str, String)], name: &str) -> Option<String> {
    let matching = |(key, _): &&(&str, String)| key.eq_ignore_ascii_case(name);
    parameters.iter().find(matching).map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn skip_separators(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
    }

    /// A run of token characters (RFC 9110, section 5.6.2).
    fn token(&mut self) -> Option<&'a str> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let end = self.rest.find(|c| !is_token(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    /// The next scheme name; whatever cannot begin one is skipped.
    fn scheme(&mut self) -> Option<&'a str> {
        loop {
            self.skip_separators();
            if let Some(token) = self.token() {
                return Some(token);
            }
            let mut rest = self.rest.chars();
            rest.next()?;
            self.rest = rest.as_str();
        }
    }

    /// `name=value` pairs up to the next scheme.
    fn parameters(&mut self) -> Vec<(&'a str, String)> {
        let mut pairs = Vec::new();
        loop {
            let before = self.rest;
            self.skip_separators();
            let name = self.token();
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            let (Some(name), Some(rest)) = (name, self.rest.strip_prefix('=')) else {
                self.rest = before;
                return pairs;
            };
            self.rest = rest.trim_start_matches([' ', '\t']);
            let value = self.value();
            pairs.push((name, value));
        }
    }

    /// A quoted string, or everything up to the next separator.
    fn value(&mut self) -> String {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', ' ', '\t']).unwrap_or(self.rest.len());
            let (value, rest) = self.rest.split_at(end);
            self.rest = rest;
            return value.to_owned();
        };
        let mut value = String::new();
        let mut characters = quoted.chars();
        while let Some(c) = characters.next() {
            match c {
                '"' => break,
                '\\' => value.extend(characters.next()),
                c => value.push(c),
            }
        }
        self.rest = characters.as_str();
        value
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn reads_what_registries_send() {
        let cases = [
            (r#"Basic realm="Registry Realm""#, Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                Some(bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                )),
            ),
            (
                r#"BEARER Realm = "http://x/t" , Service=plain, error="invalid_token""#,
                Some(bearer("http://x/t", Some("plain"), None)),
            ),
            (
                r#"Basic realm="a, b", Bearer realm="https://x/\"t\"""#,
                Some(bearer(r#"https://x/"t""#, None, None)),
            ),
            ("Negotiate abc==, Basic realm=x", Some(Challenge::Basic)),
            (r#"Bearer service="no realm""#, None),
            (r#"Bearer realm="", service="x""#, None),
            ("Digest realm=x", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(choose([header]), expected, "{header}");
        }
        let both = choose(["Basic realm=x", r#"Bearer realm="https://x/t""#]);
        assert_eq!(both, Some(bearer("https://x/t", None, None)));
    }

    proptest! {
        #[test]
        fn never_panics_or_hangs(header in "\\PC*") {
            let _ = choose([header.as_str()]);
        }

        #[test]
        fn survives_malformed_headers(header in r#"((Basic|Bearer|x)? ?(realm|scope)?=?"?[a-z:/,\\]{0,5}"?,?){0,8}"#) {
            let _ = choose([header.as_str()]);
        }

        #[test]
        fn quoted_values_come_back(realm in "[ -~]{1,40}", scope in "[ -~]{1,40}") {
            let quote = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"");
            let header = format!(r#"Bearer realm="{}",scope="{}""#, quote(&realm), quote(&scope));
            prop_assert_eq!(choose([header.as_str()]), Some(bearer(&realm, None, Some(&scope))));
        }
    }
}
