//! Requirements whose facts the platform itself reports: cloud conditions and alerts.

use foreign_text::ForeignText;

use super::{Answer, Fix, Holder, Shortfall, Unmet, is_off, known, known_or_absent};
use crate::{
    ClusterState,
    objects::{Alert, CloudCondition},
};

/// `unmetCloudConditions`.
pub(super) fn cloud_conditions(state: &ClusterState) -> Answer {
    let conditions = known_or_absent(&state.cloud_conditions, "cloud conditions")?;
    let failed = conditions.into_iter().flatten().filter(|condition| !condition.ok);
    let reason = |condition: &CloudCondition| Unmet {
        objects: vec![Holder::CloudConditions],
        shortfall: Shortfall::CloudCondition { name: condition.name.clone() },
        fix: Fix::AsReported(condition.message.clone()),
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
    by_alerts(state, &CNI, |alert, summary| Shortfall::NetworkAlert { alert, summary })
}

/// `metallbHasStandardConfiguration`.
pub(super) fn metallb(state: &ClusterState) -> Answer {
    if is_off(state, "metallb") {
        return Ok(Vec::new());
    }
    by_alerts(state, &METALLB, |alert, summary| Shortfall::MetallbAlert { alert, summary })
}

/// The controller flags it in its memory and raises an alert; the memory cannot be read.
fn by_alerts(
    state: &ClusterState,
    names: &[&str],
    shortfall: impl Fn(String, ForeignText) -> Shortfall,
) -> Answer {
    let alerts = known(&state.alerts, "alerts")?.iter();
    let reason = |alert: &Alert| Unmet {
        objects: vec![Holder::object("ClusterAlert", &alert.id)],
        shortfall: shortfall(alert.name.clone(), alert.summary.clone()),
        fix: Fix::FollowAlert { id: alert.id.clone() },
        may_change: false,
    };
    Ok(alerts.filter(|alert| names.contains(&alert.name.as_str())).map(reason).collect())
}
