//! Asking the cluster, before anything is written, whether it accepts all that is going to be written.
//!
//! On older versions the release channel is unset before the mode is changed. A mode, a window or a channel that the
//! version does not know would be refused only after that, and would leave the cluster without a channel.

use std::time::Duration;

use serde_json::Value;

use super::{OnEvent, Preparation, PrepareError, PrepareEvent};
use crate::{
    Error, WaitPolicy,
    access::Cluster,
    change::{Change, Guard, Kind, Run, Write},
};

/// Sends every change of `plan` as a server-side dry run. Where a webhook does not support dry runs that is reported, and
/// the write itself has to show it.
pub(super) async fn preflight(
    cluster: &Cluster,
    plan: &Preparation,
    limit: Duration,
    on_event: &mut OnEvent<'_>,
) -> Result<(), PrepareError> {
    for change in questions(plan) {
        let asked = {
            let mut waiting = |why: &str| on_event(&PrepareEvent::Waiting(why));
            // Without guards: what has changed in the meantime is seen before each write.
            let send = || change.send(cluster, &Guard::Nothing, Run::Dry);
            WaitPolicy::new(limit).retry(&mut waiting, send).await
        };
        match asked {
            Ok(()) | Err(Error::Conflict(_) | Error::NotFound(_)) => {}
            Err(error) if error.is_dry_run_unsupported() => {
                on_event(&PrepareEvent::NotAsked(&error.to_string()));
            }
            Err(error) => return Err(PrepareError::Refused { object: change.object(), error }),
        }
    }
    Ok(())
}

/// The changes as they can be asked about one by one. Those of the configuration build on each other, so each is asked
/// together with those before it.
fn questions(plan: &Preparation) -> Vec<Change> {
    let mut configured = Value::Null;
    let mut asked = Vec::new();
    for step in &plan.steps {
        let mut change = step.change.clone();
        if let (Kind::ModuleConfig, Write::Merge(patch)) = (change.kind, &mut change.write) {
            compose(&mut configured, patch);
            patch.clone_from(&configured);
        }
        asked.push(change);
    }
    asked
}

/// Makes of two merge patches the one that does what both do in turn (RFC 7386).
fn compose(first: &mut Value, second: &Value) {
    match (first.as_object_mut(), second.as_object()) {
        (Some(fields), Some(later)) => {
            for (name, value) in later {
                compose(fields.entry(name).or_insert(Value::Null), value);
            }
        }
        _ => first.clone_from(second),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        change::Purpose,
        prepare::{Step, channel_note},
    };

    #[test]
    fn each_change_is_checked_together_with_the_previous_ones() {
        let step = |kind, write| Step {
            change: Change { purpose: Purpose::DisableModule, kind, name: "x".to_owned(), write },
            guard: Guard::Nothing,
            settles: false,
        };
        let configure = |patch| step(Kind::ModuleConfig, Write::Merge(patch));
        let mode = json!({ "spec": { "settings": { "update": { "mode": "AutoPatch" } } } });
        let release = step(Kind::DeckhouseRelease, Write::Create(json!({})));
        let steps = vec![
            configure(channel_note::unset_and_keep("Stable")),
            configure(mode),
            release.clone(),
            configure(channel_note::set("Beta", true)),
        ];
        let asked = questions(&Preparation { steps: steps.clone(), ..Preparation::default() });
        let note = |note: Value| json!({ "annotations": { crate::prepare::CHANNEL_NOTE: note } });
        let settings = |channel: Value| json!({ "settings": { "releaseChannel": channel, "update": { "mode": "AutoPatch" } } });
        let patch = |number: usize| match &asked[number].write {
            Write::Merge(patch) => patch.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(asked[0], steps[0].change);
        assert_eq!(patch(1), json!({ "metadata": note(json!("Stable")), "spec": settings(Value::Null) }));
        assert_eq!(asked[2], release.change);
        assert_eq!(patch(3), json!({ "metadata": note(Value::Null), "spec": settings(json!("Beta")) }));
    }
}
