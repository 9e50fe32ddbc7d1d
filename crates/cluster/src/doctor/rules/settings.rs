//! Settings that do not fit.

use commands::{Kubectl, Objects, Output, Resource};
use problems::{Kind, Object, Rule, See, SettingsAdvice, SettingsFact};

use crate::{
    doctor::{
        context::{Context, see},
        finding::{Finding, Severity},
        source::Source,
    },
    safe_text::short,
};

/// The `ConfigMap` in which the cloud provider's module writes its conditions.
const CONDITIONS: &str = "d8-cloud-provider-conditions";

/// Conditions that the cloud provider's module reports as unmet: a requirement of releases.
pub(super) fn cloud(context: &Context<'_>) -> Vec<Finding> {
    let unmet = Context::list(&context.state.cloud_conditions).iter().filter(|condition| !condition.ok);
    unmet
        .map(|condition| {
            let fact = SettingsFact::CloudCondition {
                name: condition.name.as_str().into(),
                message: short(&condition.message),
            };
            let object = Object::new(Kind::ConfigMap, CONDITIONS);
            let config_map = Objects::one(Resource::ConfigMap, CONDITIONS).within("kube-system");
            Finding::new(Rule::CloudCondition, Severity::Slows, object, fact)
                .advise(SettingsAdvice::FollowMessage)
                .advise(see(See::CloudConditions, Kubectl::Get(config_map, Output::Yaml)))
                .seen_in(Source::CloudConditions)
        })
        .collect()
}

/// What the platform reports about the settings of modules, for example after a change of their schema.
pub(super) fn module_configs(context: &Context<'_>) -> Vec<Finding> {
    let reported =
        Context::list(&context.state.module_configs).iter().filter(|config| !config.message.is_empty());
    reported
        .map(|config| {
            let invalid = is_error(&config.message);
            let severity = if invalid { Severity::Slows } else { Severity::Notable };
            let fact = SettingsFact::Message { message: short(&config.message), invalid };
            let status = Kubectl::Get(
                Objects::one(Resource::ModuleConfig, &config.name),
                // The settings contain logins, for example of the notification's webhook.
                Output::JsonPath("{.status}"),
            );
            Finding::new(Rule::ModuleConfig, severity, Object::new(Kind::ModuleConfig, &config.name), fact)
                .advise(SettingsAdvice::FollowMessage)
                .advise(see(See::Status, status))
                .seen_in(Source::ModuleConfigs)
        })
        .collect()
}

/// Whether a message of the platform about settings is an error.
fn is_error(message: &str) -> bool {
    ["invalid", "Invalid", "error", "Error", "fail"].iter().any(|part| message.contains(part))
}
