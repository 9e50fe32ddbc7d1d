//! The license of the platform. The keys themselves are not read, nor the token with the data of the cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client};
use problems::LicenseState;
use serde::Deserialize;
use serde_json::Value;

use super::{places::lies_at, refusal::unread};
use crate::{Error, Reading, objects::License, safe_text};

/// The license of the platform itself; those of other products have other names.
const NAME: &str = "deckhouse-platform";

#[derive(Debug, Clone, Deserialize)]
struct RawLicense {
    metadata: ObjectMeta,
    #[serde(default)]
    status: RawStatus,
}
lies_at!(
    RawLicense,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha1",
    "EffectiveLicense",
    "effectivelicenses"
);

/// Without `registrationRequest`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus {
    compliance: Value,
    key: Value,
    allocation: Value,
    over_limit_since: Value,
    conditions: Value,
}

/// `EffectiveLicense/deckhouse-platform`. Older platforms have no such kind.
pub(crate) async fn license(client: &Client) -> Reading<License> {
    let licenses: Api<RawLicense> = Api::all(client.clone());
    match licenses.get(NAME).await.map_err(Error::from) {
        Ok(raw) => Reading::Known(license_of(&raw.status)),
        Err(Error::NotFound(_)) => Reading::Absent(format!("EffectiveLicense/{NAME} does not exist")),
        Err(error) => unread(error),
    }
}

fn license_of(status: &RawStatus) -> License {
    let text =
        |value: &Value| value.as_str().filter(|it| !it.is_empty()).map(|it| safe_text::short(it).into());
    let time = |value: &Value| value.as_str().and_then(|it| it.parse().ok());
    let conditions = status.conditions.as_array().into_iter().flatten();
    let rejected = conditions.filter(|it| it["type"] == "KeyRejected" && it["status"] == "True");
    let state: Option<String> = text(&status.compliance["state"]);
    License {
        state: LicenseState::parse(&state.unwrap_or_default()),
        reason: text(&status.compliance["reason"]),
        since: time(&status.compliance["since"]),
        key: text(&status.key["name"]),
        valid_until: time(&status.key["validUntil"]),
        grace_days: status.key["graceDays"].as_u64().and_then(|days| days.try_into().ok()),
        nodes_not_covered: status.allocation["unlicensed"]["nodes"].as_u64().unwrap_or_default(),
        not_covered_since: time(&status.over_limit_since),
        rejected: rejected.map(|it| safe_text::short(it["message"].as_str().unwrap_or_default())).next(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: &Value) -> License {
        let object = json!({ "metadata": { "name": NAME }, "status": status });
        license_of(&serde_json::from_value::<RawLicense>(object).unwrap().status)
    }

    /// By `deckhouse-controller/crds/effectivelicense.yaml`.
    #[test]
    fn a_license_without_its_tokens() {
        let license = read(&json!({
            "licensed": false,
            "compliance": { "state": "Grace", "reason": "Expired", "since": "2026-11-01T00:00:00Z" },
            "key": {
                "name": "main", "jti": "hunter2", "customerName": "Corp", "origin": "purchase",
                "validUntil": "2026-11-01T00:00:00Z", "graceDays": 14,
            },
            "allocation": { "servers": { "limit": 3, "used": 3 }, "unlicensed": { "nodes": 2, "vCPU": 16 } },
            "overLimitSince": "2026-11-02T10:00:00Z",
            "registrationRequest": "eyJhbGciOi.hunter2.x",
            "conditions": [
                { "type": "LimitsSatisfied", "status": "False", "message": "2 nodes" },
                { "type": "KeyRejected", "status": "True", "message": "ClusterMismatch" },
            ],
        }));
        assert_eq!((license.state.name(), license.reason.as_deref()), ("Grace", Some("Expired")));
        assert_eq!(license.key.as_deref(), Some("main"));
        assert_eq!(license.grace_until(), "2026-11-15T00:00:00Z".parse().ok());
        assert_eq!(license.nodes_not_covered, 2);
        assert_eq!(license.rejected.as_deref(), Some("ClusterMismatch"));
        assert!(!format!("{license:?}").contains("hunter2"));
    }

    #[test]
    fn a_license_that_says_nothing_has_no_state() {
        let license = read(&json!({}));
        assert_eq!(license.state, LicenseState::Other(String::new()));
        assert_eq!((license.valid_until, license.grace_until()), (None, None));
        let newer = read(&json!({ "compliance": { "state": "Frozen" }, "key": { "graceDays": -1 } }));
        assert_eq!(newer.state.name(), "Frozen");
        assert_eq!(newer.grace_days, None);
    }
}
