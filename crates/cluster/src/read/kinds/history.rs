//! What shows which versions of the platform ran before.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, api::ListParams};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::places::{Source, in_platform, lies_at},
    lenient::{items, text, time},
};
use crate::objects::{PlatformReplicaSet, ReleaseStart, image_version};

/// The namespace where events about objects without a namespace are.
const EVENTS: &str = "default";

/// The `ReplicaSets` of the platform's Deployment.
pub(crate) struct ReplicaSets;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawReplicaSet {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
}
lies_at!(RawReplicaSet, NamespaceResourceScope, "apps", "v1", "ReplicaSet", "replicasets");

impl Source for ReplicaSets {
    type Raw = RawReplicaSet;
    type Item = PlatformReplicaSet;
    const DEFINITION: Option<&'static str> = None;

    fn api(client: &Client) -> Api<RawReplicaSet> {
        in_platform(client)
    }

    fn params() -> ListParams {
        ListParams::default().labels("app=deckhouse")
    }

    fn item(raw: RawReplicaSet) -> PlatformReplicaSet {
        let containers = &raw.spec["template"]["spec"]["containers"];
        let own = items(containers).find(|it| it["name"] == "deckhouse").unwrap_or(&containers[0]);
        PlatformReplicaSet {
            version: own["image"].as_str().and_then(image_version),
            created: raw.metadata.creation_timestamp.map(|time| time.0),
        }
    }
}

/// The events with which the controller says that it begins to deploy a release.
pub(crate) struct ReleaseStarts;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawEvent {
    metadata: ObjectMeta,
    #[serde(default)]
    involved_object: Value,
    #[serde(default)]
    first_timestamp: Value,
    #[serde(default)]
    event_time: Value,
}
lies_at!(RawEvent, NamespaceResourceScope, "", "v1", "Event", "events");

impl Source for ReleaseStarts {
    type Raw = RawEvent;
    type Item = ReleaseStart;
    const DEFINITION: Option<&'static str> = None;

    fn api(client: &Client) -> Api<RawEvent> {
        Api::namespaced(client.clone(), EVENTS)
    }

    fn params() -> ListParams {
        ListParams::default().fields("involvedObject.kind=DeckhouseRelease,reason=ReleaseUpdateInitiated")
    }

    fn item(raw: RawEvent) -> ReleaseStart {
        ReleaseStart {
            release: text(&raw.involved_object["name"]).unwrap_or_default(),
            at: time(&raw.first_timestamp).or_else(|| time(&raw.event_time)),
        }
    }
}
