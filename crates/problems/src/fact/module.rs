//! Modules.

use foreign_text::ForeignText;

/// What is so of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModuleFact {
    /// It is enabled and not ready.
    NotReady {
        /// Its phase; empty where it has none.
        phase: String,
        /// Its message; may be empty.
        message: ForeignText,
    },
}
