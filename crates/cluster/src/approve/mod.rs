//! Approving exactly one thing: a release of the platform or of a module, a disruption, a node.
//!
//! Whether it may be approved is decided from the state alone; then it can be shown, and carried out.

mod carry_out;
mod disruption;
mod module;
mod node;
mod release;
mod unfinished;
mod wish;

use commands::Sentence;

use crate::{
    Error, Unknown,
    change::{Change, Guard},
    wait_reason::is_not_known_yet,
};

pub use carry_out::carry_out;
pub use disruption::disruption;
pub use module::module_release;
pub use node::{Bystander, bystanders, node};
pub(crate) use release::APPLY_NOW;
pub use release::release;
pub use wish::Wish;

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

/// How far an approval is meant to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// Windows, notifications and waves of a gradual rollout are respected.
    Respectful,
    /// `apply-now`: none of these is waited for.
    ApplyNow,
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
        /// The requirements, as the cluster words them.
        reasons: Vec<String>,
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
        matches!(self, Self::Unmet { reasons, .. } if reasons.iter().all(|it| is_not_known_yet(it)))
    }
}
