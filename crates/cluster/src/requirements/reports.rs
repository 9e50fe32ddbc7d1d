//! Requirements whose facts the platform itself reports: cloud conditions and alerts.

use super::{Answer, Unmet, is_off, known, known_or_absent};
use crate::ClusterState;

/// `unmetCloudConditions`.
pub(super) fn cloud_conditions(state: &ClusterState) -> Answer {
    let conditions = known_or_absent(&state.cloud_conditions, "cloud conditions")?;
    let failed = conditions.into_iter().flatten().filter(|condition| !condition.ok);
    let reason = |condition: &crate::objects::CloudCondition| Unmet {
        objects: vec!["ConfigMap/d8-cloud-provider-conditions (kube-system)".to_owned()],
        value: condition.name.clone(),
        needed: "no unmet condition".to_owned(),
        fix: condition.message.clone(),
        may_change: false,
    };
    Ok(failed.map(reason).collect())
}

/// `cniConfigurationSettled`.
pub(super) fn cni(state: &ClusterState) -> Answer {
    by_alerts(state, "CNI", "the configuration of the network (CNI) in order")
}

/// `metallbHasStandardConfiguration`.
pub(super) fn metallb(state: &ClusterState) -> Answer {
    if is_off(state, "metallb") {
        return Ok(Vec::new());
    }
    by_alerts(state, "Metallb", "the configuration of metallb as current versions have it")
}

/// The controller flags it in its memory and raises an alert; the memory cannot be read.
fn by_alerts(state: &ClusterState, part: &str, needed: &str) -> Answer {
    let about = known(&state.alerts, "alerts")?.iter().filter(|alert| {
        let name = alert.name.to_lowercase();
        name.starts_with("d8") && name.contains(&part.to_lowercase())
    });
    let is_config =
        |name: &str| ["config", "obsolete", "notsupported"].iter().any(|word| name.contains(word));
    let reason = |alert: &crate::objects::Alert| Unmet {
        objects: vec![format!("ClusterAlert/{}", alert.id)],
        value: format!("{}: {}", alert.name, alert.summary),
        needed: needed.to_owned(),
        fix: format!("as the alert says: kubectl get clusteralerts.deckhouse.io {} -o yaml", alert.id),
        may_change: false,
    };
    Ok(about.filter(|alert| is_config(&alert.name.to_lowercase())).map(reason).collect())
}
