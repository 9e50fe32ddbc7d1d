//! Steps about packages.

use foreign_text::ForeignText;

/// A step about packages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PackageAdvice {
    /// Look at an application.
    Describe {
        /// Its namespace; `None` for a `ClusterApplication`.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
    /// Correct what the message names.
    Fix,
    /// Check that the registry has the repository, and that the login may read it.
    CheckRepository {
        /// `HOST[:PORT]/PATH`.
        repo: ForeignText,
        /// Whether an application comes from it.
        used: bool,
    },
}
