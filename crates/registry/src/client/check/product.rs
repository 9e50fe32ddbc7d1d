//! Which product a registry is. A product is named only if two independent signs agree: a header alone may come from a
//! proxy, and much is built on Docker distribution.

use http::HeaderMap;
use serde_json::Value;

/// A product that is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Docker distribution (`docker-registry`, `registry:2`, `registry:3`).
    Distribution,
    /// Harbor.
    Harbor,
    /// Sonatype Nexus Repository.
    Nexus,
    /// Red Hat Quay.
    Quay,
    /// The container registry of GitLab.
    Gitlab,
    /// Artifactory of `JFrog`.
    Artifactory,
    /// zot.
    Zot,
}

impl Product {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Distribution => "Docker distribution",
            Self::Harbor => "Harbor",
            Self::Nexus => "Nexus",
            Self::Quay => "Quay",
            Self::Gitlab => "GitLab",
            Self::Artifactory => "Artifactory",
            Self::Zot => "zot",
        }
    }
}

/// What a registry shows of itself.
#[derive(Debug, Default)]
pub(super) struct Signs<'a> {
    /// Headers of the response to `GET /v2/` without a login.
    pub(super) headers: &'a [(String, String)],
    /// Address of the token server.
    pub(super) realm: Option<&'a str>,
    /// The name under which the token server knows the registry.
    pub(super) service: Option<&'a str>,
    /// The `WWW-Authenticate` headers.
    pub(super) challenges: &'a [String],
    /// The error document for a tag that does not exist.
    pub(super) unknown_tag: Option<&'a Value>,
    /// `GET /api/v2.0/systeminfo`, if it is JSON.
    pub(super) harbor_info: Option<&'a Value>,
    /// `GET /v2/_zot/ext/mgmt`, if it is JSON.
    pub(super) zot_info: Option<&'a Value>,
    /// `GET /api/v1/discovery`, if it is JSON.
    pub(super) quay_info: Option<&'a Value>,
}

