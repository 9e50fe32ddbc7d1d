//! `proxy` of a `ClusterConfiguration`.

use serde::Serialize;

use super::{ManifestError, ProxyUrl};
use crate::yaml;

#[derive(Serialize)]
struct Document<'a> {
    proxy: Proxy<'a>,
}

#[derive(Serialize)]
struct Proxy<'a> {
    #[serde(rename = "httpProxy", skip_serializing_if = "Option::is_none")]
    http: Option<&'a str>,
    #[serde(rename = "httpsProxy", skip_serializing_if = "Option::is_none")]
    https: Option<&'a str>,
    #[serde(rename = "noProxy", skip_serializing_if = "<[String]>::is_empty")]
    direct: &'a [String],
}

/// Writes the section `proxy`, to be put at the top level of a `ClusterConfiguration`
/// (`candi/openapi/cluster_configuration.yaml` of the platform). `no_proxy` comes from
/// [`complete_no_proxy`](super::complete_no_proxy).
///
/// # Errors
/// [`ManifestError::Write`].
pub fn write_cluster_proxy(
    http: Option<&ProxyUrl>,
    https: Option<&ProxyUrl>,
    no_proxy: &[String],
) -> Result<String, ManifestError> {
    let proxy =
        Proxy { http: http.map(ProxyUrl::expose), https: https.map(ProxyUrl::expose), direct: no_proxy };
    yaml::write(&Document { proxy })
        .map_err(|error| ManifestError::Write { kind: "proxy", source: error.to_string().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_old_readers_would_misread_are_quoted() {
        let http = ProxyUrl::new("httpProxy", "http://me:p%40@proxy:3128", None).unwrap();
        let list = ["no", "1.5", "10.0.0.0/24", ".example.com"].map(str::to_owned);
        let expected = "proxy:\n  httpProxy: http://me:p%40@proxy:3128\n  noProxy:\n  - \"no\"\n  - \"1.5\"\n  \
                        - 10.0.0.0/24\n  - .example.com\n";
        assert_eq!(write_cluster_proxy(Some(&http), None, &list).unwrap(), expected);
        let read = yaml::parse(expected.as_bytes()).unwrap();
        let read = read.get("proxy").and_then(|it| it.get("noProxy")).unwrap();
        assert_eq!(*read, yaml::Value::List(list.map(yaml::Value::Text).to_vec()));
    }
}
