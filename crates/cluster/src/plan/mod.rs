//! What is ahead of a cluster: the releases one after another, what each requires, and what it may break.
//!
//! An advance report over the whole chain, by the values that the cluster has now. For the release that is next the
//! controller's own answer wins.

mod answer;
mod api_use;
mod blocking;
mod breaking;
mod make;
mod registry;
mod removed_apis;
mod text;

use commands::{ClusterFlags, Command, Sentence};
use deckhouse::release_list::DeliveredRelease;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    Reading, TargetError, Unknown, modules,
    read::HelmUse,
    requirements::{Outcome, Requirement},
};

pub use api_use::ApiUse;
pub use breaking::BreakingPoint;
pub use registry::{PlanRegistry, Presence, RegistryOffer, ReleaseInRegistry, StepInRegistry};

/// What a plan is made of besides the cluster's state.
#[derive(Debug, Clone, Default)]
pub struct PlanInput {
    /// The releases in `deckhousereleases.yaml`.
    pub delivery: Vec<DeliveredRelease>,
    /// How that file was named; without it, by its usual name.
    pub file: Option<String>,
    /// The last release that is wanted; `None`: the last there is.
    pub to: Option<Version>,
    /// What Helm releases use, if that was looked at.
    pub helm: Option<Reading<Vec<HelmUse>>>,
    /// What a registry holds, if one was asked.
    pub registry: Option<RegistryOffer>,
    /// When the state was read: sources of modules that were not read for long are told by it.
    pub now: Timestamp,
}

/// What is ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The version that is deployed, as `v1.68.3`.
    pub deployed: String,
    /// The releases to go through, ascending.
    pub steps: Vec<Step>,
    /// The registry that was asked, if one was.
    pub registry: Option<PlanRegistry>,
    /// The releases of modules that are updated on their own, and where they come from.
    pub modules: modules::Overview,
    /// Releases that are known and not taken, and why.
    pub left_out: Vec<LeftOut>,
    /// What the cluster has to be looked at for before it begins.
    pub breaking_points: Vec<BreakingPoint>,
    /// Kubernetes APIs in use that a later version of it no longer has.
    pub removed_apis: Vec<ApiUse>,
    /// What could not be looked at, and why.
    pub unknown: Vec<String>,
    /// What keeps the update from going through, in plain words. Empty: nothing that is known.
    pub blocking: Vec<Sentence>,
    /// The command that goes on from here, if there is one.
    pub next: Option<Command>,
    /// How its commands name the cluster.
    #[serde(skip)]
    flags: ClusterFlags,
}

/// One release of the chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The release, as `v1.69.2`.
    pub version: String,
    /// Whether the file has it.
    pub in_file: bool,
    /// What its object in the cluster says; `None` if there is none.
    pub in_cluster: Option<InCluster>,
    /// What the registry has of it; `None` if none was asked.
    pub in_registry: Option<StepInRegistry>,
    /// What it requires, and whether the cluster has that.
    pub requirements: Vec<Requirement>,
    /// What it interrupts, as it says itself.
    pub disruptions: Vec<foreign_text::ForeignText>,
    /// Whether that needs an approval of its own here.
    pub disruptions_need_approval: bool,
}

/// Releases that are not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The releases, ascending, as `v1.68.3`.
    pub versions: Vec<String>,
    /// Why, in plain words.
    pub why: String,
}

/// The object of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InCluster {
    /// Name of the object.
    pub name: String,
    /// Its phase; empty while the controller has not looked at it.
    pub phase: String,
    /// Whether it is approved.
    pub approved: bool,
}

impl Plan {
    /// The same, with commands that name the cluster as it was named.
    #[must_use]
    pub fn addressed(mut self, flags: ClusterFlags) -> Self {
        let address = |text: &mut Sentence| *text = std::mem::take(text).addressed(&flags);
        for requirement in self.steps.iter_mut().flat_map(|step| &mut step.requirements) {
            if let Outcome::Unmet { reasons } = &mut requirement.outcome {
                for reason in reasons {
                    address(&mut reason.fix);
                }
            }
        }
        self.removed_apis.iter_mut().for_each(|it| address(&mut it.replacement));
        self.blocking.iter_mut().for_each(address);
        self.next = self.next.map(|command| command.addressed(&flags));
        self.flags = flags;
        self
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Something that it cannot be made without is not known.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// Nothing says what runs.
    #[error(
        "cannot determine the running version: no release is Deployed, and Deployment/deckhouse has no image tag vX.Y.Z"
    )]
    NoVersion,
    /// The last release that is wanted cannot be had.
    #[error(transparent)]
    Target(#[from] TargetError),
}

#[cfg(test)]
mod registry_tests;
#[cfg(test)]
mod tests;
