//! Packages: their repositories, and applications.

use cluster::{objects::Application, packages::RepositoryHealth};
use commands::Sentence;
use problems::PackageFact;

use crate::format::{count, minute};

pub(super) fn predicate(fact: &PackageFact) -> Sentence {
    match fact {
        PackageFact::NotReady { state, message, .. } => {
            let details: Vec<&str> =
                [state.as_str(), message.as_str()].into_iter().filter(|it| !it.is_empty()).collect();
            if details.is_empty() {
                "is not ready".to_owned()
            } else {
                format!("is not ready: {}", details.join(", "))
            }
        }
        PackageFact::NeverScanned => "has never been scanned by the platform".to_owned(),
        PackageFact::ScanStale => {
            "has not been scanned by the platform for longer than its scan interval".to_owned()
        }
        PackageFact::ScanFailed { error } => format!("cannot be scanned: {error}"),
    }
    .into()
}

pub(super) fn means(fact: &PackageFact) -> Sentence {
    match fact {
        PackageFact::NotReady { .. } => "an update is not done until every application is ready",
        PackageFact::NeverScanned | PackageFact::ScanStale | PackageFact::ScanFailed { .. } => {
            "until the platform scans it, no package from it gets a new version"
        }
    }
    .into()
}

/// A repository in one line: `corp: 19 packages from r.corp/packages, last scanned at …`.
pub(crate) fn repository(it: &RepositoryHealth) -> String {
    let stale = if it.stale { "; the next scan is overdue" } else { "" };
    let scanned = it.scanned.map_or_else(
        || ", not scanned by the platform yet".to_owned(),
        |time| format!(", last scanned at {}{stale}", minute(time)),
    );
    let phase = if matches!(it.phase.as_str(), "" | "Active") {
        String::new()
    } else {
        format!(", phase {}", it.phase)
    };
    format!("{}: {} from {}{scanned}{phase}", it.name, count(it.packages, "package"), it.repo)
}

/// An application that is not ready.
pub(crate) fn not_ready(application: &Application) -> String {
    let message =
        if application.message.is_empty() { String::new() } else { format!(": {}", application.message) };
    let state = if application.state.is_empty() { "not ready" } else { &application.state };
    format!("{}: {state}{message}", application.path())
}
