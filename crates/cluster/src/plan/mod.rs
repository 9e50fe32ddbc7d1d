//! The releases that a cluster goes through, what each requires, and what it may break.
//!
//! A report on the whole chain, by the values that the cluster has now. For the next release the controller's own
//! answer wins.

mod answer;
mod api_use;
mod blocking;
mod breaking;
mod bundle;
mod changes;
mod creation;
mod make;
mod present;
mod registry;
mod removed_apis;
mod tasks;
mod unknown;

use std::collections::BTreeMap;

use commands::Command;
use deckhouse::release_list::DeliveredRelease;
use foreign_text::ForeignText;
use jiff::Timestamp;
use problems::Problem;
use semver::Version;
use serde_json::Value;

use crate::{
    Interruption, LeftOutReason, Reading, TargetError, Unknown,
    changelog::ReleaseChanges,
    image_check::{ImageCheck, ImageReport},
    modules,
    packages::Packages,
    read::HelmUse,
    requirements::Requirement,
};

pub use api_use::{ApiInstead, ApiUse, ApiUser};
pub use breaking::{BreakingFault, BreakingPoint};
pub use bundle::{BundleEdition, PlanBundle};
pub(crate) use creation::ALL_AT_ONCE_FROM;
pub use creation::Creation;
pub use make::deployed_version;
pub(crate) use make::requirements_of_next;
pub use registry::{PlanRegistry, Presence, RegistryOffer, ReleaseInRegistry, StepInRegistry};
pub use removed_apis::Replacement;
pub use tasks::{Task, Work};
pub use unknown::{PlanSource, PlanUnknown};

/// What a plan is made from besides the cluster's state.
#[derive(Debug, Clone, Default)]
pub struct PlanInput {
    /// The releases in `deckhousereleases.yaml`, or in the bundle.
    pub delivery: Vec<DeliveredRelease>,
    /// The name of that file as it was given; `None`: its usual name.
    pub file: Option<String>,
    /// The last release that is wanted; `None`: the last known one.
    pub to: Option<Version>,
    /// What Helm releases use, if they were read.
    pub helm: Option<Reading<Vec<HelmUse>>>,
    /// What a registry holds, if one was asked.
    pub registry: Option<RegistryOffer>,
    /// The bundle that the releases are in, if they are not in a file.
    pub bundle: Option<BundleEdition>,
    /// Whether a registry or a bundle with another edition than the cluster's is meant.
    pub allow_edition_change: bool,
    /// `spec` of objects `DeckhouseRelease`, by name, or why it cannot be read; see [`Plan::objects_without_changes`].
    pub specs: BTreeMap<String, Result<Value, ForeignText>>,
    /// What reading the images of the first release showed, if that was wanted.
    pub images: Option<ImageCheck>,
    /// When the state was read: decides which sources of modules are out of date.
    pub now: Timestamp,
}

/// The releases that a cluster goes through.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The version that is deployed, as `v1.68.3`.
    pub deployed: String,
    /// The releases to go through, ascending.
    pub steps: Vec<Step>,
    /// The registry that was asked, if one was.
    pub registry: Option<PlanRegistry>,
    /// The bundle that was read, if one was.
    pub bundle: Option<PlanBundle>,
    /// Whether the images of the first release can be pulled, if that was checked.
    pub images: Option<ImageReport>,
    /// The releases of modules that are updated on their own, and where they come from.
    pub modules: modules::Overview,
    /// Packages: their repositories, and applications that are not ready.
    pub packages: Packages,
    /// Releases that are known and not taken, and why.
    pub left_out: Vec<LeftOut>,
    /// What to fix before the update.
    pub breaking_points: Vec<BreakingPoint>,
    /// Kubernetes APIs in use that a later version removes.
    pub removed_apis: Vec<ApiUse>,
    /// What a person has to do before releases of the plan can be deployed, in order.
    pub tasks: Vec<Task>,
    /// What could not be read, and why.
    pub unknown: Vec<PlanUnknown>,
    /// What prevents the update from going through. Empty: nothing that is known.
    pub blocking: Vec<Problem>,
    /// What may make the controller skip minor versions or deploy them unasked, and minor versions that it has skipped.
    pub risks: Vec<Problem>,
    /// Why the next release cannot be approved yet, although nothing blocks: the update before it is not finished.
    pub unfinished: Option<Problem>,
    /// Whether the next release is a patch that may repair what blocks, so that the next step is worth trying anyway.
    pub repairs: bool,
    /// The command for the next step, if there is one.
    pub next: Option<Command>,
}

/// One release of the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The release, as `v1.69.2`.
    pub version: String,
    /// Whether the file has it.
    pub in_file: bool,
    /// What its object in the cluster says; `None` if there is none.
    pub in_cluster: Option<InCluster>,
    /// What the registry has of it; `None` if none was asked.
    pub in_registry: Option<StepInRegistry>,
    /// Whether the controller creates its object; `None` if it exists, or if no registry was asked.
    pub creation: Option<Creation>,
    /// What it requires, and whether the cluster has that.
    pub requirements: Vec<Requirement>,
    /// What it interrupts, as its description says.
    pub disruptions: Vec<foreign_text::ForeignText>,
    /// Whether this cluster requires a separate approval for that.
    pub disruptions_need_approval: bool,
    /// What it changes; `None` if its object has to be read for that.
    pub changes: Option<ReleaseChanges>,
    /// How it may interrupt the Kubernetes API; `None` as above.
    pub interruption: Option<Interruption>,
}

/// Releases that are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The releases, ascending.
    pub versions: Vec<Version>,
    /// Why.
    pub reason: LeftOutReason,
}

/// The object of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCluster {
    /// Name of the object.
    pub name: String,
    /// Its phase; empty before the controller has processed it.
    pub phase: String,
    /// Whether it is approved.
    pub approved: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Something that a plan needs cannot be read.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The running version is unknown.
    #[error(
        "cannot determine the running version: no release is Deployed, and Deployment/deckhouse has no image tag vX.Y.Z"
    )]
    NoVersion,
    /// The last release that is wanted cannot be reached.
    #[error(transparent)]
    Target(#[from] TargetError),
}

#[cfg(test)]
mod present_tests;
#[cfg(test)]
mod registry_tests;
#[cfg(test)]
mod task_tests;
#[cfg(test)]
mod tests;
