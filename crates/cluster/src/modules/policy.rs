//! Under which update policy a module is: its own, or the platform's.

use serde::Serialize;

use crate::{
    ClusterState,
    objects::{ModuleRelease, UpdateMode},
};

/// What decides about the updates of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Where it comes from.
    pub origin: PolicyOrigin,
    /// The mode, if it is known and set; the platform's version has a default.
    pub mode: Option<UpdateMode>,
}

/// Where the policy of a module comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "from", content = "name")]
pub enum PolicyOrigin {
    /// The settings of `ModuleConfig/deckhouse`: the module names none.
    Platform,
    /// This `ModuleUpdatePolicy`.
    Named(String),
    /// This `ModuleUpdatePolicy`, which does not exist: such a release waits forever.
    Missing(String),
}

/// The policy of a release: `ModuleConfig.spec.updatePolicy` of its module, else the label that old controllers
/// put on the release, else the platform's.
pub fn policy(state: &ClusterState, release: &ModuleRelease) -> Policy {
    let configs = state.module_configs.known().into_iter().flatten();
    let config = configs.into_iter().find(|config| config.name == release.module);
    let named = config.and_then(|config| config.update_policy.as_deref());
    let named = named.or(release.update_policy.as_deref()).filter(|name| !name.is_empty());
    let Some(name) = named else {
        let mode = state.deckhouse_config().and_then(|config| config.update_settings().mode);
        return Policy { origin: PolicyOrigin::Platform, mode };
    };
    let Some(policies) = state.module_update_policies.known() else {
        return Policy { origin: PolicyOrigin::Named(name.to_owned()), mode: None };
    };
    match policies.iter().find(|policy| policy.name == name) {
        Some(policy) => Policy { origin: PolicyOrigin::Named(name.to_owned()), mode: policy.mode.clone() },
        // Where a module names none, newer controllers label its releases with a name that is no object.
        None if config.is_none_or(|config| config.update_policy.is_none()) => Policy {
            origin: PolicyOrigin::Platform,
            mode: state.deckhouse_config().and_then(|config| config.update_settings().mode),
        },
        None => Policy { origin: PolicyOrigin::Missing(name.to_owned()), mode: None },
    }
}

/// Whether the release channel of a module is LTS: that of its policy, else the platform's. `false` if it is unknown.
pub(super) fn is_lts(state: &ClusterState, release: &ModuleRelease) -> bool {
    match policy(state, release).origin {
        PolicyOrigin::Platform => state.is_lts(),
        PolicyOrigin::Missing(_) => false,
        PolicyOrigin::Named(name) => {
            let mut policies = state.module_update_policies.known().into_iter().flatten();
            let channel = policies.find(|it| it.name == name).and_then(|it| it.release_channel.as_deref());
            channel.is_some_and(|channel| channel.eq_ignore_ascii_case("LTS"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Reading,
        objects::{ModuleConfig, ModuleUpdatePolicy},
    };

    #[test]
    fn the_modules_own_policy_comes_before_the_platforms() {
        let deckhouse = ModuleConfig {
            name: "deckhouse".to_owned(),
            settings: json!({"update": {"mode": "Auto"}}),
            ..ModuleConfig::default()
        };
        let module = |policy: Option<&str>| ModuleConfig {
            name: "console".to_owned(),
            update_policy: policy.map(str::to_owned),
            ..ModuleConfig::default()
        };
        let slow = ModuleUpdatePolicy {
            name: "slow".to_owned(),
            mode: Some(UpdateMode::Manual),
            ..ModuleUpdatePolicy::default()
        };
        let slow_policy = || PolicyOrigin::Named("slow".to_owned());
        let (auto, manual) = (Some(&UpdateMode::Auto), Some(&UpdateMode::Manual));
        for (in_config, label, origin, mode) in [
            (None, None, PolicyOrigin::Platform, auto),
            (Some("slow"), None, slow_policy(), manual),
            (Some("slow"), Some("other"), slow_policy(), manual),
            (None, Some("slow"), slow_policy(), manual),
            (None, Some("deckhouse"), PolicyOrigin::Platform, auto),
            (Some("gone"), None, PolicyOrigin::Missing("gone".to_owned()), None),
        ] {
            let state = ClusterState {
                module_configs: Reading::Known(vec![deckhouse.clone(), module(in_config)]),
                module_update_policies: Reading::Known(vec![slow.clone()]),
                ..ClusterState::default()
            };
            let release = ModuleRelease {
                module: "console".to_owned(),
                update_policy: label.map(str::to_owned),
                ..ModuleRelease::default()
            };
            let expected = Policy { origin, mode: mode.cloned() };
            assert_eq!(policy(&state, &release), expected, "{in_config:?} {label:?}");
        }
    }
}
