//! The platform itself: its releases, settings, controller and alerts.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, api::ListParams};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::places::{Source, in_platform, lies_at},
    lenient::{
        condition, count, harmless, harmless_value, items, name, or_default, text, texts, time, version,
        words,
    },
};
use crate::{
    objects::{Alert, ContainerState, DeckhouseDeployment, DeckhousePod, ModuleConfig, Phase, Release},
    safe_text::{address, hosts_only},
};

/// `deckhousereleases`.
pub(crate) struct Releases;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawRelease {
    metadata: ObjectMeta,
    #[serde(default, deserialize_with = "or_default")]
    approved: bool,
    #[serde(default)]
    spec: RawReleaseSpec,
    #[serde(default)]
    status: Value,
}
lies_at!(
    RawRelease,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha1",
    "DeckhouseRelease",
    "deckhousereleases"
);

/// Without `changelog`, which is by far the largest part.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawReleaseSpec {
    #[serde(deserialize_with = "or_default")]
    version: String,
    apply_after: Value,
    requirements: Value,
    disruptions: Value,
}

impl Source for Releases {
    type Raw = RawRelease;
    type Item = Release;
    const DEFINITION: Option<&'static str> = Some("deckhousereleases.deckhouse.io");

    fn api(client: &Client) -> Api<RawRelease> {
        Api::all(client.clone())
    }

    fn item(raw: RawRelease) -> Release {
        let RawRelease { metadata, approved, spec, status } = raw;
        Release {
            name: name(&metadata),
            version: version(&spec.version),
            version_text: harmless(&spec.version),
            approved_field: approved,
            apply_after: time(&spec.apply_after),
            requirements: texts(&spec.requirements),
            disruptions: items(&spec.disruptions).filter_map(words).collect(),
            phase: Phase::parse(&text(&status["phase"]).unwrap_or_default()),
            // A failed notification is told with the webhook's URL, whose path is often its key.
            message: status["message"].as_str().map(|message| hosts_only(message).into()).unwrap_or_default(),
            transition_time: time(&status["transitionTime"]),
            created: metadata.creation_timestamp.map(|time| time.0),
            annotations: metadata.annotations.unwrap_or_default(),
            resource_version: metadata.resource_version,
        }
    }
}

/// `moduleconfigs`.
pub(crate) struct ModuleConfigs;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawModuleConfig {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}
lies_at!(RawModuleConfig, ClusterResourceScope, "deckhouse.io", "v1alpha1", "ModuleConfig", "moduleconfigs");

impl Source for ModuleConfigs {
    type Raw = RawModuleConfig;
    type Item = ModuleConfig;
    const DEFINITION: Option<&'static str> = Some("moduleconfigs.deckhouse.io");

    fn api(client: &Client) -> Api<RawModuleConfig> {
        Api::all(client.clone())
    }

    fn item(raw: RawModuleConfig) -> ModuleConfig {
        let RawModuleConfig { metadata, mut spec, status } = raw;
        // `1` or `1.0`: the schema says number.
        let whole = |value: &Value| value.as_u64().or_else(|| value.as_f64()?.to_string().parse().ok());
        ModuleConfig {
            name: name(&metadata),
            enabled: spec["enabled"].as_bool(),
            version: whole(&spec["version"]),
            source: text(&spec["source"]),
            update_policy: text(&spec["updatePolicy"]),
            maintenance: text(&spec["maintenance"]),
            settings: spec.get_mut("settings").map(Value::take).map(harmless_value).unwrap_or_default(),
            message: words(&status["message"]).unwrap_or_default(),
            resource_version: metadata.resource_version,
            annotations: metadata.annotations.unwrap_or_default(),
        }
    }
}

/// The Deployment `d8-system/deckhouse` alone.
pub(crate) struct Deployments;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawDeployment {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}
lies_at!(RawDeployment, NamespaceResourceScope, "apps", "v1", "Deployment", "deployments");

impl Source for Deployments {
    type Raw = RawDeployment;
    type Item = DeckhouseDeployment;
    const DEFINITION: Option<&'static str> = None;

    fn api(client: &Client) -> Api<RawDeployment> {
        in_platform(client)
    }

    fn params() -> ListParams {
        ListParams::default().fields("metadata.name=deckhouse")
    }

