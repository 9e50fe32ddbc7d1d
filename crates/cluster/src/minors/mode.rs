//! Which waiting releases the controller deploys without a further approval.

use semver::Version;

use crate::{
    ClusterState,
    objects::{Release, UpdateMode, UpdateSettings},
    release_order::ReleaseOrder,
    wait_reason::{WaitReason, reasons_of},
};

/// Versions from this one on take an unset `update.mode` for `AutoPatch`, as documented; earlier ones take it for `Auto`
/// (deckhouse#21903). Patches of earlier minor versions got the correction too (21926 to 21928); which ones is not known, so
/// they count as before.
const UNSET_IS_AUTO_PATCH: Version = Version::new(1, 78, 0);

/// The mode that applies while `running` runs.
pub(super) fn effective_mode(settings: &UpdateSettings, running: &Version) -> UpdateMode {
    let unset = if *running < UNSET_IS_AUTO_PATCH { UpdateMode::Auto } else { UpdateMode::AutoPatch };
    settings.mode.clone().unwrap_or(unset)
}

/// Whether a mode that is not set deploys minor versions without an approval. True where the running version is not known.
pub(crate) fn unset_is_auto(state: &ClusterState) -> bool {
    let deployed = state.releases.known().and_then(|it| ReleaseOrder::of(it).deployed_version());
    deployed.is_none_or(|it| effective_mode(&UpdateSettings::default(), it) == UpdateMode::Auto)
}

/// Whether the controller deploys a release, which waits, without a further approval.
///
/// Where the mode is unset, the controller's own message counts more than what is known of its version.
pub(crate) fn needs_no_approval(release: &Release, deployed: &Version, settings: &UpdateSettings) -> bool {
    if release.is_approved() {
        return true;
    }
    if settings.mode.is_none() && reasons_of(release).contains(&WaitReason::Approval) {
        return false;
    }
    effective_mode(settings, deployed).deploys_unasked(release.is_of_minor_of(deployed))
}

/// The next release, if the controller deploys it although nobody has approved it.
pub fn deployed_unasked(state: &ClusterState) -> Option<&Version> {
    let order = ReleaseOrder::of(state.releases.known()?);
    let settings = state.deckhouse_config()?.update_settings();
    let is_unasked = |it: &&Release| {
        !it.is_approved()
            && order.deployed_version().is_some_and(|deployed| needs_no_approval(it, deployed, &settings))
    };
    order.next(state.is_lts()).filter(is_unasked)?.version.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unset_mode_is_auto_in_old_versions() {
        let waiting = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";
        for (mode, deployed, release, message, expected) in [
            (None, "1.75.14", "1.76.8", "", true),
            (None, "1.75.14", "1.75.15", "", true),
            (None, "1.78.0", "1.79.0", "", false),
            (None, "1.78.0", "1.78.1", "", true),
            (None, "1.76.9", "1.77.0", waiting, false),
            (Some("Auto"), "1.78.0", "1.79.0", "", true),
            // It may be from before the mode was changed.
            (Some("Auto"), "1.78.0", "1.79.0", waiting, true),
            (Some("AutoPatch"), "1.75.14", "1.76.8", "", false),
            (Some("Manual"), "1.75.14", "1.75.15", "", false),
        ] {
            let settings = UpdateSettings { mode: mode.map(UpdateMode::parse), ..UpdateSettings::default() };
            let version = |text: &str| Version::parse(text).unwrap();
            let waits =
                Release { version: Some(version(release)), message: message.into(), ..Release::default() };
            let found = needs_no_approval(&waits, &version(deployed), &settings);
            assert_eq!(found, expected, "{mode:?} {deployed} {release} {message}");
            let approved = Release { approved_field: true, ..waits };
            assert!(needs_no_approval(&approved, &version(deployed), &settings));
        }
    }
}
