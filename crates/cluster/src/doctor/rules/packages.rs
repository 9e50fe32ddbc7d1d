//! Packages: repositories that cannot be scanned, and applications that are not ready.

use commands::{Kubectl, Objects, Output, Resource};
use problems::{Kind, Object, PackageAdvice, PackageFact, Rule, See};

use crate::{
    doctor::{
        context::{Context, ControllerState, see},
        finding::{Finding, Severity},
        source::Source,
    },
    objects::Application,
    packages::{RepositoryHealth, advice, not_ready, object, packages},
    safe_text::short,
};

/// Repositories whose last scan failed, or that are not scanned.
pub(super) fn repositories(context: &Context<'_>) -> Vec<Finding> {
    let packages = packages(context.state, context.now);
    let all = packages.repositories.known().into_iter().flatten();
    all.filter_map(|it| of_repository(context, it)).collect()
}

fn of_repository(context: &Context<'_>, repository: &RepositoryHealth) -> Option<Finding> {
    // While the platform's pod is down, no controller scans.
    let stale = repository.stale && context.controller() == ControllerState::Ready;
    let fact = if !repository.error.is_empty() {
        PackageFact::ScanFailed { error: short(&repository.error) }
    } else if stale && repository.scanned.is_none() {
        PackageFact::NeverScanned
    } else if stale {
        PackageFact::ScanStale
    } else {
        return None;
    };
    // The platform creates repositories that an air-gapped registry need not have.
    let severity = if repository.used { Severity::Slows } else { Severity::Notable };
    let object = Object::new(Kind::PackageRepository, &repository.name);
    let status = Kubectl::Get(
        Objects::one(Resource::PackageRepository, &repository.name),
        // The spec contains the registry's login.
        Output::JsonPath("{.status}"),
    );
    let check =
        PackageAdvice::CheckRepository { repo: repository.repo.as_str().into(), used: repository.used };
    Some(
        Finding::new(Rule::PackageRepository, severity, object, fact)
            .advise(check)
            .advise(see(See::Status, status))
            .since(repository.scanned)
            .seen_in(Source::PackageRepositories),
    )
}

/// Applications that are not ready.
pub(super) fn applications(context: &Context<'_>) -> Vec<Finding> {
    let of_namespaces =
        Context::list(&context.state.applications).iter().map(|it| (it, Source::Applications));
    let of_cluster =
        Context::list(&context.state.cluster_applications).iter().map(|it| (it, Source::ClusterApplications));
    let all = of_namespaces.chain(of_cluster).filter(|(it, _)| !it.is_settled());
    all.map(|(it, source)| of_application(it).seen_in(source)).collect()
}

fn of_application(application: &Application) -> Finding {
    let fact = not_ready(application, short(&application.message));
    Finding::new(Rule::Application, Severity::Slows, object(application), fact)
        .advise_all(advice(application))
}
