//! An approval on its way: decided once more, asked of the webhook first where one answers, written, and read back.
//!
//! A question may stand for hours and a webhook may be away for minutes. So each attempt begins with the decision, and
//! its write holds only for the state of the object that was decided on.

use serde_json::Value;

use super::{Approval, ApprovalRequest, ApproveError};
use crate::{
    Error, WaitPolicy,
    access::Cluster,
    change::{Change, Run, Write},
    wait_reason::{self, WaitReason},
};

/// How often in a row the object may change under our hands before it is given up.
const ATTEMPTS: u32 = 5;

/// Carries out what was confirmed, unless that has happened already. What passes by itself (the webhook is served by the
/// platform's own pod) is waited out within `policy`, and `tell` gets each reason to wait.
pub async fn carry_out(
    cluster: &Cluster,
    request: &ApprovalRequest,
    confirmed: &Approval,
    policy: WaitPolicy,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<(), ApproveError> {
    let change = &confirmed.change;
    let mut wait = policy.start();
    let mut conflicts = 0;
    loop {
        let read = wait.left().read(cluster, tell, |state| request.lacks(state)).await;
        let Some(approval) = request.decide(&read.map_err(ApproveError::Cluster)?)? else { break };
        if !approval.is_still(confirmed) {
            return Err(ApproveError::Changed { object: change.object() });
        }
        match send(cluster, &approval).await {
            Ok(()) => break,
            // Changed or removed in this moment.
            Err(Error::Conflict(_) | Error::NotFound(_)) if conflicts < ATTEMPTS => conflicts += 1,
            Err(Error::Conflict(_)) => return Err(ApproveError::Changed { object: change.object() }),
            Err(error) if wait.out(&error, tell).await => conflicts = 0,
            Err(error) => return Err(refused(change, error)),
        }
    }
    let object = policy
        .retry(tell, || change.kind.get(cluster, &change.name))
        .await
        .map_err(|error| refused(change, error))?;
    let object = serde_json::to_value(object).unwrap_or_default();
    match &change.write {
        // The controller removes `apply-now` with the deploy, which may be over by now (facts 1.4).
        Write::Merge(patch) if !holds(&object, patch) && waits(&object) => {
            Err(ApproveError::NotKept { object: change.object() })
        }
        _ => Ok(()),
    }
}

async fn send(cluster: &Cluster, approval: &Approval) -> Result<(), Error> {
    let Approval { change, guard, .. } = approval;
    if approval.preflight {
        match change.send(cluster, guard, Run::Dry).await {
            // Another webhook than the platform's; the write itself will show it.
            Err(error) if error.is_dry_run_unsupported() => {}
            asked => asked?,
        }
    }
    change.send(cluster, guard, Run::Real).await
}

/// Whether an object has not been taken up: its phase is `Pending`, or it has none.
fn waits(object: &serde_json::Value) -> bool {
    matches!(object["status"]["phase"].as_str(), None | Some("" | "Pending"))
}

fn refused(change: &Change, error: Error) -> ApproveError {
    match &error {
        Error::Refused(message) => match unmet(message) {
            Some(reasons) => ApproveError::Unmet { object: change.object(), reasons },
            None => ApproveError::Cluster(error),
        },
        _ => ApproveError::Cluster(error),
    }
}

/// The requirements that a refusal of the platform's webhook names: a line each with `- ` before it; in its first
/// version all in one line, with `; ` between.
fn unmet(message: &str) -> Option<Vec<WaitReason>> {
    let (_, reasons) = message.split_once("requirements not met:")?;
    let reasons = reasons.trim();
    let parts: Vec<&str> = match reasons.strip_prefix("- ") {
        Some(lines) => lines.split("\n- ").collect(),
        None => reasons.split("; ").collect(),
    };
    let parts = parts.into_iter().map(str::trim).filter(|it| !it.is_empty());
    Some(parts.map(wait_reason::refused).collect())
}

/// Whether a merge patch would change nothing of the object.
fn holds(object: &Value, patch: &Value) -> bool {
    match patch {
        Value::Object(fields) => fields.iter().all(|(name, value)| match (object.get(name), value) {
            (None, Value::Null) => true,
            (None, _) => false,
            (Some(field), value) => holds(field, value),
        }),
        value => object == value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_of_old_and_new_versions_are_parsed() {
        for (message, reasons) in [
            (
                "admission webhook \"d\" denied the request: \n cannot approve DeckhouseRelease \"v1.72.1\": \
                 requirements not met: \n- k8s: too low\n- disabledModules: a; b",
                Some(vec!["k8s: too low", "disabledModules: a; b"]),
            ),
            (
                "admission webhook \"d\" denied the request: Cannot approve DeckhouseRelease \"v1.72.1\": \
                 requirements not met: one; two",
                Some(vec!["one", "two"]),
            ),
            ("admission webhook \"d\" denied the request: no", None),
        ] {
            let unmet_for = |why: &str| wait_reason::unmet(None, why);
            let expected: Option<Vec<WaitReason>> = reasons.map(|it| it.into_iter().map(unmet_for).collect());
            assert_eq!(unmet(message), expected, "{message}");
        }
        let module = "cannot approve DeckhouseRelease \"v1.73.2\": requirements not met: \n- requirements of the 'console' module are not satisfied: too old";
        let expected =
            WaitReason::ModuleConstraint { module: "console".to_owned(), why: "too old".to_owned() };
        assert_eq!(unmet(module), Some(vec![expected]));
    }

    #[test]
    fn an_object_contains_a_patch_or_not() {
        let object = json!({"approved": true, "metadata": {"name": "x", "annotations": {"a": ""}}});
        for (patch, expected) in [
            (json!({"approved": true}), true),
            (json!({"approved": false}), false),
            (json!({"metadata": {"annotations": {"a": ""}}}), true),
            (json!({"metadata": {"annotations": {"b": "true"}}}), false),
            (json!({"metadata": {"annotations": {"b": null}}}), true),
            (json!({"metadata": {"annotations": {"a": null}}}), false),
        ] {
            assert_eq!(holds(&object, &patch), expected, "{patch}");
        }
    }
}