impl Signs<'_> {
    /// The product that most signs show, if at least two do.
    pub(super) fn product(&self) -> Option<Product> {
        const ALL: [Product; 7] = [
            Product::Harbor,
            Product::Nexus,
            Product::Quay,
            Product::Gitlab,
            Product::Artifactory,
            Product::Zot,
            Product::Distribution,
        ];
        ALL.into_iter().find(|product| self.count(*product) >= 2)
    }

    /// The version that headers or documents show.
    pub(super) fn version(&self, product: Product) -> Option<String> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        match product {
            Product::Harbor => text(self.harbor_info.and_then(|info| info.get("harbor_version"))),
            Product::Nexus => {
                let server = self.header("server")?.strip_prefix("Nexus/")?;
                Some(server.split([' ', '(']).next().unwrap_or_default().to_owned())
            }
            Product::Gitlab => self.header("gitlab-container-registry-version").map(str::to_owned),
            Product::Artifactory => {
                self.header("x-jfrog-version").map(|it| it.trim_start_matches("Artifactory/").to_owned())
            }
            Product::Zot => text(self.zot_info.and_then(|info| info.get("releaseTag"))),
            Product::Quay | Product::Distribution => None,
        }
        .filter(|version| !version.is_empty())
    }

    /// How many independent signs show this product.
    fn count(&self, product: Product) -> usize {
        let has = |name: &str| self.header(name).is_some();
        let realm = self.realm.unwrap_or_default();
        let realm_path = realm.split(['?', '#']).next().unwrap_or_default();
        let names = |text: &str| self.challenges.iter().any(|it| it.contains(text));
        let signs: &[bool] = match product {
            Product::Harbor => &[
                self.service == Some("harbor-registry"),
                realm_path.ends_with("/service/token"),
                self.harbor_info.is_some_and(|info| info.get("auth_mode").is_some()),
            ],
            Product::Nexus => &[
                self.header("server").is_some_and(|it| it.starts_with("Nexus/")),
                names("Sonatype Nexus Repository") || realm_path.ends_with("/v2/token"),
            ],
            Product::Quay => &[
                realm_path.ends_with("/v2/auth"),
                self.quay_info.is_some_and(|info| info.get("apis").is_some() && info.get("models").is_some()),
            ],
            Product::Gitlab => &[
                has("gitlab-container-registry-version") || has("gitlab-container-registry-features"),
                self.service == Some("container_registry") || realm_path.ends_with("/jwt/auth"),
            ],
            Product::Artifactory => &[
                has("x-jfrog-version"),
                has("x-artifactory-id") || has("x-artifactory-node-id"),
                names("Artifactory Realm") || realm_path.contains("/api/docker/"),
            ],
            Product::Zot => &[
                self.zot_info.is_some_and(|info| info.get("distSpecVersion").is_some()),
                self.zot_info.is_some_and(|info| info.get("binaryType").is_some()),
            ],
            Product::Distribution => &[
                self.header("docker-distribution-api-version") == Some("registry/2.0"),
                self.unknown_tag.is_some_and(is_of_distribution),
            ],
        };
        signs.iter().filter(|sign| **sign).count()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Whether an error document for a tag that does not exist has the detail that Docker distribution gives it
/// (`registry/handlers/manifests.go`: `ErrManifestUnknown`, `ErrRepositoryUnknown`).
fn is_of_distribution(document: &Value) -> bool {
    let Some(problem) = document.get("errors").and_then(|errors| errors.get(0)) else { return false };
    let detail = problem.get("detail");
    let has = |field: &str| detail.is_some_and(|detail| detail.get(field).is_some());
    match problem.get("code").and_then(Value::as_str) {
        Some("MANIFEST_UNKNOWN") => {
            has("Tag") || has("Name") || {
                let text = detail.and_then(Value::as_str).unwrap_or_default();
                text.starts_with("unknown tag=") || text.starts_with("unknown manifest name=")
            }
        }
        Some("NAME_UNKNOWN") => has("name"),
        _ => false,
    }
}

/// The headers that [`Signs`] reads, as text.
pub(super) fn text_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
    headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn one_sign_is_not_enough() {
        let registry = headers(&[("docker-distribution-api-version", "registry/2.0")]);
        let nexus = headers(&[("Server", "Nexus/3.71.0-06 (OSS)")]);
        for headers in [&registry, &nexus] {
            assert_eq!(Signs { headers, ..Signs::default() }.product(), None, "{headers:?}");
        }
        let info = json!({"auth_mode": "db_auth"});
        assert_eq!(Signs { harbor_info: Some(&info), ..Signs::default() }.product(), None);
    }

    #[test]
    fn products() {
        let registry = headers(&[("docker-distribution-api-version", "registry/2.0")]);
        let nexus = headers(&[("Server", "Nexus/3.71.0-06 (OSS)")]);
        let gitlab = headers(&[("gitlab-container-registry-version", "4.5.0")]);
        let jfrog =
            headers(&[("x-jfrog-version", "Artifactory/7.90.1 79001900"), ("x-artifactory-node-id", "n")]);
        let basic = vec![r#"BASIC realm="Sonatype Nexus Repository Manager""#.to_owned()];
        let harbor = json!({"auth_mode": "db_auth", "harbor_version": "v2.15.2-080b0220"});
        let tag = json!({"errors": [{"code": "MANIFEST_UNKNOWN", "detail": {"Tag": "x"}}]});
        let tag_3 = json!({"errors": [{"code": "MANIFEST_UNKNOWN", "detail": "unknown tag=x"}]});
        let name = json!({"errors": [{"code": "NAME_UNKNOWN", "detail": {"name": "a"}}]});
        let zot = json!({"distSpecVersion": "1.1.1", "binaryType": "-sync", "releaseTag": "v2.1.2"});
        let quay = json!({"apis": [], "models": {}});
        let none = Signs::default;
        for (signs, expected, version) in [
            (
                Signs {
                    realm: Some("https://h/service/token"),
                    service: Some("harbor-registry"),
                    harbor_info: Some(&harbor),
                    headers: &registry,
                    ..none()
                },
                Product::Harbor,
                Some("v2.15.2-080b0220"),
            ),
            (Signs { headers: &nexus, challenges: &basic, ..none() }, Product::Nexus, Some("3.71.0-06")),
            (
                Signs { headers: &nexus, realm: Some("https://n:8443/v2/token"), ..none() },
                Product::Nexus,
                Some("3.71.0-06"),
            ),
            (
                Signs { headers: &gitlab, service: Some("container_registry"), ..none() },
                Product::Gitlab,
                Some("4.5.0"),
            ),
            (Signs { headers: &jfrog, ..none() }, Product::Artifactory, Some("7.90.1 79001900")),
            (Signs { zot_info: Some(&zot), ..none() }, Product::Zot, Some("v2.1.2")),
            (
                Signs { quay_info: Some(&quay), realm: Some("https://q/v2/auth"), ..none() },
                Product::Quay,
                None,
            ),
            (Signs { headers: &registry, unknown_tag: Some(&tag), ..none() }, Product::Distribution, None),
            (Signs { headers: &registry, unknown_tag: Some(&tag_3), ..none() }, Product::Distribution, None),
            (Signs { headers: &registry, unknown_tag: Some(&name), ..none() }, Product::Distribution, None),
        ] {
            assert_eq!(signs.product(), Some(expected), "{signs:?}");
            assert_eq!(signs.version(expected).as_deref(), version, "{signs:?}");
        }
    }
}
