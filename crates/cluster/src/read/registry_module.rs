//! What the module `registry` records of its mode and of a switch.

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    permission::secret_refused,
    places::{PLATFORM, in_platform},
    refusal::unread,
    singles::text_of,
};
use crate::{
    Error, Obstacle, Reading,
    objects::{RegistryCondition, RegistryModule, RegistryStorage},
    safe_text,
};

/// Secret of the modes Direct, Proxy, Local and Unmanaged. Its key `state` holds keys and passwords of the registry in the
/// cluster, and is not looked at.
const STATE: &str = "registry-state";

#[derive(Deserialize)]
struct RawCondition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    #[serde(default)]
    message: String,
}

/// Secret `d8-system/registry-state` and `RegistryStorage/registry`. Clusters whose registry no module manages have neither.
/// Without permission to read the Secret, the storage alone counts: a cluster has only one of them.
pub(crate) async fn registry_module(client: &Client) -> Reading<RegistryModule> {
    let (state, storage) = tokio::join!(switch_secret(client), storage_object(client));
    let storage = match storage {
        Ok(storage) => storage.map(|object| storage_of(&object.data)),
        Err(error) => return unread(error),
    };
    match state {
        Reading::Known(secret) => match switch_state(&secret) {
            Ok(module) => Reading::Known(RegistryModule { storage, ..module }),
            Err(what) => Reading::Unreadable(Obstacle::Malformed(what)),
        },
        _ if storage.is_some() => Reading::Known(RegistryModule { storage, ..RegistryModule::default() }),
        Reading::Absent(why) => Reading::Absent(why),
        Reading::NotNow { why, .. } => Reading::NotNow { last: None, why },
        Reading::Unreadable(obstacle) => Reading::Unreadable(obstacle),
    }
}

async fn switch_secret(client: &Client) -> Reading<Secret> {
    if let Some(obstacle) = secret_refused(client, PLATFORM, STATE).await {
        return Reading::Unreadable(obstacle);
    }
    match found(in_platform::<Secret>(client).get(STATE).await) {
        Ok(Some(secret)) => Reading::Known(secret),
        Ok(None) => Reading::Absent("no module manages the registry".to_owned()),
        Err(error) => unread(error),
    }
}

async fn storage_object(client: &Client) -> Result<Option<DynamicObject>, Error> {
    let resource = ApiResource {
        group: "deckhouse.io".to_owned(),
        version: "v1alpha1".to_owned(),
        api_version: "deckhouse.io/v1alpha1".to_owned(),
        kind: "RegistryStorage".to_owned(),
        plural: "registrystorages".to_owned(),
    };
    let storages: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    found(storages.get("registry").await)
}

/// The object, or that there is none.
fn found<T>(answer: kube::Result<T>) -> Result<Option<T>, Error> {
    match answer.map_err(Error::from) {
        Ok(object) => Ok(Some(object)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn switch_state(secret: &Secret) -> Result<RegistryModule, String> {
    let data = |key: &str| text_of(secret, key);
    let conditions = data("conditions").unwrap_or_else(|| "[]".to_owned());
    let conditions: Vec<RawCondition> = serde_saphyr::from_str(&conditions)
        .map_err(|_| format!("conditions of the Secret {PLATFORM}/{STATE} are not a list"))?;
    let conditions = conditions.into_iter().map(|raw| RegistryCondition {
        kind: safe_text::name(&raw.kind),
        is_true: raw.status == "True",
        message: safe_text::short(&raw.message),
    });
    Ok(RegistryModule {
        mode: data("mode").map(|mode| safe_text::name(&mode)),
        target: data("target_mode").map(|mode| safe_text::name(&mode)),
        conditions: conditions.collect(),
        storage: None,
    })
}

fn storage_of(object: &Value) -> RegistryStorage {
    let fill = &object["status"]["fill"];
    RegistryStorage {
        phase: object["status"]["phase"].as_str().map(safe_text::name),
        fill: fill["filled"].as_u64().zip(fill["total"].as_u64()),
        replaces_upstream: object["spec"]["airGapRequested"] == true,
        is_only_source: object["status"]["authoritative"] == true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read::singles::tests::secret;

    /// As `templates/orchestrator/state-secret.yaml` of the module writes it.
    #[test]
    fn the_state_of_a_switch() {
        let conditions = "- lastTransitionTime: \"2025-07-15T12:52:46Z\"\n  message: |-\n    Mode: Default\n    \
            master-1: 0 of 166 items processed\n  reason: Processing\n  status: \"False\"\n  \
            type: RegistryContainsRequiredImages\n- lastTransitionTime: \"2025-07-11T11:59:03Z\"\n  message: \"\"\n  \
            reason: \"\"\n  status: \"True\"\n  type: ContainerdConfigPreflightReady\n";
        let state = "pki: {ca: {key: hunter2}}";
        let module = switch_state(&secret(&[
            ("mode", "Direct"),
            ("target_mode", "Local"),
            ("conditions", conditions),
            ("state", state),
        ]))
        .unwrap();
        assert_eq!((module.mode.as_deref(), module.target.as_deref()), (Some("Direct"), Some("Local")));
        let kinds: Vec<_> = module.conditions.iter().map(|it| (it.kind.as_str(), it.is_true)).collect();
        assert_eq!(
            kinds,
            [("RegistryContainsRequiredImages", false), ("ContainerdConfigPreflightReady", true)]
        );
        assert!(module.conditions[0].message.to_string().ends_with("0 of 166 items processed"));
        assert!(!format!("{module:?}").contains("hunter2"));
        // The module writes `null` where a switch has not begun.
        let begun = switch_state(&secret(&[("target_mode", "Direct"), ("conditions", "[]\n")])).unwrap();
        assert_eq!((begun.mode, begun.target.as_deref()), (None, Some("Direct")));
        assert!(switch_state(&secret(&[("conditions", "a: b")])).is_err());
    }

    #[test]
    fn the_storage_of_a_cluster() {
        let object = json!({
            "spec": { "airGapRequested": true },
            "status": { "phase": "Filling", "fill": { "filled": 333, "total": 556 }, "authoritative": false },
        });
        let expected = RegistryStorage {
            phase: Some("Filling".to_owned()),
            fill: Some((333, 556)),
            replaces_upstream: true,
            is_only_source: false,
        };
        assert_eq!(storage_of(&object), expected);
        assert_eq!(storage_of(&json!({})), RegistryStorage::default());
    }
}
