//! The registry that a person pushes to.
//!
//! Where the module `registry` manages the registry, the address in the cluster's own Secret and in the names of images
//! is one that only nodes resolve (cluster-2026.md, part 2; upstream: `modules/038-registry/docs`).

use deckhouse::manifests::LICENSE_USER;
use egress::Secret;
use serde_json::Value;

use crate::{
    ClusterState,
    objects::{IN_CLUSTER, ModuleConfig, RegistryLogin, RegistrySettings, RegistrySwitch, image_repository},
    safe_text,
};

/// Path of the distribution in the registry in the cluster.
const PATH_IN_CLUSTER: &str = "/system/deckhouse";

/// Where images come from.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageSource {
    /// A registry outside the cluster, which has them all.
    Upstream(RegistrySettings),
    /// The registry in the cluster has them all. Bundles are pushed through its Ingress, if the cluster has a public
    /// domain: `HOST/PATH`.
    InCluster {
        /// `HOST/PATH`; `None` if the public domain is not known.
        ingress: Option<String>,
    },
    /// Not known.
    Unknown,
}

impl ImageSource {
    /// `HOST[:PORT]/PATH` to which bundles are pushed.
    pub fn push_address(&self) -> Option<String> {
        match self {
            Self::Upstream(settings) => Some(settings.images_repo()),
            Self::InCluster { ingress } => ingress.clone(),
            Self::Unknown => None,
        }
    }
}

impl ClusterState {
    /// Where images come from.
    pub fn image_source(&self) -> ImageSource {
        if let Some(managed) = self.config("registry").filter(|it| it.settings["mode"] == "Managed") {
            let upstream = &managed.settings["primary"]["upstream"];
            return upstream_settings(
                upstream,
                &text(&upstream["host"]),
                &text(&upstream["path"]),
                &upstream["auth"],
            )
            .map_or_else(|| self.in_cluster(), ImageSource::Upstream);
        }
        let registry = self.deckhouse_config().map_or(&Value::Null, |config| &config.settings["registry"]);
        let mode = registry["mode"].as_str().unwrap_or_default();
        if mode == "Local" {
            return self.in_cluster();
        }
        let section = &registry[mode.to_lowercase()];
        let repo = text(&section["imagesRepo"]);
        let (host, path) = repo.split_at(repo.find('/').unwrap_or(repo.len()));
        if let Some(upstream) = upstream_settings(section, host, path, section) {
            return ImageSource::Upstream(upstream);
        }
        match self.registry.known() {
            Some(settings) if settings.address != IN_CLUSTER => ImageSource::Upstream(settings.clone()),
            _ => ImageSource::Unknown,
        }
    }

    /// The mode of the registry that is configured; `None` if no module manages the registry.
    pub fn registry_mode(&self) -> Option<String> {
        let managed = self.config("registry").filter(|it| it.settings["mode"] == "Managed");
        let config = managed.map(|it| &it.settings["mode"]);
        let config = config.or_else(|| Some(&self.deckhouse_config()?.settings["registry"]["mode"]));
        config.and_then(Value::as_str).map(safe_text::name)
    }

    /// The switch of the registry's mode that is under way.
    pub fn registry_switch(&self) -> Option<RegistrySwitch> {
        self.registry_module.known()?.switch()
    }

    /// The registry that an image is pushed to: a placeholder, if images come through a registry in the cluster and it is not
    /// known from where.
    pub(crate) fn push_address_of(&self, image: &str) -> String {
        let is_in_cluster = image.strip_prefix(IN_CLUSTER).is_some_and(|it| it.starts_with('/'));
        if is_in_cluster { self.registry_address() } else { image_repository(image).to_owned() }
    }

    /// The image by the name under which it can be asked for from outside the cluster.
    pub(crate) fn outside_name(&self, image: &str) -> String {
        let outside = image.strip_prefix(IN_CLUSTER).and_then(|it| it.strip_prefix(PATH_IN_CLUSTER));
        match (outside, self.image_source().push_address()) {
            (Some(rest), Some(address)) => format!("{address}{rest}"),
            _ => image.to_owned(),
        }
    }

    fn in_cluster(&self) -> ImageSource {
        let template = self.config("global").map(|it| text(&it.settings["modules"]["publicDomainTemplate"]));
        let host = template.filter(|it| it.contains("%s")).map(|it| it.replacen("%s", "registry", 1));
        ImageSource::InCluster { ingress: host.map(|host| format!("{host}{PATH_IN_CLUSTER}")) }
    }

    fn config(&self, name: &str) -> Option<&ModuleConfig> {
        self.module_configs
            .known()?
            .iter()
            .find(|config| config.name == name && config.enabled != Some(false))
    }
}

fn text(value: &Value) -> String {
    safe_text::address(value.as_str().unwrap_or_default())
}

