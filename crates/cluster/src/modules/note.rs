//! What to know about a module's release that may be approved: what it skips, and what depends on the version of the
//! release controller, which dhctl does not know.

use deckhouse::version::minor_of;
use semver::Version;

use super::{
    policy::is_lts,
    turn::{of_phase, range_end, waits},
};
use crate::{
    ClusterState,
    objects::{ModuleRelease, Phase},
};

/// How many minor versions a release may be ahead on LTS, for controllers that limit modules.
const LTS_LIMIT: u64 = 10;

/// What to know about a release that may be approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleNote {
    /// The module updates directly to it.
    Direct {
        /// The deployed release.
        from: Version,
        /// Releases that are waiting, and are skipped then. May be empty.
        skipped: Vec<Version>,
    },
    /// The module may update directly to a later release, without this one.
    DirectPossible {
        /// The later release.
        to: Version,
    },
    /// The release controllers since October 2025 compute the minor version before 0, which does not exist, and do not
    /// deploy it. Newer ones are corrected (facts, cluster-2026.md 1.10).
    MinorZero {
        /// The deployed release.
        deployed: Version,
    },
    /// It skips minor versions, because the channel is LTS. Older controllers do not know LTS for modules, or limit it.
    LtsStep {
        /// The deployed release.
        deployed: Version,
        /// Whether it is further ahead than controllers with a limit allow.
        over_limit: bool,
    },
    /// A higher patch of its minor version exists and is not waiting. Controllers look at the next release whatever its
    /// phase, and skip this one for it.
    HigherPatchNotWaiting {
        /// The higher patch.
        version: Version,
        /// Its phase.
        phase: String,
    },
}

impl ModuleNote {
    /// Whether the controller of some versions of the platform does not deploy the release.
    pub fn is_doubt(&self) -> bool {
        matches!(self, Self::MinorZero { .. } | Self::LtsStep { .. } | Self::HigherPatchNotWaiting { .. })
    }
}

/// What to know about a release of a module that may be approved now.
pub fn notes(state: &ClusterState, module: &str, version: &Version) -> Vec<ModuleNote> {
    let all = state.module_releases.known().into_iter().flatten();
    let own: Vec<&ModuleRelease> = all.filter(|it| it.module == module).collect();
    let Some(release) = own.iter().find(|it| it.version.as_ref() == Some(version)) else { return Vec::new() };
    let mut notes = Vec::new();
    let deployed = of_phase(&own, &Phase::Deployed).into_iter().next();
    let end = deployed.and_then(|deployed| range_end(deployed, &own));
    match (deployed, &end) {
        (Some(deployed), Some(end)) if end == version => {
            let between =
                |it: &&Version| *it > deployed && *it < version && minor_of(it) != minor_of(version);
            let skipped: Vec<Version> =
                of_phase(&own, &Phase::Pending).into_iter().filter(between).cloned().collect();
            let is_step = deployed.major == version.major && version.minor <= deployed.minor + 1;
            if !skipped.is_empty() || !is_step {
                notes.push(ModuleNote::Direct { from: deployed.clone(), skipped });
            }
            return notes;
        }
        (Some(deployed), end) => {
            let is_waiting =
                |to: &&Version| own.iter().any(|it| it.version.as_ref() == Some(to) && waits(it));
            if let Some(to) = end.as_ref().filter(|to| *to > version).filter(is_waiting) {
                notes.push(ModuleNote::DirectPossible { to: to.clone() });
            }
            notes.extend(doubt(deployed, version, is_lts(state, release)));
        }
        (None, _) => {}
    }
    let higher = own.iter().filter(|it| !waits(it) && it.version.as_ref() > Some(version));
    let higher = higher.filter(|it| it.version.as_ref().is_some_and(|it| minor_of(it) == minor_of(version)));
    if let Some(higher) = higher.min_by_key(|it| it.version.as_ref()) {
        notes.push(ModuleNote::HigherPatchNotWaiting {
            version: higher.version.clone().unwrap_or_else(|| version.clone()),
            phase: higher.phase.as_ref().map_or("", Phase::name).to_owned(),
        });
    }
    notes
}

