//! Parts of JSON documents that several commands have.

use cluster::{
    Reading,
    modules::{ModuleTurn, Order, Overview, Policy, SourceHealth, WaitingRelease},
    objects::ModulePullOverride,
    requirements::{Outcome, Requirement, Unmet},
};
use commands::{ClusterFlags, Sentence};
use problems::WaitReason;
use serde::Serialize;

use crate::words;

/// A requirement of a release.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequirementDocument {
    key: String,
    needed: String,
    #[serde(flatten)]
    outcome: OutcomeDocument,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
enum OutcomeDocument {
    Met,
    Unmet { reasons: Vec<UnmetDocument> },
    Unknown { why: String },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UnmetDocument {
    objects: Vec<String>,
    value: String,
    needed: String,
    fix: Sentence,
    may_change: bool,
}

impl RequirementDocument {
    pub(super) fn of(requirement: &Requirement, flags: &ClusterFlags) -> Self {
        let unmet = |it: &Unmet| UnmetDocument {
            objects: words::requirement::objects(it),
            value: words::requirement::found(&it.shortfall),
            needed: words::requirement::needed(&it.shortfall),
            fix: words::requirement::fix(&it.fix).addressed(flags),
            may_change: it.may_change,
        };
        Self {
            key: requirement.key.clone(),
            needed: requirement.needed.clone(),
            outcome: match &requirement.outcome {
                Outcome::Met => OutcomeDocument::Met,
                Outcome::Unmet(reasons) => {
                    OutcomeDocument::Unmet { reasons: reasons.iter().map(unmet).collect() }
                }
                Outcome::Unknown(why) => {
                    OutcomeDocument::Unknown { why: words::requirement::why_unknown(why) }
                }
            },
        }
    }
}

/// Modules that are updated separately from the platform.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModulesDocument {
    waiting: Reading<Vec<ModuleReleaseDocument>>,
    order: Option<Order>,
    overrides: Reading<Vec<ModulePullOverride>>,
    sources: Reading<Vec<SourceHealth>>,
}

/// A release of a module that is waiting.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModuleReleaseDocument {
    name: String,
    module: String,
    version: String,
    deployed: Option<String>,
    policy: Policy,
    turn: TurnDocument,
    suspended: bool,
    waits_for: Vec<WaitReason>,
    reason: String,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "turn", content = "why")]
enum TurnDocument {
    Now,
    Approved,
    Deployed,
    Not(String),
    Absent(Vec<String>),
    Unknown(String),
}

impl ModulesDocument {
    pub(super) fn of(overview: &Overview) -> Self {
        Self {
            waiting: overview
                .waiting
                .clone()
                .map(|waiting| waiting.iter().map(ModuleReleaseDocument::of).collect()),
            order: overview.order.clone(),
            overrides: overview.overrides.clone(),
            sources: overview.sources.clone(),
        }
    }
}

impl ModuleReleaseDocument {
    pub(super) fn of(release: &WaitingRelease) -> Self {
        Self {
            name: release.name.clone(),
            module: release.module.clone(),
            version: release.version.clone(),
            deployed: release.deployed.clone(),
            policy: release.policy.clone(),
            turn: match &release.turn {
                ModuleTurn::Now => TurnDocument::Now,
                ModuleTurn::Approved => TurnDocument::Approved,
                ModuleTurn::Deployed => TurnDocument::Deployed,
                ModuleTurn::Not(reason) => TurnDocument::Not(words::module_release::not_next(reason)),
                ModuleTurn::Absent(waiting) => TurnDocument::Absent(waiting.clone()),
                ModuleTurn::Unknown(why) => TurnDocument::Unknown(why.clone()),
            },
            suspended: release.suspended,
            waits_for: release.waits_for.clone(),
            reason: words::module_release::wait(&release.wait),
            notes: release.notes.iter().map(words::module_release::note).collect(),
        }
    }
}
