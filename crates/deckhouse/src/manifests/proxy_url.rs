//! The URL of a proxy, as `ClusterConfiguration.proxy` allows it.
//!
//! The platform's pattern:
//! `^https?://([0-9a-zA-Z\.\-\_]+(\:[!%0-9a-zA-Z\.\-\_]+)?@)?[0-9a-zA-Z\.\-]+(\:[0-9]{1,5})?$`. A password goes in
//! percent-encoded; a login cannot, since the pattern has no `%` there.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ManifestError;

/// What is encoded in a password: all that the pattern does not allow, and `%` itself.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'!').remove(b'.').remove(b'-').remove(b'_');

/// A login at a proxy, as its administrator gave it: nothing is encoded.
#[derive(Clone, Copy)]
pub struct ProxyLogin<'a> {
    /// The user name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
}

/// The URL of a proxy that the platform takes. `Debug` does not show it: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    text: String,
    tls: bool,
    port: Option<u16>,
    login: Option<String>,
    has_password: bool,
}

impl ProxyUrl {
    /// Checks `url`, which is for `field`, and puts `login` into it.
    ///
    /// # Errors
    /// [`ManifestError::Refused`] with the first thing that the platform's pattern does not allow. Of a
    /// password only the position is reported.
    pub fn new(field: &'static str, url: &str, login: Option<ProxyLogin<'_>>) -> Result<Self, ManifestError> {
        let refused = |reason: String, instead: &str| ManifestError::refused(field, reason, instead);
        let (scheme, rest) = ["http://", "https://"]
            .into_iter()
            .find_map(|scheme| Some((scheme, url.strip_prefix(scheme)?)))
            .ok_or_else(|| {
                refused(
                    "it must begin with http:// or https://".to_owned(),
                    "write it as http://proxy.example.com:3128",
                )
            })?;
        let (user, address) = match rest.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, rest),
        };
        let port = check_address(address).map_err(|(reason, instead)| refused(reason, instead))?;
        let user = match (user, login) {
            (Some(_), Some(_)) => {
                return Err(refused(
                    "it contains a login, and --proxy-login sets another one".to_owned(),
                    "set only one of them",
                ));
            }
            (Some(user), None) => {
                let (name, password) =
                    user.split_once(':').map_or((user, None), |(name, word)| (name, Some(word)));
                password.map_or(Ok(()), check_encoded).map_err(|reason| refused(reason, ENCODE_IT))?;
                Some((name, password.map(str::to_owned)))
            }
            (None, Some(login)) if login.password.is_empty() => {
                return Err(refused("the password for it is empty".to_owned(), "set the password"));
            }
            (None, Some(login)) => {
                Some((login.name, Some(utf8_percent_encode(login.password, ENCODED).to_string())))
            }
            (None, None) => None,
        };
        if let Some((name, _)) = user {
            check_login(name).map_err(|reason| refused(reason, ANOTHER_LOGIN))?;
        }
        let at = match &user {
            Some((name, Some(password))) => format!("{name}:{password}@"),
            Some((name, None)) => format!("{name}@"),
            None => String::new(),
        };
        Ok(Self {
            text: format!("{scheme}{at}{address}"),
            tls: scheme == "https://",
            port,
            login: user.as_ref().map(|(name, _)| (*name).to_owned()),
            has_password: user.is_some_and(|(_, password)| password.is_some()),
        })
    }

    /// The whole URL, with the password in it, for the one place that writes it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The login in it.
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// The port, that of the scheme if it names none.
    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.tls { 443 } else { 80 })
    }

    /// Whether the proxy itself is spoken to by TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.tls
    }

    /// Whether there is a login with its password.
    pub(super) fn is_authenticated(&self) -> bool {
        self.has_password
    }
}

const ENCODE_IT: &str =
    "set login and password with --proxy-login and --proxy-password-file: dhctl encodes them";
const ANOTHER_LOGIN: &str =
    "create a login with these characters on the proxy: the platform does not accept an encoded login";

type Refusal = (String, &'static str);

/// Checks `HOST[:PORT]` and gives the port.
fn check_address(address: &str) -> Result<Option<u16>, Refusal> {
    let by_name = "use a DNS name of letters, digits, '.' and '-', or an IPv4 address";
    if let Some(stray) = address.chars().find(|c| matches!(c, '/' | '?' | '#')) {
        return Err((
            format!("'{stray}' is not allowed after the address"),
            "write only scheme, host and port: http://proxy.example.com:3128",
        ));
    }
    if address.starts_with('[') {
        return Err(("an IPv6 address is not allowed".to_owned(), by_name));
    }
    let (host, port) = address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port)));
    if host.is_empty() {
        return Err(("it has no host".to_owned(), by_name));
    }
    if let Some(wrong) = host.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))) {
        return Err((format!("'{}' is not allowed in the host", wrong.escape_debug()), by_name));
    }
    let Some(port) = port else { return Ok(None) };
    let digits = port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(Some(port)),
        _ => Err((
            "the port is not a number from 1 to 65535".to_owned(),
            "write it as http://proxy.example.com:3128",
        )),
    }
}

fn check_login(login: &str) -> Result<(), String> {
    if login.is_empty() {
        return Err("the login is empty".to_owned());
    }
    match login.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))) {
        None => Ok(()),
        Some(wrong) => Err(format!(
            "the login contains '{}'; only letters, digits, '.', '-' and '_' are allowed",
            wrong.escape_debug()
        )),
    }
}

