//! Waiting releases, sources and overrides of modules, for `update status` and `update plan`.

use jiff::Timestamp;

use super::{
    note::{ModuleNote, notes},
    order::{Order, order},
    policy::{Policy, policy},
    reason::{ModuleWait, reason},
    sources::{SourceHealth, sources},
    turn::{ModuleTurn, NotNext, turn},
};
use crate::{
    ClusterState, Reading,
    objects::{ModulePullOverride, ModuleRelease, Phase},
    wait_reason::{WaitReason, wait_reasons},
};

/// The modules that are updated separately from the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The releases that are waiting or suspended, by module and version.
    pub waiting: Reading<Vec<WaitingRelease>>,
    /// What comes first; `None` if the platform's releases are not known.
    pub order: Option<Order>,
    /// Modules whose image is set by hand: their releases are ignored.
    pub overrides: Reading<Vec<ModulePullOverride>>,
    /// The sources.
    pub sources: Reading<Vec<SourceHealth>>,
}

/// A release of a module that is waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRelease {
    /// Name of the object.
    pub name: String,
    /// The module.
    pub module: String,
    /// `vX.Y.Z`, as in the object.
    pub version: String,
    /// The version of the module that is deployed, as in the object.
    pub deployed: Option<String>,
    /// Its update policy.
    pub policy: Policy,
    /// Whether it may be approved now.
    pub turn: ModuleTurn,
    /// Whether it is suspended: the vendor has withdrawn it, or it did not start.
    pub suspended: bool,
    /// What the controller says it waits for.
    pub waits_for: Vec<WaitReason>,
    /// The migration that failed last, if the release names one.
    pub failed_migration: Option<String>,
    /// Why it is waiting.
    pub wait: ModuleWait,
    /// What to know about it, if it may be approved now or is approved.
    pub notes: Vec<ModuleNote>,
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
        None => ModuleTurn::Not(NotNext::NotAVersion(release.version_text.clone())),
    };
    let notes = match (&turn, &release.version) {
        (ModuleTurn::Now | ModuleTurn::Approved, Some(version)) => notes(state, &release.module, version),
        _ => Vec::new(),
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
        failed_migration: release.failed_migration.clone(),
        wait: reason(release, &turn, &notes),
        turn,
        notes,
    }
}
