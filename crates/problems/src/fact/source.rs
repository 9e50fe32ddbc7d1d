//! What is read to decide how far an update is.

use foreign_text::ForeignText;

use crate::Object;

/// What is so of something that is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourceFact {
    /// The cluster does not have it.
    NotInCluster {
        /// Why that is known.
        why: ForeignText,
    },
    /// It cannot be read, and that does not pass.
    Unreadable {
        /// What else cannot be read for the same reason.
        others: Vec<Object>,
        /// Why.
        why: ForeignText,
    },
    /// It cannot be read now, and that passes.
    NotNow {
        /// What else cannot be read for the same reason.
        others: Vec<Object>,
        /// Why.
        why: ForeignText,
    },
}