/// Checks a password that was typed inside a URL, where it must be encoded already.
fn check_encoded(password: &str) -> Result<(), String> {
    if password.is_empty() {
        return Err("the password is empty".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '!' | '%' | '.' | '-' | '_');
    if let Some(index) = password.chars().position(|c| !plain(c)) {
        let at = index + 1;
        return Err(format!("character {at} of the password must be percent-encoded (such as %40 for '@')"));
    }
    let bytes = password.as_bytes();
    for (index, _) in password.match_indices('%') {
        let code = bytes.get(index + 1..index + 3);
        if !code.is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)) {
            let at = index + 1;
            return Err(format!(
                "character {at} of the password is a '%' without two hexadecimal digits after it (write '%' as %25)"
            ));
        }
    }
    Ok(())
}

impl fmt::Debug for ProxyLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyLogin").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyUrl").field("login", &self.login).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    /// Of the platform's schema.
    const PATTERN: &str =
        r"^https?://([0-9a-zA-Z\.\-\_]+(\:[!%0-9a-zA-Z\.\-\_]+)?@)?[0-9a-zA-Z\.\-]+(\:[0-9]{1,5})?$";

    #[test]
    fn what_is_allowed() {
        let pattern = Regex::new(PATTERN).unwrap();
        for (url, login, text, port) in [
            ("http://proxy", None, "http://proxy", 80),
            ("https://proxy", None, "https://proxy", 443),
            ("http://10.0.0.1:3128", None, "http://10.0.0.1:3128", 3128),
            ("http://me:p%40s!s@p.x:3128", None, "http://me:p%40s!s@p.x:3128", 3128),
            ("http://me@p.x:3128", None, "http://me@p.x:3128", 3128),
            ("http://p.x:1", Some(("me", "p@s:s/w %é~")), "http://me:p%40s%3As%2Fw%20%25%C3%A9%7E@p.x:1", 1),
        ] {
            let login = login.map(|(name, password)| ProxyLogin { name, password });
            let proxy = ProxyUrl::new("httpProxy", url, login).unwrap();
            assert_eq!((proxy.expose(), proxy.port()), (text, port));
            assert!(pattern.is_match(text), "{text}");
        }
    }

    #[test]
    fn refusals_never_show_the_password() {
        for (url, reason) in [
            ("proxy.example.com:3128", "must begin with"),
            ("socks5://proxy:1080", "must begin with"),
            ("HTTP://proxy:3128", "must begin with"),
            ("me:s3cret@proxy:3128", "must begin with"),
            ("http://proxy:3128/", "'/' is not allowed after"),
            ("http://me:s3cret@proxy:3128/path", "'/' is not allowed after"),
            ("http://", "no host"),
            ("http://[fd00::1]:3128", "IPv6"),
            ("http://my_proxy:3128", "'_' is not allowed in the host"),
            ("http://my proxy:3128", "' ' is not allowed in the host"),
            ("http://proxy:99999", "port"),
            ("http://proxy:+80", "port"),
            ("http://proxy:", "port"),
            ("http://proxy:s3cret", "port"),
            ("http://me:s3c@ret@proxy:3128", "character 4 of the password"),
            ("http://me:s3cr%et@proxy:3128", "character 5 of the password"),
            ("http://me:s3cret%4@proxy:3128", "character 7 of the password"),
            ("http://me:@proxy:3128", "the password is empty"),
            ("http://:s3cret@proxy:3128", "the login is empty"),
            ("http://m%40e:s3cret@proxy:3128", "the login contains '%'"),
        ] {
            let error = ProxyUrl::new("httpProxy", url, None).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(error.to_string().starts_with("httpProxy: "), "{told}");
            assert!(told.contains(reason), "{url}: {told}");
            assert!(!told.contains("s3c"), "{told}");
        }
        let login = Some(ProxyLogin { name: "me", password: "s3cret" });
        let twice = ProxyUrl::new("httpProxy", "http://me@proxy", login).unwrap_err();
        assert!(twice.to_string().contains("sets another one"), "{twice}");
        let login = Some(ProxyLogin { name: "me@corp", password: "s3cret" });
        let error = ProxyUrl::new("httpProxy", "http://proxy", login).unwrap_err();
        assert!(error.to_string().contains("the login contains '@'"), "{error}");
        let login = ProxyLogin { name: "me", password: "s3cret" };
        let proxy = ProxyUrl::new("httpProxy", "http://proxy", Some(login)).unwrap();
        assert!(!format!("{login:?} {proxy:?}").contains("s3cret"));
    }

    proptest! {
        #[test]
        fn every_password_survives(name in "[a-zA-Z0-9._-]{1,8}", password in ".{1,20}") {
            let login = ProxyLogin { name: &name, password: &password };
            let proxy = ProxyUrl::new("httpProxy", "http://p.x:3128", Some(login)).unwrap();
            prop_assert!(Regex::new(PATTERN).unwrap().is_match(proxy.expose()));
            let encoded = proxy.expose().strip_prefix(&format!("http://{name}:")).unwrap();
            let encoded = encoded.strip_suffix("@p.x:3128").unwrap();
            let decoded = percent_decode_str(encoded).decode_utf8().unwrap();
            prop_assert_eq!(decoded, password.as_str());
            // What was written is taken again as it is.
            let again = ProxyUrl::new("httpProxy", proxy.expose(), None).unwrap();
            prop_assert_eq!(again, proxy);
        }

        #[test]
        fn nothing_passes_that_the_pattern_refuses(url in "(http://|https://|)[a-z0-9A-Z.:@/_!%\\[ -]{0,24}") {
            if let Ok(proxy) = ProxyUrl::new("httpProxy", &url, None) {
                prop_assert_eq!(proxy.expose(), &url);
                prop_assert!(Regex::new(PATTERN).unwrap().is_match(&url));
            }
        }
    }
}
