//! Approving exactly one thing: a release of the platform or of a module, a disruption, a node.
//!
//! Whether it may be approved is decided from the state alone; then it can be shown, and carried out.

mod carry_out;
mod disruption;
mod module;
mod node;
mod release;
mod request;
mod unfinished;

use commands::Sentence;

use crate::{
    Error, Unknown,
    change::{Change, Guard},
    wait_reason::WaitReason,
};

pub use carry_out::carry_out;
pub use disruption::disruption;
pub use module::module_release;
pub use node::{Bystander, bystanders, node};
pub(crate) use release::APPLY_NOW;
pub use release::release;
pub use request::ApprovalRequest;

/// An approval that may be given.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// What is written.
    pub change: Change,
    /// The state of the object that it was decided on.
    pub guard: Guard,
    /// Whether a webhook answers a dry run of it.
    pub preflight: bool,
    /// What is worth knowing before, in plain words.
    pub notes: Vec<String>,
}

impl Approval {
    /// Whether it is the one that was confirmed, decided anew: it writes the same, and nothing else is to be known before.
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
    /// It may not be approved, or not yet.
    #[error("{object}: {why}")]
    NotItsTurn {
        /// `KIND/NAME`.
        object: String,
        /// Why, in plain words.
        why: Sentence,
    },
    /// The cluster does not fulfil what the release needs.
    #[error("{object}: requirements are not met")]
    Unmet {
        /// `KIND/NAME`.
        object: String,
        /// The requirements.
        reasons: Vec<WaitReason>,
    },
    /// It is not what was confirmed any more. Nothing was written.
    #[error("{object}: has changed in the meantime: it is not as it was when this was confirmed")]
    Changed {
        /// `KIND/NAME`.
        object: String,
    },
    /// It was written, and is not there when read back.
    #[error("{object}: the approval was written, and something in the cluster has taken it back")]
    NotKept {
        /// `KIND/NAME`.
        object: String,
    },
    /// The cluster cannot be read or written.
    #[error(transparent)]
    Cluster(Error),
    /// What the decision needs is not known.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

impl ApproveError {
    /// Whether the only reason is that the controller does not know the cluster's values yet: after a start it
    /// collects them anew.
    pub fn is_not_known_yet(&self) -> bool {
        matches!(self, Self::Unmet { reasons, .. } if reasons.iter().all(WaitReason::is_value_not_known))
    }
}
