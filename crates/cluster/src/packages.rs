//! Packages, for reports: whether their repositories are scanned, and which applications are not ready.

use std::time::Duration;

use foreign_text::ForeignText;
use jiff::{SignedDuration, Timestamp};
use problems::{Advice, Kind, Object, PackageAdvice, PackageFact};
use serde::Serialize;

use crate::{
    ClusterState, Reading, duration,
    objects::{Application, PackageRepository},
};

/// How often the platform scans a repository unless it says otherwise (deckhouse#17738).
const SCAN_INTERVAL: Duration = Duration::from_hours(6);
/// How much later than that a scan may be: the controller does not scan while the platform restarts.
const SCAN_DELAY: Duration = Duration::from_hours(1);

/// A `PackageRepository`, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryHealth {
    /// Name of the object.
    pub name: String,
    /// The repository that is scanned.
    pub repo: String,
    /// Its phase; empty before the controller has processed it.
    pub phase: String,
    /// When it was last scanned, with any result.
    pub scanned: Option<Timestamp>,
    /// Whether that is longer ago than its scan interval allows, or never was.
    pub stale: bool,
    /// What failed; empty if nothing did.
    pub error: ForeignText,
    /// How many packages it has.
    pub packages: u64,
    /// Whether an application comes from it.
    pub used: bool,
}

impl RepositoryHealth {
    /// Whether nothing is wrong with it.
    pub fn is_healthy(&self) -> bool {
        !self.stale && self.error.is_empty()
    }
}

/// The applications of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSummary {
    /// How many there are.
    pub all: usize,
    /// Those that are not ready.
    pub not_ready: Vec<Application>,
}

/// Packages, for `update status` and `update plan`. What the cluster does not have is `Absent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packages {
    /// The repositories by name.
    pub repositories: Reading<Vec<RepositoryHealth>>,
    /// The applications.
    pub applications: Reading<ApplicationSummary>,
}

/// Packages at `now`.
pub fn packages(state: &ClusterState, now: Timestamp) -> Packages {
    let repositories = state.package_repositories.clone().map(|all| {
        let mut all: Vec<_> = all.into_iter().map(|it| health(state, it, now)).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    });
    Packages { repositories, applications: applications(state) }
}

/// Both kinds of applications together: unknown if one of them is.
fn applications(state: &ClusterState) -> Reading<ApplicationSummary> {
    let both = [&state.applications, &state.cluster_applications];
    if let Some(unknown) = both.into_iter().find(|it| !matches!(it, Reading::Known(_) | Reading::Absent(_))) {
        return unknown.clone().map(|_| ApplicationSummary::default());
    }
    if let [Reading::Absent(why), Reading::Absent(_)] = both {
        return Reading::Absent(why.clone());
    }
    let unsettled = state.all_applications().filter(|it| !it.is_settled());
    let mut not_ready: Vec<Application> = unsettled.cloned().collect();
    not_ready.sort_by_key(Application::path);
    Reading::Known(ApplicationSummary { all: state.all_applications().count(), not_ready })
}

/// `Application/NAMESPACE/NAME` or `ClusterApplication/NAME`.
pub(crate) fn object(application: &Application) -> Object {
    let kind = if application.namespace.is_some() { Kind::Application } else { Kind::ClusterApplication };
    Object::new(kind, application.path())
}

/// That an application is not ready, with its message, which may be shortened.
pub(crate) fn not_ready(application: &Application, message: ForeignText) -> PackageFact {
    PackageFact::NotReady {
        namespace: application.namespace.clone(),
        name: application.name.clone(),
        state: application.state.clone(),
        message,
    }
}

/// What to do about an application that is not ready.
pub(crate) fn advice(application: &Application) -> [Advice; 2] {
    let (namespace, name) = (application.namespace.clone(), application.name.clone());
    [PackageAdvice::Describe { namespace, name }.into(), PackageAdvice::Fix.into()]
}

fn health(state: &ClusterState, repository: PackageRepository, now: Timestamp) -> RepositoryHealth {
    let interval = repository.scan_interval.as_deref().and_then(|it| duration::parse(it).ok());
    let limit = SignedDuration::try_from(interval.unwrap_or(SCAN_INTERVAL) + SCAN_DELAY);
    let limit = limit.unwrap_or(SignedDuration::MAX);
    let failed = repository.scan_succeeded == Some(false) || repository.phase == "Error";
    let error = match (failed, repository.scan_message.is_empty(), repository.message.is_empty()) {
        (false, ..) => ForeignText::default(),
        (true, false, _) => repository.scan_message,
        (true, true, false) => repository.message,
        (true, true, true) => "the last scan failed".into(),
    };
    RepositoryHealth {
        stale: repository.scanned.is_none_or(|time| now.duration_since(time) > limit),
        used: state.all_applications().any(|it| it.repository.as_deref() == Some(repository.name.as_str())),
        name: repository.name,
        repo: repository.repo,
        phase: repository.phase,
        scanned: repository.scanned,
        error,
        packages: repository.packages,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Obstacle;

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_repository_is_healthy_while_it_is_scanned_without_an_error() {
        let at = |time: &str| format!("2026-11-24T{time}:00Z").parse().ok();
        let good = PackageRepository {
            name: "corp".to_owned(),
            phase: "Active".to_owned(),
            scanned: at("09:55"),
            scan_succeeded: Some(true),
            ..PackageRepository::default()
        };
        let every = |interval: &str| Some(interval.to_owned());
        for (repository, healthy) in [
            (good.clone(), true),
            (PackageRepository { scan_succeeded: None, ..good.clone() }, true),
            (PackageRepository { scanned: at("03:30"), ..good.clone() }, true),
            (PackageRepository { scanned: at("02:59"), ..good.clone() }, false),
            (PackageRepository { scanned: at("08:57"), scan_interval: every("3m"), ..good.clone() }, true),
            (PackageRepository { scanned: at("08:56"), scan_interval: every("3m"), ..good.clone() }, false),
            (PackageRepository { scanned: None, ..good.clone() }, false),
            (PackageRepository { scan_succeeded: Some(false), ..good.clone() }, false),
            (PackageRepository { phase: "Error".to_owned(), ..good }, false),
        ] {
            let health = health(&ClusterState::default(), repository.clone(), now());
            assert_eq!(health.is_healthy(), healthy, "{repository:?}");
        }
    }

    #[test]
    fn both_kinds_of_applications_count_and_neither_is_guessed() {
        let application = |name: &str, state: &str, namespace: Option<&str>| Application {
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            state: state.to_owned(),
            ..Application::default()
        };
        let known =
            || Reading::Known(vec![application("b", "Failed", Some("z")), application("a", "Ready", None)]);
        let absent = || Reading::Absent("old".to_owned());
        let state = |applications, cluster_applications| ClusterState {
            applications,
            cluster_applications,
            ..ClusterState::default()
        };
        let summary = |state: &ClusterState| packages(state, now()).applications;
        for both in [state(known(), absent()), state(absent(), known())] {
            let Reading::Known(found) = summary(&both) else { panic!() };
            let names: Vec<String> = found.not_ready.iter().map(Application::path).collect();
            assert_eq!((found.all, names), (2, vec!["z/b".to_owned()]));
        }
        assert!(matches!(summary(&state(absent(), absent())), Reading::Absent(_)));
        let forbidden = Reading::Unreadable(Obstacle::Forbidden("list applications".to_owned()));
        assert!(matches!(summary(&state(forbidden, known())), Reading::Unreadable(_)));
        assert!(matches!(summary(&ClusterState::default()), Reading::NotNow { .. }));
    }
}
