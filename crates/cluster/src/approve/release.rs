//! The approval of one release of the platform.

use semver::Version;
use serde_json::json;

use super::{Approval, ApproveError, Haste};
use crate::{
    ClusterState,
    change::{Change, Kind, Write},
    objects::Release,
};

/// Ignores windows, waves of a rollout, notification delays and the approval itself; not the requirements (facts 1.4).
const APPLY_NOW: &str = "release.deckhouse.io/apply-now";

/// The approval of one release; `None` if it is approved already.
pub fn release(
    state: &ClusterState,
    version: &Version,
    haste: Haste,
) -> Result<Option<Approval>, ApproveError> {
    let release = find(state, version)?;
    let mut patch = json!({});
    if !release.is_approved() {
        patch["approved"] = json!(true);
    }
    if haste == Haste::ApplyNow && !release.is_annotated(APPLY_NOW) {
        patch["metadata"]["annotations"][APPLY_NOW] = json!("true");
    }
    if patch == json!({}) {
        return Ok(None);
    }
    let change = Change {
        what: format!("approve release v{version}"),
        kind: Kind::DeckhouseRelease,
        name: release.name.clone(),
        write: Write::Merge(patch),
    };
    let webhook = state.release_webhook.known().and_then(Option::as_ref);
    let preflight = webhook.is_some_and(|webhook| webhook.allows_dry_run);
    Ok(Some(Approval { change, preflight, notes: Vec::new() }))
}

/// The object of a release. Of twins the one whose name is its version.
pub(super) fn find<'a>(state: &'a ClusterState, version: &Version) -> Result<&'a Release, ApproveError> {
    let all = state.releases.required("releases")?;
    let own = || all.iter().filter(|release| release.version.as_ref() == Some(version));
    own().find(|release| !release.is_misnamed()).or_else(|| own().next()).ok_or_else(|| {
        ApproveError::NotItsTurn {
            object: format!("DeckhouseRelease/v{version}"),
            why: "there is no such release in the cluster: dhctl update prepare -f tells it of those that were \
                  delivered"
                .to_owned(),
        }
    })
}
