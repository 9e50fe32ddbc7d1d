//! Why a cluster is not prepared.

use std::time::Duration;

use foreign_text::ForeignText;
use problems::Object;

use crate::{Error, TargetError, Unknown, objects::Task};

/// Why a cluster is not prepared, or not completely.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The cluster does not have the platform.
    #[error("the platform is not in this cluster")]
    NoPlatform,
    /// The platform runs a moving tag.
    #[error(
        "Deployment/deckhouse runs the moving tag {tag}: a push to this tag would update the platform without a release"
    )]
    MovingTag {
        /// The tag, or that there is none.
        tag: String,
    },
    /// Something that the decision needs cannot be read.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The last release that is wanted cannot be reached.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// There is no `ModuleConfig/deckhouse`.
    #[error("ModuleConfig/deckhouse does not exist; it contains the release channel and the update mode")]
    NoConfig,
    /// Somebody else changed something after it was decided what to do.
    #[error("{object} was modified by another client after you confirmed the changes")]
    Changed {
        /// The object that would have to be changed now, and was not confirmed.
        object: Object,
    },
    /// A change that was written has been reverted.
    #[error("{object}: something in the cluster has reverted the change")]
    Reverted {
        /// The object.
        object: Object,
    },
    /// The platform's queue did not become empty.
    #[error("the platform's queue did not become and stay empty within {}", crate::duration::text(*limit))]
    Busy {
        /// How long dhctl waited.
        limit: Duration,
        /// Why it does not count as empty.
        state: QueueState,
    },
    /// Asked beforehand, the cluster refuses a change or does not answer. Nothing was written.
    #[error("{object}: {error}")]
    Refused {
        /// The object.
        object: Object,
        /// Why.
        error: Error,
    },
    /// The cluster refused a write or did not answer.
    #[error("{object}: {error}")]
    Write {
        /// The object.
        object: Object,
        /// Why.
        error: Error,
    },
    /// The cluster cannot be read.
    #[error(transparent)]
    Read(Error),
}

/// Why the platform's queue does not count as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueState {
    /// It has been empty for a moment only.
    JustEmpty,
    /// So many tasks are in it; none of them is known.
    Tasks(u64),
    /// This task is its first one.
    Head(Box<Task>),
    /// It cannot be read at the moment; why.
    Unreadable(ForeignText),
}
