//! Which minor versions never ran while a cluster was watched.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::version::minor_of;
use semver::Version;

use crate::{
    ClusterState,
    objects::{DeckhousePod, Phase, image_version},
    release_order::ReleaseOrder,
};

/// What was seen since a watch began without a gap.
#[derive(Debug, Clone, Default)]
pub(crate) struct SkippedMinors {
    /// The version that was deployed then.
    from: Option<Version>,
    /// The minor versions of which a pod was seen.
    ran: BTreeSet<(u64, u64)>,
}

impl SkippedMinors {
    /// Forgets everything: a time was not watched, and a minor version may have run in it.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Records what runs now.
    pub(crate) fn observe(&mut self, state: &ClusterState) {
        let (Some(releases), Some(pods)) = (state.releases.known(), state.pods.known()) else { return };
        if self.from.is_none() {
            self.from = ReleaseOrder::of(releases).deployed_version().cloned();
        }
        self.ran.extend(pods.iter().filter_map(version_of).map(|version| minor_of(&version)));
    }

    /// The releases, the highest of each minor version, that are Superseded and that `deployed` follows although none of
    /// their pods was seen. Empty where the versions of pods are not known.
    pub(crate) fn of(&self, state: &ClusterState, deployed: &Version) -> Vec<Version> {
        let (Some(from), Some(releases)) = (&self.from, state.releases.known()) else { return Vec::new() };
        if state.is_lts() || !self.ran.contains(&minor_of(deployed)) {
            return Vec::new();
        }
        let superseded = releases.iter().filter(|it| it.phase == Some(Phase::Superseded));
        let between = superseded.filter_map(|it| it.version.as_ref()).filter(|it| {
            (minor_of(from)..minor_of(deployed)).contains(&minor_of(it)) && !self.ran.contains(&minor_of(it))
        });
        let mut highest: BTreeMap<(u64, u64), &Version> = BTreeMap::new();
        for version in between.filter(|it| minor_of(it) != minor_of(from)) {
            let known = highest.entry(minor_of(version)).or_insert(version);
            *known = (*known).max(version);
        }
        highest.into_values().cloned().collect()
    }
}

fn version_of(pod: &DeckhousePod) -> Option<Version> {
    let image = &pod.containers.iter().find(|it| it.name == "deckhouse")?.image;
    image_version(image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Reading,
        objects::{ContainerState, Release},
    };

    fn state(pod: &str, releases: &[(&str, &str)]) -> ClusterState {
        let releases = releases.iter().map(|(name, phase)| Release {
            name: (*name).to_owned(),
            version: deckhouse::version::parse_tag(name),
            phase: Phase::parse(phase),
            ..Release::default()
        });
        let container = ContainerState {
            name: "deckhouse".to_owned(),
            image: format!("r.example:5000/dkp/ee{pod}"),
            ..ContainerState::default()
        };
        ClusterState {
            releases: Reading::Known(releases.collect()),
            pods: Reading::Known(vec![DeckhousePod {
                containers: vec![container],
                ..DeckhousePod::default()
            }]),
            ..ClusterState::default()
        }
    }

    fn skipped(looks: &[ClusterState], deployed: &str) -> Vec<String> {
        let mut seen = SkippedMinors::default();
        for look in looks {
            seen.observe(look);
        }
        let deployed = deckhouse::version::parse_tag(deployed).unwrap();
        seen.of(&looks[looks.len() - 1], &deployed).iter().map(|it| format!("v{it}")).collect()
    }

    #[test]
    fn a_minor_whose_pod_never_ran() {
        let before = || {
            let releases = [("v1.70.1", "Deployed"), ("v1.71.4", "Pending"), ("v1.72.3", "Pending")];
            state(":v1.70.1", &releases)
        };
        let after = [
            ("v1.70.1", "Superseded"),
            ("v1.71.2", "Superseded"),
            ("v1.71.4", "Superseded"),
            ("v1.72.3", "Deployed"),
        ];
        let there = || state(":v1.72.3", &after);
        assert_eq!(skipped(&[before(), there()], "v1.72.3"), ["v1.71.4"]);
        // It ran, if only for a while.
        assert_eq!(skipped(&[before(), state(":v1.71.4", &after), there()], "v1.72.3"), [""; 0]);
        // The past.
        assert_eq!(skipped(&[there()], "v1.72.3"), [""; 0]);
        // Pods that do not name their version.
        let digest = format!("@sha256:{}", "ab".repeat(32));
        assert_eq!(skipped(&[before(), state(&digest, &after)], "v1.72.3"), [""; 0]);
        let mut gap = SkippedMinors::default();
        gap.observe(&before());
        gap.forget();
        gap.observe(&there());
        assert_eq!(gap.of(&there(), &Version::new(1, 72, 3)), []);
    }
}
