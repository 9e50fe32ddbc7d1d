//! The approval of one release of the platform.

use semver::Version;

use super::ApproveError;
use crate::{ClusterState, objects::Release};

/// The object of a release. Of twins the one whose name is its version.
pub(super) fn find<'a>(state: &'a ClusterState, version: &Version) -> Result<&'a Release, ApproveError> {
    let Some(all) = state.releases.known() else {
        let why = state.releases.why_unknown().unwrap_or_default();
        return Err(ApproveError::Unknown { what: "releases", why });
    };
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
