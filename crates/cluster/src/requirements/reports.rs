//! Requirements whose facts the platform itself reports: cloud conditions and alerts.

use commands::{Kubectl, Objects, Output, Resource, Sentence};

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
        fix: Sentence::from(condition.message.as_str()),
        may_change: false,
    };
    Ok(failed.map(reason).collect())
}

/// The alert that goes with the flag of `cniConfigurationSettled` (metric `cniMisconfigured` of the modules `cni-*`).
const CNI: [&str; 1] = ["D8CNIMisconfigured"];

/// Those that go with the flag of `metallbHasStandardConfiguration` (the hook of the module `metallb` that sets
/// `metallb:ConfigurationStatus`; after ~1.67 it lets everything pass). Its other alerts keep no update back.
const METALLB: [&str; 5] = [
    "D8MetallbIpAddressPoolNSMismatch",
    "D8MetallbL2AdvertisementNSMismatch",
    "D8MetallbL2AdvertisementNodeSelectorsMismatch",
    "D8MetallbOrphanedLoadBalancerDetected",
    "D8MetallbBothBGPAndL2PoolsConfigured",
];

/// `cniConfigurationSettled`.
pub(super) fn cni(state: &ClusterState) -> Answer {
    by_alerts(state, &CNI, "the configuration of the network (CNI) in order")
}

/// `metallbHasStandardConfiguration`.
pub(super) fn metallb(state: &ClusterState) -> Answer {
    if is_off(state, "metallb") {
        return Ok(Vec::new());
    }
    by_alerts(state, &METALLB, "the configuration of metallb as current versions have it")
}

/// The controller flags it in its memory and raises an alert; the memory cannot be read.
fn by_alerts(state: &ClusterState, names: &[&str], needed: &str) -> Answer {
    let alerts = known(&state.alerts, "alerts")?.iter();
    let reason = |alert: &crate::objects::Alert| Unmet {
        objects: vec![format!("ClusterAlert/{}", alert.id)],
        value: format!("{}: {}", alert.name, alert.summary),
        needed: needed.to_owned(),
        fix: Sentence::from("as the alert says: ")
            .command(Kubectl::Get(Objects::one(Resource::ClusterAlert, &alert.id), Output::Yaml)),
        may_change: false,
    };
    Ok(alerts.filter(|alert| names.contains(&alert.name.as_str())).map(reason).collect())
}