    fn item(raw: RawDeployment) -> DeckhouseDeployment {
        let RawDeployment { metadata, spec, status } = raw;
        let containers = &spec["template"]["spec"]["containers"];
        // The first one, unless a later version puts another before it.
        let own = items(containers).find(|it| it["name"] == "deckhouse").unwrap_or(&containers[0]);
        let replicas = |value: &Value| i32::try_from(count(value)).unwrap_or(i32::MAX);
        let mut annotations = metadata.annotations.unwrap_or_default();
        DeckhouseDeployment {
            image: own["image"].as_str().map(address).unwrap_or_default(),
            version_annotation: annotations.remove("core.deckhouse.io/version").map(|it| harmless(&it)),
            edition_annotation: annotations.remove("core.deckhouse.io/edition").map(|it| harmless(&it)),
            generation: metadata.generation.unwrap_or_default(),
            observed_generation: status["observedGeneration"].as_i64().unwrap_or_default(),
            // The API server fills in the default, 1.
            replicas: replicas(&spec["replicas"]),
            updated: replicas(&status["updatedReplicas"]),
            ready: replicas(&status["readyReplicas"]),
            available: replicas(&status["availableReplicas"]),
            unavailable: replicas(&status["unavailableReplicas"]),
        }
    }
}

/// The pods of the platform's controller.
pub(crate) struct Pods;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawPod {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}
lies_at!(RawPod, NamespaceResourceScope, "", "v1", "Pod", "pods");

impl Source for Pods {
    type Raw = RawPod;
    type Item = DeckhousePod;
    const DEFINITION: Option<&'static str> = None;

    fn api(client: &Client) -> Api<RawPod> {
        in_platform(client)
    }

    fn params() -> ListParams {
        ListParams::default().labels("app=deckhouse")
    }

    fn item(raw: RawPod) -> DeckhousePod {
        let RawPod { metadata, spec, status } = raw;
        // A pod that no kubelet has taken up yet has no states, and its images all the same.
        let states: BTreeMap<&str, &Value> = ["initContainerStatuses", "containerStatuses"]
            .iter()
            .flat_map(|list| items(&status[*list]))
            .filter_map(|state| Some((state["name"].as_str()?, state)))
            .collect();
        let containers = ["initContainers", "containers"]
            .iter()
            .flat_map(|list| items(&spec[*list]))
            .map(|container| container_state(container, &states))
            .collect();
        let labels = metadata.labels.clone().unwrap_or_default();
        DeckhousePod {
            name: name(&metadata),
            node: text(&spec["nodeName"]),
            ip: text(&status["podIP"]),
            phase: text(&status["phase"]).unwrap_or_default(),
            ready: condition(&status, "Ready").unwrap_or_default(),
            started: time(&status["startTime"]),
            terminating: metadata.deletion_timestamp.is_some(),
            containers,
            labels: labels.iter().map(|(key, value)| (harmless(key), harmless(value))).collect(),
        }
    }
}

fn container_state(container: &Value, known: &BTreeMap<&str, &Value>) -> ContainerState {
    let status = known.get(container["name"].as_str().unwrap_or_default()).copied().unwrap_or(&Value::Null);
    let end = &status["lastState"]["terminated"];
    ContainerState {
        image: container["image"].as_str().map(address).unwrap_or_default(),
        name: text(&container["name"]).unwrap_or_default(),
        ready: status["ready"] == true,
        restarts: i32::try_from(count(&status["restartCount"])).unwrap_or(i32::MAX),
        waiting_reason: text(&status["state"]["waiting"]["reason"]),
        waiting_message: words(&status["state"]["waiting"]["message"]),
        last_end: end.is_object().then(|| {
            let reason = text(&end["reason"]).unwrap_or_else(|| "ended".to_owned());
            format!("{reason}, exit code {}", end["exitCode"].as_i64().unwrap_or_default()).into()
        }),
    }
}

/// `clusteralerts`.
pub(crate) struct Alerts;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawAlert {
    metadata: ObjectMeta,
    #[serde(default)]
    alert: Value,
    #[serde(default)]
    status: Value,
}
lies_at!(RawAlert, ClusterResourceScope, "deckhouse.io", "v1alpha1", "ClusterAlert", "clusteralerts");

impl Source for Alerts {
    type Raw = RawAlert;
    type Item = Alert;
    const DEFINITION: Option<&'static str> = Some("clusteralerts.deckhouse.io");

    fn api(client: &Client) -> Api<RawAlert> {
        Api::all(client.clone())
    }

    fn item(raw: RawAlert) -> Alert {
        let RawAlert { metadata, alert, status } = raw;
        Alert {
            id: name(&metadata),
            name: text(&alert["name"]).unwrap_or_default(),
            severity: u8::try_from(count(&alert["severityLevel"]))
                .ok()
                .filter(|level| (1..=9).contains(level)),
            severity_is_text: alert["severityLevel"].is_string(),
            summary: words(&alert["summary"]).unwrap_or_default(),
            description: words(&alert["description"]).unwrap_or_default(),
            labels: texts(&alert["labels"]),
            status: text(&status["alertStatus"]).unwrap_or_default(),
            starts_at: time(&status["startsAt"]),
        }
    }
}
