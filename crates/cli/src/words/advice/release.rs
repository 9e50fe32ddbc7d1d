//! Steps about releases.

use commands::{Approve, Json, Kubectl, Resource, Update};
use problems::ReleaseAdvice;
use serde_json::json;

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &ReleaseAdvice) -> Step {
    match advice {
        ReleaseAdvice::ApplyNow(version) => with(
            "or deploy it immediately, without waiting for the update window, the gradual rollout, the notification \
             or an approval (requirements still apply)",
            Approve::ReleaseNow(format!("v{version}")),
        ),
        ReleaseAdvice::DoNotApproveLater => {
            Step::here("do not approve later releases before the following steps are done")
        }
        ReleaseAdvice::DoNotApprove => {
            Step::here("do not approve the release before the following steps are done")
        }
        ReleaseAdvice::RevokeApproval { name } => with("revoke the approval", revoke_approval(name)),
        ReleaseAdvice::AskSupport => Step::here(
            "before the next update, ask the platform's support team which changes from the skipped versions are missing",
        ),
        ReleaseAdvice::Delete { name, kept } => with(
            &format!("delete the waiting object {name}, not the object {kept}"),
            Kubectl::Delete(Resource::DeckhouseRelease, vec![name.clone()]),
        ),
        ReleaseAdvice::DeleteAll { names } => with(
            "delete all objects of this version",
            Kubectl::Delete(Resource::DeckhouseRelease, names.clone()),
        ),
        ReleaseAdvice::Touch { names, mark } => with(
            "annotate the objects, so that the controller processes them",
            Kubectl::Touch { resource: Resource::DeckhouseRelease, names: names.clone(), mark: mark.clone() },
        ),
        ReleaseAdvice::MarkSuperseded { name } => with(
            "set the phase of the release that is not running to Superseded (only the status of the object changes)",
            Kubectl::Patch {
                resource: Resource::DeckhouseRelease,
                name: name.clone(),
                status: true,
                patch: Json::from(&json!({ "status": { "phase": "Superseded" } })),
            },
        ),
        ReleaseAdvice::WaitForChannel => {
            Step::here("wait 5 minutes: the controller reads the release channel again")
        }
        ReleaseAdvice::WaitForWindow => Step::here("wait: no action is needed"),
        ReleaseAdvice::DeployEarlier => Step::here("deploy the earlier release first"),
        ReleaseAdvice::WatchTo(version) => with(
            "follow the update, which the controller starts automatically",
            Update::WatchTo(format!("v{version}")),
        ),
        ReleaseAdvice::Watch => with("follow the update", Update::Watch),
        ReleaseAdvice::WaitForVendor => {
            Step::here("or wait: the update continues automatically once the release is no longer suspended")
        }
        ReleaseAdvice::CheckEdition => {
            Step::here("check that no version is skipped, and that the bundle is for the cluster's edition")
        }
    }
}

/// The command that revokes the approval of a release.
fn revoke_approval(name: &str) -> Kubectl {
    Kubectl::Patch {
        resource: Resource::DeckhouseRelease,
        name: name.to_owned(),
        status: false,
        patch: Json::from(&json!({
            "approved": false,
            "metadata": { "annotations": {
                "release.deckhouse.io/approved": null, "release.deckhouse.io/apply-now": null,
            } },
        })),
    }
}
