//! Configuration that does not fit.

use commands::{Kubectl, Objects, Output, Resource};

use crate::doctor::{
    finding::{Finding, Severity},
    look::Look,
};
use crate::safe_text::short;

/// What the cloud provider's module has found wrong: a requirement of releases.
pub(super) fn cloud(look: &Look<'_>) -> Vec<Finding> {
    let ill = Look::all(&look.state.cloud_conditions).iter().filter(|condition| !condition.ok);
    ill.map(|condition| {
        Finding::new(
            "cloud-condition",
            Severity::Slows,
            "ConfigMap/d8-cloud-provider-conditions",
            format!("{}: {}", condition.name, short(&condition.message)),
        )
        .why("a release that has the requirement unmetCloudConditions does not go on")
        .remedy("do what the message says")
        .command(Kubectl::Get(
            Objects::one(Resource::ConfigMap, "d8-cloud-provider-conditions").within("kube-system"),
            Output::Yaml,
        ))
        .seen_in("conditions of the cloud provider")
    })
    .collect()
}

/// What the platform says about the settings of modules, as after a change of their schema.
pub(super) fn module_configs(look: &Look<'_>) -> Vec<Finding> {
    let said = Look::all(&look.state.module_configs).iter().filter(|config| !config.message.is_empty());
    said.map(|config| {
        let wrong =
            ["invalid", "Invalid", "error", "Error", "fail"].iter().any(|part| config.message.contains(part));
        let severity = if wrong { Severity::Slows } else { Severity::Notable };
        Finding::new(
            "module-config",
            severity,
            format!("ModuleConfig/{}", config.name),
            short(&config.message),
        )
        .why(if wrong {
            "the settings do not take effect"
        } else {
            "the platform says this about the settings"
        })
        .remedy("bring the settings to what the message asks for")
        // Settings have logins in them, as of the notification's webhook.
        .command(Kubectl::Get(
            Objects::one(Resource::ModuleConfig, &config.name),
            Output::JsonPath("{.status}"),
        ))
        .seen_in("ModuleConfigs")
    })
    .collect()
}