/// Why some controllers do not take the step.
fn doubt(deployed: &Version, version: &Version, lts: bool) -> Option<ModuleNote> {
    let deployed_version = || deployed.clone();
    if deployed.major != version.major {
        return (version.minor == 0).then(|| ModuleNote::MinorZero { deployed: deployed_version() });
    }
    (lts && version.minor > deployed.minor + 1).then(|| ModuleNote::LtsStep {
        deployed: deployed_version(),
        over_limit: version.minor > deployed.minor + LTS_LIMIT,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Reading, objects::ModuleConfig};

    /// `VERSION PHASE [FROM-TO]…`
    fn state(channel: &str, lines: &[&str]) -> ClusterState {
        let release = |line: &&str| {
            let mut words = line.split(' ');
            let version = words.next().unwrap();
            ModuleRelease {
                name: format!("console-v{version}"),
                module: "console".to_owned(),
                version: version.parse().ok(),
                phase: words.next().and_then(Phase::parse),
                update_from_to: words
                    .map(|it| it.split_once('-').map(|(from, to)| (from.to_owned(), to.to_owned())).unwrap())
                    .collect(),
                ..ModuleRelease::default()
            }
        };
        let config = ModuleConfig {
            name: "deckhouse".to_owned(),
            settings: json!({ "releaseChannel": channel }),
            ..ModuleConfig::default()
        };
        ClusterState {
            module_releases: Reading::Known(lines.iter().map(release).collect()),
            module_configs: Reading::Known(vec![config]),
            ..ClusterState::default()
        }
    }

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_release_skips_and_what_is_unknown() {
        let direct = |skipped: &[&str]| ModuleNote::Direct {
            from: version("1.0.3"),
            skipped: skipped.iter().map(|it| version(it)).collect(),
        };
        let range = ["1.0.3 Deployed", "1.1.0 Pending", "1.4.1 Pending", "1.4.3 Pending 1.0-1.4"];
        let lts = |over_limit| ModuleNote::LtsStep { deployed: version("1.0.3"), over_limit };
        for (channel, lines, asked, expected) in [
            ("Stable", &range[..], "1.4.3", vec![direct(&["1.1.0"])]),
            ("Stable", &range, "1.1.0", vec![ModuleNote::DirectPossible { to: version("1.4.3") }]),
            ("Stable", &["1.0.3 Deployed", "1.4.3 Pending 1.0-1.4"], "1.4.3", vec![direct(&[])]),
            ("Stable", &["1.0.3 Deployed", "1.1.0 Pending 1.0-1.1"], "1.1.0", vec![]),
            ("Stable", &["1.0.3 Deployed", "1.1.0 Pending"], "1.1.0", vec![]),
            ("Stable", &["1.0.3 Pending"], "1.0.3", vec![]),
            (
                "Stable",
                &["0.9.4 Deployed", "1.0.0 Pending"],
                "1.0.0",
                vec![ModuleNote::MinorZero { deployed: version("0.9.4") }],
            ),
            ("Stable", &["0.9.4 Deployed", "1.2.0 Pending"], "1.2.0", vec![]),
            ("LTS", &["1.0.3 Deployed", "1.1.0 Pending"], "1.1.0", vec![]),
            ("LTS", &["1.0.3 Deployed", "1.7.0 Pending"], "1.7.0", vec![lts(false)]),
            ("LTS", &["1.0.3 Deployed", "1.11.0 Pending"], "1.11.0", vec![lts(true)]),
            (
                "Stable",
                &["1.0.3 Deployed", "1.1.0 Pending", "1.1.2 Suspended", "1.1.3 Skipped"],
                "1.1.0",
                vec![ModuleNote::HigherPatchNotWaiting {
                    version: version("1.1.2"),
                    phase: "Suspended".to_owned(),
                }],
            ),
        ] {
            let found = notes(&state(channel, lines), "console", &version(asked));
            assert_eq!(found, expected, "{channel} {lines:?} {asked}");
        }
    }
}
