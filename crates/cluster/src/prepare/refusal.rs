//! Why a cluster is not prepared.

use crate::{Error, Unknown};

/// Why it is not, or not wholly.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The image of the platform moves by itself.
    #[error(
        "Deployment/deckhouse runs the image tag {tag}, which moves: pushing images would be an update that nobody controls"
    )]
    MovingTag {
        /// The tag, or that there is none.
        tag: String,
    },
    /// What the decision needs is not known.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// There is no `ModuleConfig/deckhouse`.
    #[error("ModuleConfig/deckhouse is absent: it holds the release channel and the update mode")]
    NoConfig,
    /// Somebody else changed something after it was decided what to do.
    #[error(
        "the cluster was changed by somebody else in the meantime: {object} is not as it was when this was confirmed"
    )]
    Changed {
        /// What would have to be done now, and was not asked for.
        object: String,
    },
    /// A change that was made is not there any more.
    #[error("{object}: the change was made, and something in the cluster has taken it back")]
    TakenBack {
        /// `KIND/NAME`.
        object: String,
    },
    /// The queue did not get empty.
    #[error("the queue of the platform is not idle after {limit}: {head}")]
    Busy {
        /// How long it was waited for.
        limit: String,
        /// What is at its head.
        head: String,
    },
    /// Asked beforehand, the cluster refuses a change or does not answer. Nothing was written.
    #[error("{object}: {error}")]
    Refused {
        /// `KIND/NAME`.
        object: String,
        /// Why.
        error: Error,
    },
    /// The cluster refused a write or did not answer.
    #[error("{object}: {error}")]
    Write {
        /// `KIND/NAME`.
        object: String,
        /// Why.
        error: Error,
    },
    /// The cluster cannot be read.
    #[error(transparent)]
    Read(Error),
}