/// What settings of a mode say about the registry outside; `None` if they name none.
fn upstream_settings(settings: &Value, host: &str, path: &str, auth: &Value) -> Option<RegistrySettings> {
    let secret = |field: &str| auth[field].as_str().filter(|it| !it.is_empty());
    let login = |username: &str, password: &str| RegistryLogin {
        username: username.to_owned(),
        password: Secret::from(password.to_owned()),
    };
    let named = secret("username").zip(secret("password")).map(|(user, password)| login(user, password));
    (!host.is_empty()).then(|| RegistrySettings {
        address: host.to_owned(),
        path: if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        plain_http: settings["scheme"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("http")),
        ca: settings["ca"].as_str().map(str::to_owned).filter(|it| !it.is_empty()),
        login: named.or_else(|| secret("license").map(|license| login(LICENSE_USER, license))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Reading;

    fn config(name: &str, settings: Value) -> ModuleConfig {
        ModuleConfig { name: name.to_owned(), settings, ..ModuleConfig::default() }
    }

    fn state(address: &str, configs: Vec<ModuleConfig>) -> ClusterState {
        let settings = RegistrySettings {
            address: address.to_owned(),
            path: "/dkp/ee".to_owned(),
            ..RegistrySettings::default()
        };
        ClusterState {
            registry: Reading::Known(settings),
            module_configs: Reading::Known(configs),
            ..ClusterState::default()
        }
    }

    #[test]
    fn the_address_that_a_person_can_push_to() {
        let domain = || config("global", json!({ "modules": { "publicDomainTemplate": "%s.corp.example" } }));
        let deckhouse = |registry| config("deckhouse", json!({ "registry": registry }));
        let managed = |settings| config("registry", settings);
        let direct =
            json!({ "mode": "Direct", "direct": { "imagesRepo": "r.corp:5000/dkp/ee", "scheme": "HTTPS" } });
        let proxy =
            json!({ "mode": "Proxy", "proxy": { "imagesRepo": "user:secret@r.corp/dkp", "ttl": "5m" } });
        for (address, configs, expected) in [
            ("r.corp", vec![], Some("r.corp/dkp/ee")),
            ("r.corp", vec![deckhouse(json!({ "mode": "Unmanaged" }))], Some("r.corp/dkp/ee")),
            (IN_CLUSTER, vec![], None),
            (IN_CLUSTER, vec![deckhouse(direct.clone())], Some("r.corp:5000/dkp/ee")),
            (IN_CLUSTER, vec![deckhouse(proxy)], Some("r.corp/dkp")),
            (
                IN_CLUSTER,
                vec![deckhouse(json!({ "mode": "Local" })), domain()],
                Some("registry.corp.example/system/deckhouse"),
            ),
            (IN_CLUSTER, vec![deckhouse(json!({ "mode": "Local" }))], None),
            (
                IN_CLUSTER,
                vec![managed(
                    json!({ "mode": "Managed", "primary": { "upstream": { "host": "r.corp", "path": "/dkp/ee" } } }),
                )],
                Some("r.corp/dkp/ee"),
            ),
            (
                IN_CLUSTER,
                vec![
                    managed(json!({ "mode": "Managed", "storage": { "cache": true } })),
                    domain(),
                    deckhouse(direct),
                ],
                Some("registry.corp.example/system/deckhouse"),
            ),
            ("r.corp", vec![managed(json!({ "mode": "Unmanaged" }))], Some("r.corp/dkp/ee")),
        ] {
            let state = state(address, configs.clone());
            assert_eq!(state.image_source().push_address().as_deref(), expected, "{address}: {configs:?}");
        }
    }

    #[test]
    fn the_login_of_the_registry_outside_is_never_shown() {
        let upstream =
            json!({ "host": "r.corp", "path": "dkp", "scheme": "HTTP", "auth": { "license": "hunter2" } });
        let settings = json!({ "mode": "Managed", "primary": { "upstream": upstream } });
        let source = state(IN_CLUSTER, vec![config("registry", settings)]).image_source();
        let ImageSource::Upstream(settings) = &source else { panic!("{source:?}") };
        assert!(settings.plain_http);
        assert_eq!(settings.login.as_ref().unwrap().username, LICENSE_USER);
        assert!(!format!("{source:?}").contains("hunter2"));
    }

    #[test]
    fn images_are_asked_for_where_they_come_from() {
        let direct = json!({ "mode": "Direct", "direct": { "imagesRepo": "r.corp/dkp/ee" } });
        let state = state(IN_CLUSTER, vec![config("deckhouse", json!({ "registry": direct }))]);
        for (image, expected) in [
            ("registry.d8-system.svc:5001/system/deckhouse@sha256:ab", "r.corp/dkp/ee@sha256:ab"),
            ("registry.d8-system.svc:5001/system/deckhouse/modules/x:v1", "r.corp/dkp/ee/modules/x:v1"),
            ("other.corp/app:v1", "other.corp/app:v1"),
        ] {
            assert_eq!(state.outside_name(image), expected);
        }
    }
}
