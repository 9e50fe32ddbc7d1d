//! Packages.

use foreign_text::ForeignText;

/// What is so of a repository of packages, or of an instance of a package.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PackageFact {
    /// The application is not ready.
    NotReady {
        /// Its namespace; `None` for a `ClusterApplication`.
        namespace: Option<String>,
        /// Its name.
        name: String,
        /// Its state; empty where it has none.
        state: String,
        /// Its message; may be empty.
        message: ForeignText,
    },
    /// The platform has never scanned the repository.
    NeverScanned,
    /// The platform has not scanned the repository for longer than its interval.
    ScanStale,
    /// The last scan of the repository failed.
    ScanFailed {
        /// Why.
        error: ForeignText,
    },
}
