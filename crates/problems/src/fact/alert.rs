//! Alerts.

use foreign_text::ForeignText;

/// What is so of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlertFact {
    /// It fires.
    Firing {
        /// Its status, where that is not simply "firing".
        status: String,
        /// Its summary; may be empty.
        summary: ForeignText,
    },
    /// The platform itself reports that its update has failed (`DeckhouseUpdatingFailed`).
    UpdateFailed {
        /// Its summary or description; may be empty.
        summary: ForeignText,
    },
}
