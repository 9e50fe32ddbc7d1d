//! No release is Deployed: the controller was interrupted while it changed the phases.

use jiff::{SignedDuration, Timestamp};
use problems::{Code, Kind, Object, PlatformAdvice, Problem, ReleaseFact, Restart};

use crate::{
    ClusterState,
    objects::{Phase, Release},
};

/// How long no release, or two of them, may be Deployed while the controller writes one object after the other, and how
/// long the Deployment may differ from the deployed release.
pub(crate) const PHASE_CHANGE: SignedDuration = SignedDuration::from_mins(5);

/// No release is Deployed, although there are some, for longer than a change of phases takes. `None` also if no release
/// channel is set: then the controller processes no object and restores none.
pub(crate) fn none_deployed(state: &ClusterState, now: Timestamp) -> Option<Problem> {
    let releases = state.releases.known().filter(|it| !it.is_empty())?;
    if state.channel_is_unset() || releases.iter().any(|it| it.phase == Some(Phase::Deployed)) {
        return None;
    }
    if last_change(releases).is_some_and(|since| now.duration_since(since) <= PHASE_CHANGE) {
        return None;
    }
    let image_tag = state.deployment.known().and_then(|it| it.tag()).map(str::to_owned);
    let object = Object::any(Kind::DeckhouseRelease);
    let problem = Problem::new(Code::DeployedReleases, object, ReleaseFact::DeployedLost { image_tag });
    Some(problem.advise(PlatformAdvice::Restart(Restart::ToRestoreRelease).into()))
}

/// When a release last changed its phase, or was created.
pub(crate) fn last_change(releases: &[Release]) -> Option<Timestamp> {
    releases.iter().filter_map(|it| it.transition_time.or(it.created)).max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Reading, objects::ModuleConfig};

    #[test]
    fn no_release_is_deployed_for_longer_than_a_change_takes() {
        let at = |minute: i64| Timestamp::from_second(1_790_000_000 + 60 * minute).unwrap();
        let state = |phase: &str, channel: Option<&str>| ClusterState {
            releases: Reading::Known(vec![
                Release { phase: Phase::parse(phase), transition_time: Some(at(0)), ..Release::default() },
                Release { phase: Some(Phase::Pending), created: Some(at(-60)), ..Release::default() },
            ]),
            module_configs: Reading::Known(vec![ModuleConfig {
                name: "deckhouse".to_owned(),
                settings: json!({ "releaseChannel": channel }),
                ..ModuleConfig::default()
            }]),
            ..ClusterState::default()
        };
        let lost = |state: &ClusterState, minute| none_deployed(state, at(minute)).is_some();
        assert!(lost(&state("Superseded", Some("Stable")), 6));
        assert!(!lost(&state("Superseded", Some("Stable")), 5));
        assert!(!lost(&state("Deployed", Some("Stable")), 6));
        assert!(!lost(&state("Superseded", None), 6));
        assert!(!lost(&ClusterState { releases: Reading::Known(Vec::new()), ..ClusterState::default() }, 6));
    }
}
