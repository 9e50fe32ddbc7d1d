//! Steps about modules.

use commands::{Approve, Json, Kubectl, Mirror, Resource, Sentence};
use problems::ModuleAdvice;
use serde_json::json;

use super::with;
use crate::words::{Step, requirement};

pub(super) fn step(advice: &ModuleAdvice) -> Step {
    match advice {
        ModuleAdvice::Approve { module, version } => {
            with("approve it", Approve::Module { module: module.clone(), version: version.clone() })
        }
        ModuleAdvice::CheckSource { repo } => Step::here(format!(
            "check that the platform's pod can reach {repo}; if this cluster uses no modules from this source, no action is needed"
        )),
        ModuleAdvice::CheckSourceModules { repo } => Step::here(format!(
            "check that {repo} has these modules (if not, pull a bundle that contains them and push it), and that \
             the login can read them"
        )),
        ModuleAdvice::OtherVersion { module } => Step::outside(
            Sentence::from("pull another version of the module: ")
                .command(Mirror::PullModule(module.clone())),
        ),
        ModuleAdvice::CreatePolicy => Step::here(
            "create the update policy, or set spec.updatePolicy of the ModuleConfig to an existing one",
        ),
        ModuleAdvice::NamePolicy => Step::here("set spec.updatePolicy of the ModuleConfig to one of them"),
        ModuleAdvice::UpdateFirst { module, version } => with(
            "update the module first, to a release that works with the new version of the platform",
            Approve::Module { module: module.clone(), version: version.clone() },
        ),
        ModuleAdvice::PullNewer { module } => Step::outside(
            Sentence::from("pull a version of the module that works with the new version of the platform: ")
                .command(Mirror::PullModule(module.clone())),
        ),
        ModuleAdvice::Disable { module, configured } => with(
            "or disable the module, if you do not need it (this deletes its objects from the cluster)",
            requirement::disable(module, *configured),
        ),
        ModuleAdvice::CorrectGate => Step::here(
            "correct what the message reports, such as objects that the new version does not accept; if the message does \
             not help, ask the vendor of the module",
        ),
        ModuleAdvice::UpdatePlatform => Step::here(
            "update the platform first: the release controller of later versions deploys this release",
        ),
        ModuleAdvice::MeetRequirement => {
            Step::here("meet the requirement; if it is a version of the platform, update the platform first")
        }
        ModuleAdvice::RemoveOverride { name } => with(
            "to follow the releases of the module again, delete the override",
            Kubectl::Delete(Resource::ModulePullOverride, vec![name.clone()]),
        ),
        ModuleAdvice::FixModule => Step::here(
            "fix the error that the message reports: it is usually in the module's settings, in its source, or in an object that the module installs",
        ),
        ModuleAdvice::ChooseSource => Step::here("set spec.source of the ModuleConfig to one of the sources"),
        ModuleAdvice::PullMissing => Step::outside(
            "pull the missing minor versions of the module; if a release is damaged, pull it again",
        ),
        ModuleAdvice::EndMaintenance => with(
            "when the work is done, turn off maintenance mode",
            Kubectl::Patch {
                resource: Resource::ModuleConfig,
                name: "NAME".to_owned(),
                status: false,
                patch: Json::from(&json!({ "spec": { "maintenance": null } })),
            },
        ),
    }
}
