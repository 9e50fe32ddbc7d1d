//! The rule of the turn against the model of the release controller, over random releases.

use proptest::prelude::*;
use semver::Version;
use serde_json::json;
use testkit::theatre::calculator::{Code, Listed, Rules, Subject, Task, task};

use super::{ModuleNote, ModuleTurn, notes, turn};
use crate::{
    ClusterState, Reading,
    objects::{ModuleConfig, ModuleRelease, Phase},
};

/// The releases of a module, sorted, at most one of them Deployed.
#[derive(Debug, Clone)]
struct Scene {
    releases: Vec<Listed>,
    lts: bool,
}

fn text_of_a_bound() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..3_u64, 0..5_u64).prop_map(|(major, minor)| format!("{major}.{minor}")),
        (0..3_u64, 0..5_u64, 0..3_u64).prop_map(|(major, minor, patch)| format!("v{major}.{minor}.{patch}")),
    ]
}

fn scene() -> impl Strategy<Value = Scene> {
    let version = (prop_oneof![1 => Just(0_u64), 4 => Just(1), 1 => Just(2)], 0..5_u64, 0..3_u64);
    let phase = prop_oneof![
        6 => Just("Pending"),
        1 => Just("Suspended"),
        1 => Just("Skipped"),
        1 => Just("Superseded"),
    ];
    let ranges = prop::collection::vec((text_of_a_bound(), text_of_a_bound()), 0..3);
    let releases = prop::collection::btree_map(version, (phase, ranges), 1..9);
    let far = prop::option::weighted(0.2, 10..20_u64);
    (releases, far, any::<prop::sample::Index>(), prop::bool::weighted(0.9), prop::bool::weighted(0.2))
        .prop_map(|(releases, far, deployed, has_deployed, lts)| {
            let listed =
                |((major, minor, patch), (phase, ranges)): ((u64, u64, u64), (&str, Vec<_>))| Listed {
                    version: Version::new(major, minor, patch),
                    phase: phase.to_owned(),
                    message: String::new(),
                    ranges,
                };
            let mut releases: Vec<Listed> = releases.into_iter().map(listed).collect();
            if has_deployed {
                // Mostly among the first, so that others wait behind it.
                let index = deployed.index(releases.len().div_ceil(2));
                "Deployed".clone_into(&mut releases[index].phase);
            }
            if let (Some(minor), Some(last)) = (far, releases.last().map(|it| it.version.clone())) {
                let version = Version::new(last.major, last.minor + minor, 0);
                releases.push(Listed {
                    version,
                    phase: "Pending".to_owned(),
                    message: String::new(),
                    ranges: Vec::new(),
                });
            }
            Scene { releases, lts }
        })
}

impl Scene {
    fn state(&self) -> ClusterState {
        let release = |it: &Listed| ModuleRelease {
            name: format!("console-v{}", it.version),
            module: "console".to_owned(),
            version_text: format!("v{}", it.version),
            version: Some(it.version.clone()),
            phase: Phase::parse(&it.phase),
            update_from_to: it.ranges.clone(),
            ..ModuleRelease::default()
        };
        let channel = if self.lts { "LTS" } else { "Stable" };
        ClusterState {
            module_releases: Reading::Known(self.releases.iter().map(release).collect()),
            module_configs: Reading::Known(vec![ModuleConfig {
                name: "deckhouse".to_owned(),
                settings: json!({ "releaseChannel": channel }),
                ..ModuleConfig::default()
            }]),
            ..ClusterState::default()
        }
    }

    fn deployed(&self) -> Option<&Version> {
        self.releases.iter().find(|it| it.phase == "Deployed").map(|it| &it.version)
    }

    fn task(&self, version: &Version, code: Code) -> Task {
        task(&self.releases, version, Rules { code, subject: Subject::Module, lts: self.lts })
    }

    /// The scene after the controller has skipped what it skips without any approval, other than this release.
    fn settled(&self, kept: &Version, code: Code) -> Self {
        let mut settled = self.clone();
        for version in self.pending() {
            if version != *kept && settled.task(&version, code) == Task::Skip {
                let releases = settled.releases.iter_mut();
                releases
                    .filter(|it| it.version == version)
                    .for_each(|it| "Skipped".clone_into(&mut it.phase));
            }
        }
        settled
    }

    fn pending(&self) -> Vec<Version> {
        self.releases.iter().filter(|it| it.phase == "Pending").map(|it| it.version.clone()).collect()
    }

    /// Whether a release that neither waits nor is deployed is between the deployed one and this one.
    fn has_others_before(&self, version: &Version) -> bool {
        let between = |it: &&Listed| {
            self.deployed().is_none_or(|deployed| it.version > *deployed) && it.version < *version
        };
        self.releases.iter().filter(between).any(|it| !matches!(it.phase.as_str(), "Pending" | "Deployed"))
    }

