//! Modules on one page, for `update status` and `update plan`.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    order::{Order, order},
    policy::{Policy, policy},
    reason::reason,
    sources::{SourceHealth, sources},
    turn::{ModuleTurn, turn},
};
use crate::{
    ClusterState, Reading,
    objects::{ModulePullOverride, ModuleRelease, Phase},
    wait_reason::{WaitReason, wait_reasons},
};

/// What there is to know of modules that are updated on their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The releases that wait or are suspended, by module and version.
    pub waiting: Reading<Vec<WaitingRelease>>,
    /// What comes first; `None` if the platform's releases are not known.
    pub order: Option<Order>,
    /// Modules whose image is set by hand: their releases are not looked at.
    pub overrides: Reading<Vec<ModulePullOverride>>,
    /// The sources.
    pub sources: Reading<Vec<SourceHealth>>,
}

/// A release of a module that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingRelease {
    /// Name of the object.
    pub name: String,
    /// The module.
    pub module: String,
    /// `vX.Y.Z`, as it stands in the object.
    pub version: String,
    /// The version of the module that is deployed, as it stands in the object.
    pub deployed: Option<String>,
    /// Under which policy it is.
    pub policy: Policy,
    /// Whether it may be approved now.
    pub turn: ModuleTurn,
    /// Whether its vendor has withdrawn it, or it did not come up.
    pub suspended: bool,
    /// What the controller says it waits for.
    pub waits_for: Vec<WaitReason>,
    /// Why it waits, in plain words.
    pub reason: String,
}

/// The overview at `now`.
pub fn overview(state: &ClusterState, now: Timestamp) -> Overview {
    let waiting = state.module_releases.clone().map(|releases| {
        let mut waiting: Vec<&ModuleRelease> =
            releases.iter().filter(|release| is_waiting(release)).collect();
        waiting.sort_by_key(|release| (&release.module, &release.version, &release.name));
        waiting.into_iter().map(|release| describe(state, &releases, release)).collect()
    });
    let overrides = state.module_pull_overrides.clone();
    Overview { waiting, order: order(state), overrides, sources: sources(state, now) }
}

fn is_waiting(release: &ModuleRelease) -> bool {
    matches!(release.phase, None | Some(Phase::Pending | Phase::Suspended))
        || release.phase == Some(Phase::Other("PolicyUndefined".to_owned()))
}

fn describe(state: &ClusterState, all: &[ModuleRelease], release: &ModuleRelease) -> WaitingRelease {
    let turn = match &release.version {
        Some(version) => turn(state, &release.module, version),
        None => ModuleTurn::Not(format!("its version '{}' is none", release.version_text)),
    };
    let deployed = all.iter().filter(|it| it.module == release.module && it.phase == Some(Phase::Deployed));
    WaitingRelease {
        name: release.name.clone(),
        module: release.module.clone(),
        version: release.version_text.clone(),
        deployed: deployed.max_by_key(|it| it.version.as_ref()).map(|it| it.version_text.clone()),
        policy: policy(state, release),
        suspended: release.phase == Some(Phase::Suspended),
        waits_for: wait_reasons(&release.message),
        reason: reason(release, &turn),
        turn,
    }
}
