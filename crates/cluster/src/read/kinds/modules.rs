//! Modules, their releases and where they come from.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::places::{Source, lies_at},
    lenient::{
        condition, condition_message, condition_reason, harmless, items, name, or_default, text, texts, time,
        version, words,
    },
};
use crate::objects::{
    EMBEDDED, Module, ModulePullOverride, ModuleRelease, ModuleSource, ModuleUpdatePolicy, OfferedModule,
    Phase, UpdateMode,
};
use crate::safe_text::address;

/// `modules`.
pub(crate) struct Modules;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawModule {
    metadata: ObjectMeta,
    #[serde(default)]
    properties: Value,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}
// Served by all platforms: those that store a newer version convert nothing, so its fields arrive here too, as far as the
// older schema keeps them.
lies_at!(RawModule, ClusterResourceScope, "deckhouse.io", "v1alpha1", "Module", "modules");

impl Source for Modules {
    type Raw = RawModule;
    type Item = Module;
    const DEFINITION: Option<&'static str> = Some("modules.deckhouse.io");

    fn api(client: &Client) -> Api<RawModule> {
        Api::all(client.clone())
    }

    fn item(raw: RawModule) -> Module {
        let RawModule { metadata, properties, spec, status } = raw;
        // Each condition by its name in the older form, then in the newer one.
        let ready = ["IsReady", "Ready"].into_iter().find(|kind| condition(&status, kind).is_some());
        let message = ready.map(|kind| condition_message(&status, kind)).filter(|text| !text.is_empty());
        let phase = text(&status["phase"]).or_else(|| text(&status["summary"]["state"]));
        Module {
            name: name(&metadata),
            version: text(&properties["version"])
                .or_else(|| text(&status["currentVersion"]["version"]))
                .or_else(|| text(&spec["packageVersion"])),
            source: source(&metadata, &properties, &spec),
            without_properties: !properties.is_object(),
            requires_deckhouse: text(&properties["requirements"]["deckhouse"]),
            requires_kubernetes: text(&properties["requirements"]["kubernetes"]),
            phase: phase.or_else(|| condition_reason(&status, "Ready")).unwrap_or_default(),
            enabled: condition(&status, "EnabledByModuleManager")
                .or_else(|| condition(&status, "Enabled"))
                .or_else(|| spec["enabled"].as_bool()),
            ready: ready.and_then(|kind| condition(&status, kind)),
            message: message.or_else(|| words(&status["summary"]["message"])).unwrap_or_default(),
        }
    }
}

/// Where a module comes from. In the newer form, one of the platform's image has an annotation and a repository of its own.
fn source(metadata: &ObjectMeta, properties: &Value, spec: &Value) -> Option<String> {
    let annotations = metadata.annotations.as_ref();
    let embedded = annotations.and_then(|all| all.get("modules.deckhouse.io/embedded"));
    let repository = text(&spec["packageRepositoryName"]);
    if embedded.is_some_and(|value| value == "true") || repository.as_deref() == Some("embedded") {
        return Some(EMBEDDED.to_owned());
    }
    text(&properties["source"]).or(repository)
}

/// `modulereleases`.
pub(crate) struct ModuleReleases;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawModuleRelease {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawModuleReleaseSpec,
    #[serde(default)]
    status: Value,
}
lies_at!(
    RawModuleRelease,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha1",
    "ModuleRelease",
    "modulereleases"
);

/// Without `changelog`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawModuleReleaseSpec {
    #[serde(deserialize_with = "or_default")]
    module_name: String,
    #[serde(deserialize_with = "or_default")]
    version: String,
    apply_after: Value,
    requirements: Value,
    update: Value,
}

impl Source for ModuleReleases {
    type Raw = RawModuleRelease;
    type Item = ModuleRelease;
    const DEFINITION: Option<&'static str> = Some("modulereleases.deckhouse.io");

    fn api(client: &Client) -> Api<RawModuleRelease> {
        Api::all(client.clone())
    }

