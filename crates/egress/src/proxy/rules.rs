//! Which proxy a URL goes through, by Go's rules: `HTTPS_PROXY` for `https`, `HTTP_PROXY` for `http`,
//! and nothing else.

use std::fmt;

use url::Url;

use super::no_proxy::NoProxy;
use crate::error::EgressError;
use crate::safe_url::SafeUrl;
use crate::settings::ProxyVariables;

/// The proxy variables, understood.
#[derive(Clone)]
pub(crate) struct ProxyRules {
    http: Option<Url>,
    https: Option<Url>,
    direct: NoProxy,
}

impl ProxyRules {
    /// Reads the variables. Unlike Go, which then goes without a proxy, a bad URL is an error.
    pub(crate) fn new(variables: &ProxyVariables) -> Result<Self, EgressError> {
        Ok(Self {
            http: proxy_url("HTTP_PROXY", variables.http_proxy.as_deref())?,
            https: proxy_url("HTTPS_PROXY", variables.https_proxy.as_deref())?,
            direct: NoProxy::parse(variables.no_proxy.as_deref().unwrap_or_default()),
        })
    }

    /// Whether no URL at all can go through a proxy.
    pub(crate) fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none()
    }

    /// The proxy for `url`, its login included.
    pub(crate) fn proxy_for(&self, url: &Url) -> Option<&Url> {
        let proxy = match url.scheme() {
            "https" => self.https.as_ref()?,
            "http" => self.http.as_ref()?,
            _ => return None,
        };
        let host = url.host_str()?.trim_matches(['[', ']']);
        (!self.direct.is_direct(host, url.port_or_known_default()?)).then_some(proxy)
    }
}

impl fmt::Debug for ProxyRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyRules")
            .field("http", &self.http.as_ref().map(SafeUrl::new))
            .field("https", &self.https.as_ref().map(SafeUrl::new))
            .field("direct", &self.direct)
            .finish()
    }
}

fn proxy_url(variable: &'static str, value: Option<&str>) -> Result<Option<Url>, EgressError> {
    let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let bad = |reason: String| EgressError::Proxy { variable, reason };
    // `proxy:3128` reads as scheme `proxy`: only `://` makes the difference.
    let url = if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
    let url = url.map_err(|error| bad(error.to_string()))?;
    // A bare `#`, `/` or `?` in the password ends the host there, and the rest would be ignored.
    if value.contains('@') && url.username().is_empty() && url.password().is_none() {
        return Err(bad("special characters in its login must be percent-encoded".to_owned()));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("a {} proxy is not supported, only http and https", url.scheme())));
    }
    if !url.has_host() {
        return Err(bad("it contains no host".to_owned()));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(http: &str, https: &str, none: &str) -> ProxyVariables {
        ProxyVariables {
            http_proxy: Some(http.into()),
            https_proxy: Some(https.into()),
            no_proxy: Some(none.into()),
        }
    }

    #[test]
    fn chooses_by_scheme_and_host() {
        let rules = ProxyRules::new(&variables("http://plain:3128", "secure:3129", ".corp,r:5000")).unwrap();
        for (url, proxy) in [
            ("http://example.org/", Some("plain:3128")),
            ("https://example.org/", Some("secure:3129")),
            ("https://a.corp/", None),
            ("https://corp/", Some("secure:3129")),
            ("http://r:5000/v2/", None),
            ("http://r/v2/", Some("plain:3128")),
            ("http://localhost:5000/", None),
            ("https://[::1]:5000/", None),
            ("https://[fd00::1]:5000/", Some("secure:3129")),
            ("ftp://example.org/", None),
        ] {
            let chosen = rules.proxy_for(&Url::parse(url).unwrap());
            let chosen = chosen.map(|p| format!("{}:{}", p.host_str().unwrap(), p.port().unwrap()));
            assert_eq!(chosen.as_deref(), proxy, "{url}");
        }
        let only_http = ProxyRules::new(&variables("http://plain:3128", "", "")).unwrap();
        assert!(only_http.proxy_for(&Url::parse("https://example.org").unwrap()).is_none());
        assert!(ProxyRules::new(&variables("", " ", "*")).unwrap().is_empty());
    }

    #[test]
    fn a_bad_proxy_is_an_error_without_its_password() {
        for (value, reason) in [
            ("http://u:hunter2@proxy:bad", "invalid port number"),
            ("http://u:hunter2@:3128", "empty host"),
            ("socks5://u:hunter2@proxy:1080", "socks5 proxy is not supported"),
            ("u:hunter2@proxy:99999", "invalid port number"),
            ("http://u:12#hunter2@proxy:3128", "percent-encoded"),
        ] {
            let error = ProxyRules::new(&variables("", value, "")).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(reason) && shown.starts_with("HTTPS_PROXY"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let rules = ProxyRules::new(&variables("http://u:hunter2@proxy:1", "", "")).unwrap();
        assert!(!format!("{rules:?}").contains("hunter2"), "{rules:?}");
    }
}
