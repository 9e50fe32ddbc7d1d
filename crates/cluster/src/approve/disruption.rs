//! The approval of a release's disruptions, where `disruptionApprovalMode` is `Manual`.

use problems::Object;
use semver::Version;
use serde_json::json;

use super::{Approval, ApprovalNote, ApproveError, NotApprovable, release::find};
use crate::{
    ClusterState,
    change::{Change, Guard, Kind, Purpose, Write},
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
        return Err(ApproveError::NotApprovable {
            object: Object::new(problems::Kind::DeckhouseRelease, &release.name),
            reason: NotApprovable::DisruptionsDone { phase: phase.to_owned() },
        });
    }
    let mut notes = vec![if release.disruptions.is_empty() {
        ApprovalNote::NoDisruptions
    } else {
        ApprovalNote::Interrupts(release.disruptions.clone())
    }];
    let needed = state.deckhouse_config().map(|config| config.update_settings().disruptions_need_approval);
    if needed == Some(false) {
        notes.push(ApprovalNote::DisruptionsNotWaitedFor);
    }
    let change = Change {
        purpose: Purpose::ApproveDisruptions { version: version.clone() },
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
