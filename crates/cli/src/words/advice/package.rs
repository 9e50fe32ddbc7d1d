//! Steps about packages.

use commands::{Kubectl, Objects, Output, Resource};
use problems::PackageAdvice;

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &PackageAdvice) -> Step {
    match advice {
        PackageAdvice::Describe { namespace, name } => {
            let object = match namespace {
                Some(namespace) => Objects::one(Resource::Application, name).within(namespace),
                None => Objects::one(Resource::ClusterApplication, name),
            };
            // The spec may contain logins.
            with("see what the application reports", Kubectl::Get(object, Output::JsonPath("{.status}")))
        }
        PackageAdvice::Fix => Step::here(
            "fix the error that the message reports: it is usually in the application's settings, in its repository, or in a \
             requirement that the cluster does not meet",
        ),
        PackageAdvice::CheckRepository { repo, used } => {
            let unused = if *used {
                ""
            } else {
                "; if this cluster uses no packages from this repository, no action is needed"
            };
            Step::here(format!(
                "check that {repo} exists in the registry and that the login of the PackageRepository can read it{unused}"
            ))
        }
    }
}
