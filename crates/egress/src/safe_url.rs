//! URLs fit for messages: upload sessions, signed links and logins all hide secrets in a URL.

use std::fmt;

use url::Url;

/// Query parameters of the distribution and token protocols whose values are no secret.
///
/// Everything else is dropped: object stores sign links under ever new names.
const HARMLESS: &[&str] =
    &["artifactType", "digest", "from", "last", "mount", "n", "ns", "platform", "scope", "service", "tag"];

/// A URL without login and fragment, and with only well-known harmless query values.
///
/// The original is not kept, so `Debug` is as safe as `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SafeUrl(String);

impl SafeUrl {
    /// Cleans `url`.
    pub fn new(url: &Url) -> Self {
        let mut safe = url.clone();
        // Both fail only for URLs that cannot carry a login at all.
        let _ = safe.set_username("");
        let _ = safe.set_password(None);
        safe.set_fragment(None);
        safe.set_query(None);
        let mut text = safe.to_string();
        for (place, (name, value)) in url.query_pairs().enumerate() {
            text.push(if place == 0 { '?' } else { '&' });
            text.push_str(&encode(&name));
            text.push('=');
            if HARMLESS.contains(&name.as_ref()) {
                text.push_str(&encode(&value));
            } else {
                text.push_str("...");
            }
        }
        Self(text)
    }

    /// The text that `Display` shows.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keeps `sha256:…` and `a/b` legible and makes control characters harmless.
fn encode(text: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",")
}

impl From<&Url> for SafeUrl {
    fn from(url: &Url) -> Self {
        Self::new(url)
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_address_and_not_the_secrets() {
        for (url, shown) in [
            ("https://reg.corp:5000/v2/", "https://reg.corp:5000/v2/"),
            (
                "https://bob:pa%20ss@reg.corp/v2/a/b/tags/list?n=100&last=v1",
                "https://reg.corp/v2/a/b/tags/list?n=100&last=v1",
            ),
            ("https://token@reg.corp/", "https://reg.corp/"),
            (
                "https://s3/b?X-Amz-Signature=abc&X-Amz-Credential=AKIA%2F1&x=1",
                "https://s3/b?X-Amz-Signature=...&X-Amz-Credential=...&x=...",
            ),
            (
                "http://r/v2/a/blobs/uploads/7?_state=sss&digest=sha256%3Aab",
                "http://r/v2/a/blobs/uploads/7?_state=...&digest=sha256:ab",
            ),
            (
                "https://r/token?service=r&scope=repository%3Aa%2Fb%3Apull%2Cpush",
                "https://r/token?service=r&scope=repository:a/b:pull,push",
            ),
            ("https://r/v2/#frag", "https://r/v2/"),
            ("https://r/v2/?bare", "https://r/v2/?bare=..."),
        ] {
            let safe = SafeUrl::new(&Url::parse(url).unwrap());
            assert_eq!(safe.to_string(), shown, "{url}");
            assert_eq!(format!("{safe:?}"), shown, "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_login_and_no_unknown_value_survives(name in "[A-Za-z_-]{1,12}", path in "[a-z/]{0,12}") {
            proptest::prop_assume!(!HARMLESS.contains(&name.as_str()));
            let url = format!("https://SECRET1:SECRET2@r.corp/{path}?{name}=SECRET3&n=1&{name}=SECRET4#SECRET5");
            let safe = SafeUrl::new(&Url::parse(&url).unwrap()).to_string();
            proptest::prop_assert!(!safe.contains("SECRET"), "{}", safe);
        }
    }
}
