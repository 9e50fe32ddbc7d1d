//! Removing releases from a registry: a plan that can be reviewed, and its application.
//!
//! Only the platform's own repositories are changed: the root, `install`, `install-standalone` and `release-channel`.
//! Modules, packages and databases stay. What goes is decided by references alone: a manifest goes if only releases use
//! it that go, and if no tag that stays, no index that stays and no list of a release that stays refers to it. The
//! decisions are pure ([`plan`](self::plan::plan) and the check before an application); reading is in `survey.rs`.

mod apply;
mod changes;
mod file;
mod model;
mod plan;
#[cfg(test)]
mod properties;
mod references;
mod survey;

pub use apply::{Applied, Stopped, apply, check_deletion};
pub use file::{
    API_VERSION, Deletion, KeptImage, KeptRelease, PlanFile, PlanFileError, RemovedRelease, Rule,
};
pub use plan::{ClusterNeeds, Keep, PruneError, plan};
pub use survey::{Surveyed, survey};