    fn item(raw: RawModuleRelease) -> ModuleRelease {
        let RawModuleRelease { metadata, spec, status } = raw;
        let mut requirements = texts(&spec.requirements);
        for (module, constraint) in texts(&spec.requirements["modules"]) {
            requirements.insert(format!("modules.{module}"), constraint);
        }
        let steps = items(&spec.update["versions"]);
        ModuleRelease {
            name: name(&metadata),
            module: harmless(&spec.module_name),
            version: version(&spec.version),
            version_text: harmless(&spec.version),
            update_policy: metadata
                .labels
                .and_then(|mut labels| labels.remove("modules.deckhouse.io/update-policy"))
                .map(|policy| harmless(&policy)),
            annotations: metadata.annotations.unwrap_or_default(),
            apply_after: time(&spec.apply_after),
            requirements,
            update_from_to: steps.filter_map(|it| Some((text(&it["from"])?, text(&it["to"])?))).collect(),
            phase: Phase::parse(&text(&status["phase"]).unwrap_or_default()),
            message: words(&status["message"]).unwrap_or_default(),
            // The journal: each attempt is an entry behind the others.
            failed_migration: items(&status["migrations"])
                .last()
                .filter(|it| it["status"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("Failed")))
                .and_then(|it| text(&it["name"])),
            transition_time: time(&status["transitionTime"]),
            resource_version: metadata.resource_version,
        }
    }
}

/// `modulesources`.
pub(crate) struct ModuleSources;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawModuleSource {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawModuleSourceSpec,
    #[serde(default)]
    status: Value,
}
lies_at!(RawModuleSource, ClusterResourceScope, "deckhouse.io", "v1alpha1", "ModuleSource", "modulesources");

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct RawModuleSourceSpec {
    registry: RawSourceRegistry,
}

/// Without the login.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct RawSourceRegistry {
    #[serde(deserialize_with = "or_default")]
    repo: String,
}

impl Source for ModuleSources {
    type Raw = RawModuleSource;
    type Item = ModuleSource;
    const DEFINITION: Option<&'static str> = Some("modulesources.deckhouse.io");

    fn api(client: &Client) -> Api<RawModuleSource> {
        Api::all(client.clone())
    }

    fn item(raw: RawModuleSource) -> ModuleSource {
        let RawModuleSource { metadata, spec, status } = raw;
        ModuleSource {
            name: name(&metadata),
            repo: address(&spec.registry.repo),
            sync_time: time(&status["syncTime"]),
            message: words(&status["message"]).unwrap_or_default(),
            modules: items(&status["modules"]).map(offered).collect(),
        }
    }
}

fn offered(value: &Value) -> OfferedModule {
    let errors: Vec<String> =
        ["error", "pullError"].iter().filter_map(|field| text(&value[*field])).collect();
    OfferedModule {
        name: text(&value["name"]).unwrap_or_default(),
        version: text(&value["version"]),
        error: (!errors.is_empty()).then(|| errors.join("; ").into()),
    }
}

/// `moduleupdatepolicies`.
pub(crate) struct ModuleUpdatePolicies;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawModuleUpdatePolicy {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
}
lies_at!(
    RawModuleUpdatePolicy,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha1",
    "ModuleUpdatePolicy",
    "moduleupdatepolicies"
);

impl Source for ModuleUpdatePolicies {
    type Raw = RawModuleUpdatePolicy;
    type Item = ModuleUpdatePolicy;
    const DEFINITION: Option<&'static str> = Some("moduleupdatepolicies.deckhouse.io");

    // Served in all versions of the platform, and what is read of it is the same in the later one.
    fn api(client: &Client) -> Api<RawModuleUpdatePolicy> {
        Api::all(client.clone())
    }

    fn item(raw: RawModuleUpdatePolicy) -> ModuleUpdatePolicy {
        ModuleUpdatePolicy {
            name: name(&raw.metadata),
            mode: raw.spec["update"]["mode"].as_str().map(harmless).as_deref().map(UpdateMode::parse),
            release_channel: text(&raw.spec["releaseChannel"]),
        }
    }
}

/// `modulepulloverrides`.
pub(crate) struct ModulePullOverrides;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawModulePullOverride {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
}
lies_at!(
    RawModulePullOverride,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha2",
    "ModulePullOverride",
    "modulepulloverrides"
);

impl Source for ModulePullOverrides {
    type Raw = RawModulePullOverride;
    type Item = ModulePullOverride;
    const DEFINITION: Option<&'static str> = Some("modulepulloverrides.deckhouse.io");

    fn api(client: &Client) -> Api<RawModulePullOverride> {
        Api::all(client.clone())
    }

    fn item(raw: RawModulePullOverride) -> ModulePullOverride {
        ModulePullOverride {
            name: name(&raw.metadata),
            image_tag: text(&raw.spec["imageTag"]).unwrap_or_default(),
        }
    }
}
