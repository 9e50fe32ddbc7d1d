//! Where a cluster's version of Kubernetes is set, and to what.
//!
//! `kubernetesVersion` moves from `ClusterConfiguration` to the settings of `ModuleConfig/control-plane-manager`
//! (deckhouse#21828). The new place wins whenever it is set, even to `Default`; while it is not, the old one counts; with
//! neither, the platform chooses the version. Platforms that do not have the new place require the old one.

use serde::Serialize;

use crate::{ClusterState, Reading, Unknown, safe_text};

/// The module that runs the control plane.
pub(crate) const CONTROL_PLANE_MANAGER: &str = "control-plane-manager";

/// The setting that decides on the version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesSetting {
    /// Its value, as it stands there: `1.33`, `Automatic` or `Default`; `None` if it is set nowhere.
    pub value: Option<String>,
    /// Where it is set, or is to be set.
    #[serde(rename = "setIn")]
    pub place: KubernetesPlace,
}

/// A place for the version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum KubernetesPlace {
    /// `settings.kubernetesVersion` of `ModuleConfig/control-plane-manager`.
    ModuleConfig {
        /// Whether that object exists.
        exists: bool,
        /// Whether it names the version of its settings: the platform refuses settings without.
        versioned: bool,
    },
    /// `kubernetesVersion` of `ClusterConfiguration`.
    ClusterConfiguration,
}

impl From<KubernetesPlace> for &'static str {
    fn from(place: KubernetesPlace) -> Self {
        match place {
            KubernetesPlace::ModuleConfig { .. } => "ModuleConfig/control-plane-manager",
            KubernetesPlace::ClusterConfiguration => "ClusterConfiguration",
        }
    }
}

impl KubernetesSetting {
    /// The setting of a cluster; `None` if the platform does not manage its Kubernetes.
    ///
    /// # Errors
    /// If one of the places that may decide cannot be read.
    pub fn of(state: &ClusterState) -> Result<Option<Self>, Unknown> {
        let configs = state.module_configs.required("ModuleConfigs");
        let config =
            configs.as_ref().ok().and_then(|all| all.iter().find(|it| it.name == CONTROL_PLANE_MANAGER));
        let module_config = KubernetesPlace::ModuleConfig {
            exists: config.is_some(),
            versioned: config.is_some_and(|config| config.version.is_some()),
        };
        if let Some(value) = config.and_then(|config| config.settings["kubernetesVersion"].as_str()) {
            let value = Some(String::from(safe_text::foreign(value)));
            return Ok(Some(Self { value, place: module_config }));
        }
        let configuration = match &state.cluster_configuration {
            Reading::Absent(_) => return Ok(None),
            other => other.required("ClusterConfiguration")?,
        };
        // The new place would win.
        configs?;
        Ok(Some(match &configuration.kubernetes_version {
            Some(value) => Self { value: Some(value.clone()), place: KubernetesPlace::ClusterConfiguration },
            None => Self { value: None, place: module_config },
        }))
    }

    /// Whether the platform chooses the version.
    pub fn is_automatic(&self) -> bool {
        matches!(self.value.as_deref(), None | Some("Automatic" | "Default"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Obstacle,
        objects::{ClusterConfiguration, ModuleConfig},
    };

    #[test]
    fn the_new_place_wins_whenever_it_is_set() {
        let config = |settings| {
            let name = CONTROL_PLANE_MANAGER.to_owned();
            Reading::Known(vec![ModuleConfig { name, settings, ..ModuleConfig::default() }])
        };
        let configuration = |version: Option<&str>| {
            let kubernetes_version = version.map(str::to_owned);
            Reading::Known(ClusterConfiguration { kubernetes_version, ..ClusterConfiguration::default() })
        };
        let new = KubernetesPlace::ModuleConfig { exists: true, versioned: false };
        let old = KubernetesPlace::ClusterConfiguration;
        let absent = || Reading::Absent("managed by others".to_owned());
        let set = |version: &str| json!({ "kubernetesVersion": version });
        for (module_configs, cluster_configuration, expected) in [
            (config(set("1.34")), configuration(Some("1.33")), Some((Some("1.34"), new, false))),
            (config(set("Default")), configuration(Some("1.33")), Some((Some("Default"), new, true))),
            (config(set("1.34")), absent(), Some((Some("1.34"), new, false))),
            (config(json!({})), configuration(Some("1.33")), Some((Some("1.33"), old, false))),
            (config(json!({})), configuration(Some("Automatic")), Some((Some("Automatic"), old, true))),
            (config(json!({})), configuration(None), Some((None, new, true))),
            (
                Reading::Known(Vec::new()),
                configuration(None),
                Some((None, KubernetesPlace::ModuleConfig { exists: false, versioned: false }, true)),
            ),
            (Reading::Known(Vec::new()), absent(), None),
        ] {
            let state = ClusterState { module_configs, cluster_configuration, ..ClusterState::default() };
            let found = KubernetesSetting::of(&state).unwrap();
            let found = found.as_ref().map(|it| (it.value.as_deref(), it.place, it.is_automatic()));
            assert_eq!(found, expected);
        }
        let forbidden = || Obstacle::Forbidden("list moduleconfigs".to_owned());
        for state in [
            ClusterState {
                module_configs: Reading::Unreadable(forbidden()),
                cluster_configuration: configuration(Some("1.33")),
                ..ClusterState::default()
            },
            ClusterState {
                module_configs: config(json!({})),
                cluster_configuration: Reading::Unreadable(forbidden()),
                ..ClusterState::default()
            },
        ] {
            assert!(KubernetesSetting::of(&state).is_err());
        }
    }
}
