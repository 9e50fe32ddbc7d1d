//! Sources that are one object each.

use deckhouse::version::parse_tag;
use k8s_openapi::api::{
    admissionregistration::v1::ValidatingWebhookConfiguration,
    core::v1::{ConfigMap, Secret},
};
use kube::{Api, Client, api::ListParams};
use semver::Version;
use serde::Deserialize;
use serde_json::Value;

use super::{
    permission::secret_refused,
    places::{PLATFORM, in_platform},
    refusal::unread,
};
use crate::{
    Error, Obstacle, Reading,
    objects::{CloudCondition, ClusterConfiguration, RegistryLogin, RegistrySettings, ReleaseWebhook},
    safe_text,
};

const SYSTEM: &str = "kube-system";

/// Version of the API server.
pub(crate) async fn kubernetes_version(client: &Client) -> Reading<Version> {
    match client.apiserver_version().await {
        Ok(info) => {
            let release = info.git_version.split(['+', '-']).next().unwrap_or_default();
            parse_tag(release).map_or_else(
                || {
                    Reading::Unreadable(Obstacle::Malformed(format!(
                        "the API server's version {}",
                        safe_text::name(&info.git_version)
                    )))
                },
                Reading::Known,
            )
        }
        Err(error) => unread(error.into()),
    }
}

/// `d8-system/deckhouse-registry` (facts 6.2).
pub(crate) async fn registry_settings(client: &Client) -> Reading<RegistrySettings> {
    if let Some(obstacle) = secret_refused(client, PLATFORM, "deckhouse-registry").await {
        return Reading::Unreadable(obstacle);
    }
    match in_platform::<Secret>(client).get("deckhouse-registry").await {
        Ok(secret) => registry_from(&secret),
        Err(error) => missing(error, "there is no Secret d8-system/deckhouse-registry"),
    }
}

/// A value of a Secret as text; `None` if it is missing or empty.
pub(super) fn text_of(secret: &Secret, key: &str) -> Option<String> {
    let bytes = &secret.data.as_ref()?.get(key)?.0;
    Some(String::from_utf8_lossy(bytes).trim().to_owned()).filter(|text| !text.is_empty())
}

fn registry_from(secret: &Secret) -> Reading<RegistrySettings> {
    let data = |key: &str| text_of(secret, key);
    let whole = data("imagesRegistry");
    let (address, path) = match (data("address"), &whole) {
        (Some(address), _) => (address, data("path").unwrap_or_default()),
        (None, Some(whole)) => {
            let at = whole.find('/').unwrap_or(whole.len());
            (whole[..at].to_owned(), whole[at..].to_owned())
        }
        (None, None) => {
            let what = "Secret d8-system/deckhouse-registry has no address".to_owned();
            return Reading::Unreadable(Obstacle::Malformed(what));
        }
    };
    let login = data(".dockerconfigjson").and_then(|json| login(&json, &address));
    Reading::Known(RegistrySettings {
        plain_http: data("scheme").is_some_and(|scheme| scheme.eq_ignore_ascii_case("http")),
        ca: data("ca"),
        address: safe_text::address(&address),
        path: safe_text::address(&path),
        login,
    })
}

/// The login for a host in a docker configuration: `username` and `password`, or both in `auth`.
fn login(json: &str, address: &str) -> Option<RegistryLogin> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let config: Value = serde_json::from_str(json).ok()?;
    let entry = &config["auths"][address];
    let both = entry["auth"].as_str().and_then(|auth| {
        let text = String::from_utf8(BASE64_STANDARD.decode(auth).ok()?).ok()?;
        text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    });
    let apart = || Some((entry["username"].as_str()?.to_owned(), entry["password"].as_str()?.to_owned()));
    let (username, password) = apart().or(both).filter(|(user, _)| !user.is_empty())?;
    Some(RegistryLogin { username, password: password.into() })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawConfiguration {
    kubernetes_version: Option<String>,
    #[serde(rename = "defaultCRI")]
    default_cri: Option<String>,
    proxy: Option<RawProxy>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawProxy {
    no_proxy: Vec<String>,
}

/// `kube-system/d8-cluster-configuration` (facts 3): not there in clusters that others manage.
pub(crate) async fn cluster_configuration(client: &Client) -> Reading<ClusterConfiguration> {
    if let Some(obstacle) = secret_refused(client, SYSTEM, "d8-cluster-configuration").await {
        return Reading::Unreadable(obstacle);
    }
    let secrets: Api<Secret> = Api::namespaced(client.clone(), SYSTEM);
    match secrets.get("d8-cluster-configuration").await {
        Ok(secret) => configuration_from(&secret),
        Err(error) => match Error::from(error) {
            Error::NotFound(_) => {
                Reading::Absent("Kubernetes itself is not managed by the platform".to_owned())
            }
            error => unread(error),
        },
    }
}

fn clean(text: impl AsRef<str>) -> String {
    safe_text::foreign(text.as_ref()).into()
}

fn configuration_from(secret: &Secret) -> Reading<ClusterConfiguration> {
    let data = |key: &str| text_of(secret, key);
    let yaml = data("cluster-configuration.yaml").unwrap_or_default();
    match serde_saphyr::from_str::<RawConfiguration>(&yaml) {
        Ok(raw) => Reading::Known(ClusterConfiguration {
            kubernetes_version: raw.kubernetes_version.map(clean),
            default_cri: raw.default_cri.map(clean),
            no_proxy: raw.proxy.map(|proxy| proxy.no_proxy.into_iter().map(clean).collect()),
            max_used_kubernetes: data("maxUsedControlPlaneKubernetesVersion").map(clean),
            default_kubernetes: data("deckhouseDefaultKubernetesVersion").map(clean),
        }),
        // What the parser says may hold a piece of the text, which may hold the proxy's password.
        Err(_) => {
            Reading::Unreadable(Obstacle::Malformed("cluster-configuration.yaml is not YAML".to_owned()))
        }
    }
}

/// `kube-system/d8-cloud-provider-conditions` (facts 3, `unmetCloudConditions`). None of them, none unmet.
pub(crate) async fn cloud_conditions(client: &Client) -> Reading<Vec<CloudCondition>> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), SYSTEM);
    match maps.get("d8-cloud-provider-conditions").await {
        Ok(map) => {
            let json = map.data.unwrap_or_default().remove("conditions").unwrap_or_else(|| "[]".to_owned());
            serde_json::from_str::<Vec<Value>>(&json).map_or_else(
                |error| {
                    Reading::Unreadable(Obstacle::Malformed(format!("d8-cloud-provider-conditions: {error}")))
                },
                |all| Reading::Known(all.iter().map(cloud_condition).collect()),
            )
        }
        Err(error) => match Error::from(error) {
            Error::NotFound(_) => Reading::Absent("no cloud provider reports conditions".to_owned()),
            error => unread(error),
        },
    }
}

