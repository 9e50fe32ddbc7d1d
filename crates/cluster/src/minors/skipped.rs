//! Which minor versions never ran while a cluster was watched.

use std::collections::{BTreeMap, BTreeSet};

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
        self.ran.extend(pods.iter().filter_map(version_of).map(|version| minor(&version)));
    }

    /// The releases, the highest of each minor version, that are Superseded and that `deployed` follows although none of
    /// their pods was seen. Empty where the versions of pods are not known.
    pub(crate) fn of(&self, state: &ClusterState, deployed: &Version) -> Vec<Version> {
        let (Some(from), Some(releases)) = (&self.from, state.releases.known()) else { return Vec::new() };
        if state.is_lts() || !self.ran.contains(&minor(deployed)) {
            return Vec::new();
        }
        let superseded = releases.iter().filter(|it| it.phase == Some(Phase::Superseded));
        let between = superseded.filter_map(|it| it.version.as_ref()).filter(|it| {
            (minor(from)..minor(deployed)).contains(&minor(it)) && !self.ran.contains(&minor(it))
        });
        let mut highest: BTreeMap<(u64, u64), &Version> = BTreeMap::new();
        for version in between.filter(|it| minor(it) != minor(from)) {
            let known = highest.entry(minor(version)).or_insert(version);
            *known = (*known).max(version);
        }
        highest.into_values().cloned().collect()
    }
}

/// The releases, the highest of each minor version, that are Superseded and never ran, between `deployed` and the version
/// that ran before it. `ran`: the versions of which the Deployment still has a `ReplicaSet`; it removes the oldest first.
pub(crate) fn skipped_before(state: &ClusterState, deployed: &Version, ran: &[Version]) -> Vec<Version> {
    let minors: BTreeSet<(u64, u64)> = ran.iter().map(minor).collect();
    let Some(from) = ran.iter().filter(|it| minor(it) < minor(deployed)).max() else { return Vec::new() };
    SkippedMinors { from: Some(from.clone()), ran: minors }.of(state, deployed)
}

fn version_of(pod: &DeckhousePod) -> Option<Version> {
    let image = &pod.containers.iter().find(|it| it.name == "deckhouse")?.image;
    image_version(image)
}

fn minor(version: &Version) -> (u64, u64) {
    (version.major, version.minor)
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
    fn what_replica_sets_show() {
        let releases = [("v1.70.1", "Superseded"), ("v1.71.4", "Superseded"), ("v1.72.3", "Deployed")];
        let state = state(":v1.72.3", &releases);
        let versions = |texts: &[&str]| -> Vec<Version> {
            texts.iter().map(|text| deckhouse::version::parse_tag(text).unwrap()).collect()
        };
        for (ran, expected) in [
            (&["v1.70.1", "v1.72.3"][..], &["v1.71.4"][..]),
            (&["v1.69.9", "v1.70.1", "v1.71.2", "v1.72.3"], &[]),
            // What ran before is gone.
            (&["v1.72.3"], &[]),
            // The image is given by its digest.
            (&["v1.70.1"], &[]),
            (&[], &[]),
        ] {
            let found = skipped_before(&state, &Version::new(1, 72, 3), &versions(ran));
            assert_eq!(found, versions(expected), "{ran:?}");
        }
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
