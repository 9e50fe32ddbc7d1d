//! The module `registry`: the mode in which the cluster gets its images, and a switch to another one.
//!
//! Upstream: `modules/038-registry`, `templates/orchestrator/state-secret.yaml` (modes of `ModuleConfig/deckhouse`) and
//! `crds/registrystorage.yaml` (mode `Managed` of `ModuleConfig/registry`).

use foreign_text::ForeignText;

/// `HOST:PORT` of the registry in the cluster, in the names of images. Only nodes resolve it, so nobody can push to it.
pub const IN_CLUSTER: &str = "registry.d8-system.svc:5001";

/// How far the module `registry` is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryModule {
    /// The mode in effect, by Secret `d8-system/registry-state`; `None` before the first switch is done.
    pub mode: Option<String>,
    /// The mode that is switched to; the same as `mode` when nothing is switched.
    pub target: Option<String>,
    /// The conditions of the switch, in the module's order.
    pub conditions: Vec<RegistryCondition>,
    /// The storage in the cluster, in mode `Managed`.
    pub storage: Option<RegistryStorage>,
}

/// A condition of a switch, such as `RegistryContainsRequiredImages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryCondition {
    /// `type`.
    pub kind: String,
    /// `status` is `True`.
    pub is_true: bool,
    /// `message`; may be empty.
    pub message: ForeignText,
}

/// `RegistryStorage/registry`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryStorage {
    /// `status.phase`: Idle, Filling, Verifying, Ready or Failed.
    pub phase: Option<String>,
    /// `status.fill`: images that are in the storage, and images that are expected.
    pub fill: Option<(u64, u64)>,
    /// The storage is to become the only source of images.
    pub replaces_upstream: bool,
    /// The storage is the only source of images.
    pub is_only_source: bool,
}

/// A switch that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySwitch {
    /// The mode that is switched to.
    pub target: String,
    /// What the switch waits for: a condition and its message.
    pub waits_for: Option<RegistryCondition>,
}

impl RegistryModule {
    /// The condition of a switch as a whole.
    const READY: &str = "Ready";
    /// The condition that the registry has every image.
    pub const IMAGES: &str = "RegistryContainsRequiredImages";

    /// The switch that is under way.
    pub fn switch(&self) -> Option<RegistrySwitch> {
        if let Some(storage) = self.storage.as_ref().filter(|it| it.replaces_upstream && !it.is_only_source) {
            let fill = storage.fill.map(|(filled, total)| format!("{filled} of {total} images"));
            let waits_for = RegistryCondition {
                kind: Self::IMAGES.to_owned(),
                is_true: false,
                message: fill.unwrap_or_default().into(),
            };
            return Some(RegistrySwitch { target: "Managed".to_owned(), waits_for: Some(waits_for) });
        }
        let target = self.target.as_ref()?;
        let is_not_ready = self.conditions.iter().any(|it| it.kind == Self::READY && !it.is_true);
        if self.mode.as_ref() == Some(target) && !is_not_ready {
            return None;
        }
        let waits_for = self.conditions.iter().find(|it| !it.is_true && it.kind != Self::READY);
        Some(RegistrySwitch { target: target.clone(), waits_for: waits_for.cloned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(kind: &str, is_true: bool) -> RegistryCondition {
        RegistryCondition { kind: kind.to_owned(), is_true, message: "1 of 166 items".into() }
    }

    fn module(mode: Option<&str>, target: &str, conditions: &[(&str, bool)]) -> RegistryModule {
        RegistryModule {
            mode: mode.map(str::to_owned),
            target: Some(target.to_owned()),
            conditions: conditions.iter().map(|(kind, is_true)| condition(kind, *is_true)).collect(),
            storage: None,
        }
    }

    #[test]
    fn a_switch_is_over_when_the_target_is_in_effect_and_ready() {
        let images = RegistryModule::IMAGES;
        for (module, expected) in [
            (RegistryModule::default(), None),
            (module(Some("Direct"), "Direct", &[(images, true), ("Ready", true)]), None),
            (module(Some("Direct"), "Direct", &[]), None),
            (
                module(Some("Direct"), "Local", &[(images, false), ("Ready", false)]),
                Some(("Local", Some(images))),
            ),
            (
                module(None, "Direct", &[("ContainerdConfigPreflightReady", false)]),
                Some(("Direct", Some("ContainerdConfigPreflightReady"))),
            ),
            // Settings of the mode have changed.
            (
                module(Some("Direct"), "Direct", &[("FinalContainerdConfigReady", true), ("Ready", false)]),
                Some(("Direct", None)),
            ),
        ] {
            let switch = module.switch();
            let found = switch
                .as_ref()
                .map(|it| (it.target.as_str(), it.waits_for.as_ref().map(|it| it.kind.as_str())));
            assert_eq!(found, expected, "{module:?}");
        }
    }

    #[test]
    fn a_storage_that_is_being_filled_is_a_switch() {
        let storage = |replaces_upstream, is_only_source| RegistryModule {
            storage: Some(RegistryStorage {
                fill: Some((333, 556)),
                replaces_upstream,
                is_only_source,
                ..RegistryStorage::default()
            }),
            ..RegistryModule::default()
        };
        assert_eq!(storage(false, false).switch(), None);
        assert_eq!(storage(true, true).switch(), None);
        let switch = storage(true, false).switch().unwrap();
        assert_eq!(switch.waits_for.unwrap().message.to_string(), "333 of 556 images");
    }
}
