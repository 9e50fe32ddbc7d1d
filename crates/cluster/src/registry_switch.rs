//! A switch of the registry's mode that is under way, as a problem: images come from elsewhere when it is done.

use commands::{Command, Filter, Kubectl, Objects, Output, Resource};
use problems::{Advice, Code, Kind, Object, Problem, RegistryFact, See};

use crate::{
    ClusterState, ImageSource,
    objects::{RegistryModule, RegistrySwitch},
};

/// The switch, if one is under way.
pub(crate) fn problem(state: &ClusterState) -> Option<Problem> {
    let module = state.registry_module.known()?;
    let RegistrySwitch { target, waits_for } = module.switch()?;
    let lacks_images = waits_for.as_ref().is_some_and(|it| it.kind == RegistryModule::IMAGES);
    // A registry outside the cluster is filled by a push as well, but is not waited for because of it.
    let push = matches!(state.image_source(), ImageSource::InCluster { .. }) && lacks_images;
    let (config, objects, output, filter) = if module.storage.is_some() {
        let storage = Objects::one(Resource::RegistryStorage, "registry");
        ("registry", storage, Output::JsonPath("{.status}"), None)
    } else {
        let secret = Objects::one(Resource::Secret, "registry-state").within("d8-system");
        ("deckhouse", secret, Output::JsonPath("{.data.conditions}"), Some(Filter::Base64))
    };
    let command = Command::kubectl(Kubectl::Get(objects, output));
    let command = match filter {
        Some(filter) => command.piped(filter),
        None => command,
    };
    let fact = RegistryFact::Switching { target, waits_for: waits_for.map(|it| (it.kind, it.message)) };
    let problem = Problem::new(Code::RegistrySwitch, Object::new(Kind::ModuleConfig, config), fact);
    let problem = problem.advise_all(push.then(|| Advice::Push { registry: state.registry_address() }));
    Some(problem.advise(Advice::See(See::RegistrySwitch, command)))
}

#[cfg(test)]
mod tests {
    use problems::Fact;
    use serde_json::json;

    use super::*;
    use crate::{
        Reading,
        objects::{ModuleConfig, RegistryCondition},
    };

    fn state(mode: &str, target: &str, condition: &str) -> ClusterState {
        let config = |name: &str, settings| ModuleConfig {
            name: name.to_owned(),
            settings,
            ..ModuleConfig::default()
        };
        let module = RegistryModule {
            mode: Some(mode.to_owned()),
            target: Some(target.to_owned()),
            conditions: vec![RegistryCondition {
                kind: condition.to_owned(),
                is_true: false,
                message: "0 of 166 items".into(),
            }],
            storage: None,
        };
        ClusterState {
            registry_module: Reading::Known(module),
            module_configs: Reading::Known(vec![
                config("deckhouse", json!({ "registry": { "mode": target } })),
                config("global", json!({ "modules": { "publicDomainTemplate": "%s.corp" } })),
            ]),
            ..ClusterState::default()
        }
    }

    #[test]
    fn only_a_registry_in_the_cluster_without_images_needs_a_push() {
        let push = Advice::Push { registry: "registry.corp/system/deckhouse".to_owned() };
        for (target, condition, expected) in [
            ("Local", RegistryModule::IMAGES, true),
            ("Local", "ContainerdConfigPreflightReady", false),
            ("Direct", RegistryModule::IMAGES, false),
        ] {
            let problem = problem(&state("Unmanaged", target, condition)).unwrap();
            assert_eq!(problem.advice.contains(&push), expected, "{target}: {condition}");
            let fact = RegistryFact::Switching {
                target: target.to_owned(),
                waits_for: Some((condition.to_owned(), "0 of 166 items".into())),
            };
            assert_eq!(problem.fact, Fact::from(fact));
        }
        assert_eq!(problem(&ClusterState::default()), None);
    }
}