    /// What the controller does if this release is approved.
    fn deploy(&mut self, version: &Version) {
        for release in &mut self.releases {
            if release.version == *version {
                "Deployed".clone_into(&mut release.phase);
            } else if release.phase == "Deployed" {
                "Superseded".clone_into(&mut release.phase);
            }
        }
        let skipped: Vec<Version> =
            self.pending().into_iter().filter(|it| self.task(it, Code::Current) == Task::Skip).collect();
        for release in self.releases.iter_mut().filter(|it| skipped.contains(&it.version)) {
            "Skipped".clone_into(&mut release.phase);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What may be approved is deployed by the controller, in each version of it; where it is not, a note says so.
    #[test]
    fn what_may_be_approved_is_deployed(scene in scene()) {
        let state = scene.state();
        for version in scene.pending() {
            if turn(&state, "console", &version) != ModuleTurn::Now {
                continue;
            }
            let notes = notes(&state, "console", &version);
            for code in [Code::BeforeOctober2025, Code::October2025, Code::Current] {
                let settled = scene.settled(&version, code);
                let task = settled.task(&version, code);
                let is_deployed = matches!(task, Task::Deploy { .. });
                let is_known_to_differ = notes.iter().any(ModuleNote::is_doubt)
                    || code == Code::BeforeOctober2025 && settled.has_others_before(&version);
                prop_assert!(is_deployed || is_known_to_differ, "{version} {code:?}: {task:?}");
            }
            let only_current = notes.iter().all(|it| !matches!(it, ModuleNote::HigherPatchNotWaiting { .. }));
            if only_current {
                let task = scene.settled(&version, Code::Current).task(&version, Code::Current);
                prop_assert!(matches!(task, Task::Deploy { .. }), "{version}: {task:?}");
            }
        }
    }

    /// No approval skips a minor version, except by a range, on LTS and from 0 to 1.
    #[test]
    fn no_approval_skips_a_minor_version_by_accident(scene in scene()) {
        let state = scene.state();
        for version in scene.pending() {
            let (ModuleTurn::Now, Some(deployed)) = (turn(&state, "console", &version), scene.deployed()) else {
                continue;
            };
            let is_step = deployed.major == version.major && version.minor <= deployed.minor + 1;
            let by_range = scene.task(&version, Code::Current) == Task::Deploy { skips_others: true };
            let allowed = by_range || scene.lts && deployed.major == version.major || (deployed.major, version.major) == (0, 1);
            prop_assert!(is_step || allowed, "{deployed} to {version}");
            if by_range && !is_step {
                let says = notes(&state, "console", &version);
                let is_said = matches!(&says[..], [ModuleNote::Direct { from, .. }] if from == deployed);
                prop_assert!(is_said, "{version}: {says:?}");
            }
        }
    }

    /// There is no dead end: what the current controller deploys may be approved.
    #[test]
    fn what_the_controller_deploys_may_be_approved(scene in scene()) {
        let state = scene.state();
        let may = |version: &Version| turn(&state, "console", version) == ModuleTurn::Now;
        let deployable: Vec<Version> = scene
            .pending()
            .into_iter()
            .filter(|it| matches!(scene.task(it, Code::Current), Task::Deploy { .. }))
            .collect();
        if scene.deployed().is_some() {
            for version in &deployable {
                prop_assert!(may(version), "{version}: {:?}", turn(&state, "console", version));
            }
        } else {
            prop_assert!(deployable.is_empty() || scene.pending().iter().any(may));
        }
    }

    /// Approval by approval, in any order that is allowed, the module comes as far as the controller can go.
    #[test]
    fn approvals_lead_to_the_end(scene in scene(), choices in prop::collection::vec(any::<prop::sample::Index>(), 10)) {
        let mut scene = scene;
        for choice in choices {
            let state = scene.state();
            let now: Vec<Version> =
                scene.pending().into_iter().filter(|it| turn(&state, "console", it) == ModuleTurn::Now).collect();
            let deployed = |version: &Version| matches!(scene.task(version, Code::Current), Task::Deploy { .. });
            let now: Vec<&Version> = now.iter().filter(|it| deployed(it)).collect();
            if now.is_empty() {
                prop_assert!(!scene.pending().iter().any(deployed) || scene.deployed().is_none());
                return Ok(());
            }
            let version = now[choice.index(now.len())].clone();
            prop_assert!(scene.deployed().is_none_or(|deployed| *deployed < version));
            scene.deploy(&version);
        }
    }
}
