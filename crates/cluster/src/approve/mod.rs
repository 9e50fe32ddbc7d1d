//! Approving exactly one thing: a release of the platform or of a module, a disruption, a node.
//!
//! Whether it may be approved is decided from the state alone; then it can be shown, and carried out.

mod carry_out;
mod disruption;
mod module;
mod node;
mod not_approvable;
mod note;
mod release;
mod request;
mod unfinished;

use jiff::Timestamp;
use problems::{Fact, Object, Problem, ReleaseFact};

use crate::{
    ClusterState, Error, Unknown,
    change::{Change, Guard},
    release_order::none_deployed,
    wait_reason::WaitReason,
};

pub use carry_out::carry_out;
pub use disruption::disruption;
pub use module::module_release;
pub use node::{PodOnNode, node, pods_on_node};
pub use not_approvable::NotApprovable;
pub use note::ApprovalNote;
pub(crate) use release::APPLY_NOW;
pub use release::release;
pub use request::ApprovalRequest;
pub(crate) use unfinished::sign as unfinished_sign;

/// An approval that may be given.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// What is written.
    pub change: Change,
    /// The state of the object that it was decided on.
    pub guard: Guard,
    /// Whether a webhook answers a dry run of it.
    pub preflight: bool,
    /// What to know before.
    pub notes: Vec<ApprovalNote>,
}

impl Approval {
    /// Whether it is the one that was confirmed: it writes the same, and there is nothing else to know before.
    pub fn is_still(&self, confirmed: &Self) -> bool {
        self.change.writes_the_same(&confirmed.change) && self.notes == confirmed.notes
    }
}

/// When an approved release may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// After windows, notification delays and waves of a gradual rollout.
    Scheduled,
    /// Immediately: with `apply-now` none of these is waited for.
    Now,
}

/// Why something is not approved.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// A release of the platform is not the next one, or not yet.
    #[error("{object}: cannot be approved")]
    NotItsTurn {
        /// The object.
        object: Object,
        /// Why.
        fact: Box<ReleaseFact>,
    },
    /// Something has to happen before a release of the platform is approved.
    #[error("{object}: cannot be approved")]
    Held {
        /// The object.
        object: Object,
        /// What, and what to do about it.
        problem: Box<Problem>,
    },
    /// There is nothing that could be approved, or it cannot be approved now.
    #[error("{object}: cannot be approved")]
    NotApprovable {
        /// The object.
        object: Object,
        /// Why.
        reason: NotApprovable,
    },
    /// The cluster does not meet the requirements of the release.
    #[error("{object}: requirements are not met")]
    Unmet {
        /// The object.
        object: Object,
        /// The requirements.
        reasons: Vec<WaitReason>,
    },
    /// It is not what was confirmed any more. Nothing was written.
    #[error("{object} was modified by another client after you confirmed the approval")]
    Changed {
        /// The object.
        object: Object,
    },
    /// It was written, and is gone when read back.
    #[error("{object}: something in the cluster has reverted the approval")]
    NotKept {
        /// The object.
        object: Object,
    },
    /// The cluster cannot be read or written.
    #[error(transparent)]
    Cluster(Error),
    /// What the decision needs is not known.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

impl ApproveError {
    /// The same as of `now`: a change of phases that takes too long was interrupted, and does not end alone.
    #[must_use]
    pub fn as_of(self, state: &ClusterState, now: Timestamp) -> Self {
        match self {
            Self::NotItsTurn { object, fact } if *fact == ReleaseFact::NoneDeployed => {
                let lost = none_deployed(state, now).and_then(|it| match it.fact {
                    Fact::Release(lost) => Some(Box::new(lost)),
                    _ => None,
                });
                Self::NotItsTurn { object, fact: lost.unwrap_or(fact) }
            }
            other => other,
        }
    }

    /// Whether the only reason is that the controller does not know the cluster's values yet: after a start it
    /// collects them anew.
    pub fn is_not_known_yet(&self) -> bool {
        matches!(self, Self::Unmet { reasons, .. } if reasons.iter().all(WaitReason::is_value_not_known))
    }
}