fn cloud_condition(value: &Value) -> CloudCondition {
    let text = |field: &str| value[field].as_str().unwrap_or_default();
    CloudCondition {
        name: safe_text::name(text("name")),
        message: safe_text::foreign(text("message")),
        ok: value["ok"] == true,
    }
}

/// The webhook that checks approvals (facts 1.8).
pub(crate) async fn release_webhook(client: &Client) -> Reading<Option<ReleaseWebhook>> {
    let all: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    match all.list(&ListParams::default()).await {
        Ok(list) => {
            let mut webhooks = list.items.into_iter().flat_map(|item| item.webhooks.unwrap_or_default());
            // Its name begins with `deckhouse-releases.`; the rules are what counts, should the name change.
            let found = webhooks.find(|webhook| {
                let rules = webhook.rules.iter().flatten();
                rules
                    .flat_map(|rule| rule.resources.iter().flatten())
                    .any(|resource| resource == "deckhousereleases")
            });
            Reading::Known(found.map(|webhook| ReleaseWebhook {
                allows_dry_run: ["None", "NoneOnDryRun"].contains(&webhook.side_effects.as_str()),
                name: safe_text::name(&webhook.name),
            }))
        }
        Err(error) => unread(error.into()),
    }
}

fn missing<T>(error: kube::Error, what: &str) -> Reading<T> {
    match Error::from(error) {
        Error::NotFound(_) => Reading::Unreadable(Obstacle::Other(what.to_owned())),
        error => unread(error),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    pub(in crate::read) fn secret(entries: &[(&str, &str)]) -> Secret {
        let data =
            entries.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec())));
        Secret { data: Some(data.collect()), ..Secret::default() }
    }

    #[test]
    fn the_registry_and_its_login() {
        let config = r#"{"auths":{"reg.corp:5000":{"auth":"dXNlcjpodW50ZXIyOng="}}}"#;
        let both = secret(&[
            (".dockerconfigjson", config),
            ("address", "reg.corp:5000"),
            ("path", "/deckhouse/ee"),
            ("scheme", "https"),
            ("ca", ""),
        ]);
        let reading = registry_from(&both);
        let settings = reading.known().unwrap();
        assert_eq!(settings.images_repo(), "reg.corp:5000/deckhouse/ee");
        assert!(!settings.plain_http && settings.ca.is_none());
        let login = settings.login.as_ref().unwrap();
        assert_eq!((login.username.as_str(), login.password.expose()), ("user", "hunter2:x"));
        assert!(!format!("{reading:?}").contains("hunter2"));

        let whole = secret(&[
            (".dockerconfigjson", r#"{"auths":{"reg.corp":{}}}"#),
            ("imagesRegistry", "reg.corp/deckhouse/ce"),
            ("scheme", "http"),
        ]);
        let reading = registry_from(&whole);
        let settings = reading.known().unwrap();
        assert_eq!((settings.address.as_str(), settings.path.as_str()), ("reg.corp", "/deckhouse/ce"));
        assert!(settings.plain_http && settings.login.is_none());
        assert!(registry_from(&secret(&[])).known().is_none());
    }

    #[test]
    fn configurations_of_all_kinds() {
        let yaml = "apiVersion: deckhouse.io/v1\nkind: ClusterConfiguration\nkubernetesVersion: \"1.31\"\ndefaultCRI: Containerd\nproxy:\n  httpProxy: http://u:p@proxy:3128\n  noProxy: [corp]\n";
        let reading = configuration_from(&secret(&[("cluster-configuration.yaml", yaml)]));
        let configuration = reading.known().unwrap();
        assert_eq!(configuration.kubernetes_version.as_deref(), Some("1.31"));
        assert_eq!(configuration.no_proxy.as_deref(), Some(&["corp".to_owned()][..]));
        let bare =
            configuration_from(&secret(&[("cluster-configuration.yaml", "kubernetesVersion: 1.30\n")]));
        assert_eq!(bare.known().unwrap().kubernetes_version.as_deref(), Some("1.30"));
        let broken = configuration_from(&secret(&[(
            "cluster-configuration.yaml",
            "proxy: {httpProxy: 'http://u:hunter2@",
        )]));
        assert!(broken.known().is_none());
        assert!(!format!("{broken:?}").contains("hunter2"));
    }
}
