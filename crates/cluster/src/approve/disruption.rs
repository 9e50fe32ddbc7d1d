//! The approval of a release's disruptions, where `disruptionApprovalMode` is `Manual`.

use semver::Version;
use serde_json::json;

use super::{Approval, ApproveError, release::find};
use crate::{
    ClusterState,
    change::{Change, Guard, Kind, Write},
    objects::Release,
};

/// The approval of the disruptions of a release; `None` if it is given already.
pub fn disruption(state: &ClusterState, version: &Version) -> Result<Option<Approval>, ApproveError> {
    let release = find(state, version)?;
    if release.is_disruption_approved() {
        return Ok(None);
    }
    if !release.is_waiting() {
        let phase = release.phase.as_ref().map_or("", |phase| phase.name());
        return Err(ApproveError::NotItsTurn {
            object: format!("DeckhouseRelease/{}", release.name),
            why: format!("is {phase}: its disruptions need no approval any more").into(),
        });
    }
    let mut notes = vec![if release.disruptions.is_empty() {
        "the release names no disruptions".to_owned()
    } else {
        format!("the release interrupts: {}", release.disruptions.join(", "))
    }];
    let needed = state.deckhouse_config().map(|config| config.update_settings().disruptions_need_approval);
    if needed == Some(false) {
        notes.push("this cluster does not wait for it: disruptionApprovalMode is not Manual".to_owned());
    }
    let change = Change {
        what: format!("let release v{version} interrupt what it has to"),
        kind: Kind::DeckhouseRelease,
        name: release.name.clone(),
        write: Write::Merge(
            json!({ "metadata": { "annotations": { Release::DISRUPTION_APPROVED: "true" } } }),
        ),
    };
    Ok(Some(Approval {
        change,
        guard: Guard::of(release.resource_version.as_deref()),
        preflight: false,
        notes,
    }))
}
