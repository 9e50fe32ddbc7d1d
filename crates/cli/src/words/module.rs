//! Modules, their releases and their sources.

use commands::Sentence;
use problems::{ModuleError, ModuleFact};

use super::release::requirement;

pub(super) fn predicate(fact: &ModuleFact) -> Sentence {
    match fact {
        ModuleFact::NotReady { phase, message } => {
            let details: Vec<&str> =
                [phase.as_str(), message.as_str()].into_iter().filter(|it| !it.is_empty()).collect();
            if details.is_empty() {
                "is not ready".to_owned()
            } else {
                format!("is not ready: {}", details.join(", "))
            }
        }
        ModuleFact::SourceNeverRead => "has never been read by the platform".to_owned(),
        ModuleFact::SourceStale => "has not been read by the platform for more than an hour".to_owned(),
        ModuleFact::SourceError { error } => format!("has an error: {error}"),
        ModuleFact::SourceModuleErrors { modules, failed, all } => {
            let modules: Vec<String> =
                modules.iter().map(|ModuleError { module, error }| format!("{module}: {error}")).collect();
            format!("has errors in {failed} of {all} modules: {}", modules.join("; "))
        }
        ModuleFact::ReleaseSuspended { message } if message.is_empty() => "is suspended".to_owned(),
        ModuleFact::ReleaseSuspended { message } => format!("is suspended: {message}"),
        ModuleFact::PolicyMissing { policy } => {
            format!("has the update policy ModuleUpdatePolicy/{policy}, which does not exist")
        }
        ModuleFact::NoPolicy => "has no update policy".to_owned(),
        ModuleFact::RequirementUnmet { unmet } => {
            let unmet: Vec<String> = unmet.iter().map(requirement).collect();
            format!("has unmet requirements: {}", unmet.join("; "))
        }
        ModuleFact::GateFailed { reason, migration: Some(name) } => {
            format!("{} (migration {name})", super::release::wait_reason(reason))
        }
        ModuleFact::GateFailed { reason, migration: None } => super::release::wait_reason(reason),
        ModuleFact::NotByThisController { deployed } => {
            format!(
                "is not deployed by this platform version (v{deployed} is deployed; no release in between is missing)"
            )
        }
        ModuleFact::ReleaseNeedsApproval => "waits for approval".to_owned(),
        ModuleFact::Override { tag } => format!("sets the image tag of the module to {tag}"),
    }
    .into()
}

pub(super) fn means(fact: &ModuleFact) -> Sentence {
    match fact {
        ModuleFact::NotReady { .. } => "an update is not done until every enabled module is ready".to_owned(),
        ModuleFact::SourceNeverRead | ModuleFact::SourceStale | ModuleFact::SourceError { .. } => {
            "until the platform reads it, no module from it gets a new release".to_owned()
        }
        ModuleFact::SourceModuleErrors { .. } => {
            "modules with errors get no new releases, and a platform release that requires one of them (migratedModules) is \
             not deployed"
                .to_owned()
        }
        ModuleFact::ReleaseSuspended { .. } => "the vendor has suspended this release, or the module failed to start after the update to it".to_owned(),
        ModuleFact::PolicyMissing { .. } | ModuleFact::NoPolicy => {
            "a release without an update policy waits forever".to_owned()
        }
        ModuleFact::RequirementUnmet { .. } => {
            "the module stays on its deployed release; updates of the platform are not blocked by this".to_owned()
        }
        ModuleFact::GateFailed { .. } => {
            "the module keeps its deployed release; the controller tries again automatically".to_owned()
        }
        ModuleFact::NotByThisController { .. } => {
            "an approval does not help: this platform version does not support the step to this release".to_owned()
        }
        ModuleFact::ReleaseNeedsApproval => "its update policy requires an approval".to_owned(),
        ModuleFact::Override { .. } => {
            "a ModulePullOverride is intended for development; releases of this module are ignored".to_owned()
        }
    }
    .into()
}
