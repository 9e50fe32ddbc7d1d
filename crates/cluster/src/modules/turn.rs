//! Whose turn it is among the releases of one module.
//!
//! The rules are those of the current release controller (`deckhouse-controller/pkg/releaseupdater/task_calculator.go`;
//! facts, cluster-2026.md 1.10, 1.11), with one exception: every step is measured from what is deployed, also where old
//! controllers compare with a release that was skipped or suspended. So no approval skips a minor version by accident.
//! What other versions of the controller do differently is in [`notes`](super::notes).

use deckhouse::version::minor_of;
use semver::Version;

use super::policy::is_lts;
use crate::{
    ClusterState, Reading,
    objects::{ModuleRelease, Phase},
};

/// Whether a release of a module may be approved now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleTurn {
    /// It is the next of its module.
    Now,
    /// It is waiting, and approved already.
    Approved,
    /// It is deployed already.
    Deployed,
    /// Not, or not yet; why.
    Not(NotNext),
    /// There is no such release; those of the module that are waiting, ascending.
    Absent(Vec<String>),
    /// Unknown; why.
    Unknown(String),
}

/// Why a release of a module cannot be approved now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotNext {
    /// Two objects are of its version.
    Duplicate {
        /// Name of one of them.
        one: String,
        /// Name of the other one.
        other: String,
    },
    /// The vendor has withdrawn it.
    Suspended,
    /// The controller has skipped it for a higher one.
    Skipped,
    /// It was deployed before, and a later one is deployed now.
    Superseded,
    /// It has another phase.
    Phase(String),
    /// The controller has not processed it yet.
    NotProcessed,
    /// A `ModulePullOverride` sets the image of the module.
    Overridden {
        /// Name of the object.
        name: String,
        /// The tag of the image.
        tag: String,
    },
    /// Two releases are Deployed.
    TwoDeployed {
        /// The lower one.
        lower: Version,
        /// The higher one.
        higher: Version,
    },
    /// A later release is Deployed.
    LaterDeployed(Version),
    /// A higher patch of its minor is waiting.
    HigherPatch(Version),
    /// This release comes first.
    After(Version),
    /// Releases are missing between the deployed one and it.
    Gap {
        /// The deployed release.
        deployed: Version,
        /// The release.
        release: Version,
    },
    /// It has another major version than the deployed release, and the step is not that from 0 to 1.
    OtherMajor {
        /// The deployed release.
        deployed: Version,
    },
    /// Its version is not a version.
    NotAVersion(String),
}

/// Whose turn it is: minor by minor, the highest patch of each, only what the controller has looked at.
pub fn turn(state: &ClusterState, module: &str, version: &Version) -> ModuleTurn {
    let releases = match &state.module_releases {
        Reading::Known(releases) => releases,
        other => return ModuleTurn::Unknown(other.why_unknown().unwrap_or_default()),
    };
    let own: Vec<&ModuleRelease> = releases.iter().filter(|release| release.module == module).collect();
    let mut same = own.iter().filter(|release| release.version.as_ref() == Some(version));
    let Some(release) = same.next() else {
        let mut waiting: Vec<&Version> =
            own.iter().filter(|it| waits(it)).filter_map(|it| it.version.as_ref()).collect();
        waiting.sort();
        return ModuleTurn::Absent(waiting.into_iter().map(deckhouse::version::tag_of).collect());
    };
    if let Some(other) = same.next() {
        let (one, other) = (release.name.clone(), other.name.clone());
        return ModuleTurn::Not(NotNext::Duplicate { one, other });
    }
    match &release.phase {
        Some(Phase::Pending) => {}
        Some(Phase::Deployed) => return ModuleTurn::Deployed,
        Some(Phase::Suspended) => return ModuleTurn::Not(NotNext::Suspended),
        Some(Phase::Skipped) => return ModuleTurn::Not(NotNext::Skipped),
        Some(Phase::Superseded) => return ModuleTurn::Not(NotNext::Superseded),
        Some(Phase::Other(phase)) => return ModuleTurn::Not(NotNext::Phase(phase.clone())),
        None => return ModuleTurn::Not(NotNext::NotProcessed),
    }
    if release.is_approved() {
        return ModuleTurn::Approved;
    }
    if let Some(it) = state.module_pull_overrides.known().into_iter().flatten().find(|it| it.name == module) {
        return ModuleTurn::Not(NotNext::Overridden { name: it.name.clone(), tag: it.image_tag.clone() });
    }
    match not_next(version, &own, is_lts(state, release)) {
        Some(why) => ModuleTurn::Not(why),
        None => ModuleTurn::Now,
    }
}

/// What has to come before `version`, or why it never comes.
fn not_next(version: &Version, own: &[&ModuleRelease], lts: bool) -> Option<NotNext> {
    let deployed = match of_phase(own, &Phase::Deployed)[..] {
        [] => None,
        [one] => Some(one),
        [first, .., last] => {
            return Some(NotNext::TwoDeployed { lower: first.clone(), higher: last.clone() });
        }
    };
    if let Some(deployed) = deployed.filter(|deployed| *deployed > version) {
        return Some(NotNext::LaterDeployed(deployed.clone()));
    }
    // What is below the deployed release is skipped soon.
    let mut pending = of_phase(own, &Phase::Pending);
    pending.retain(|it| deployed.is_none_or(|deployed| *it > deployed));
    if let Some(higher) =
        pending.iter().rev().find(|it| minor_of(it) == minor_of(version)).filter(|it| **it > version)
    {
        return Some(NotNext::HigherPatch((*higher).clone()));
    }
    if deployed.is_some_and(|deployed| range_end(deployed, own).as_ref() == Some(version)) {
        return None;
    }
    if let Some(earlier) = pending.iter().rev().find(|it| minor_of(it) < minor_of(version)) {
        return Some(NotNext::After((*earlier).clone()));
    }
    let deployed = deployed?;
    if deployed.major != version.major {
        // The controllers take only the step from 0 to 1.
        let first_major = (deployed.major, version.major) == (0, 1);
        return (!first_major).then(|| NotNext::OtherMajor { deployed: deployed.clone() });
    }
    let is_gap = !lts && version.minor > deployed.minor + 1;
    is_gap.then(|| NotNext::Gap { deployed: deployed.clone(), release: version.clone() })
}

/// The versions of the releases in a phase, ascending.
pub(super) fn of_phase<'a>(own: &[&'a ModuleRelease], phase: &Phase) -> Vec<&'a Version> {
    let mut versions: Vec<&Version> = own
        .iter()
        .filter(|it| it.phase.as_ref() == Some(phase))
        .filter_map(|it| it.version.as_ref())
        .collect();
    versions.sort();
    versions
}

/// The release to which the module may update directly from the deployed one (`spec.update.versions`), as the controllers
/// find it. The ranges of every waiting release count, but of each only those that end in its own minor version. A range
/// includes its beginning, not its end. It leads to the highest patch of its end's minor, whatever the phase of that
/// patch. Of several, the highest end counts. The releases before it remain possible. (facts, cluster-2026.md 1.11)
pub(super) fn range_end(deployed: &Version, own: &[&ModuleRelease]) -> Option<Version> {
    let mut best: Option<&Version> = None;
    let pending = own.iter().filter(|it| waits(it) && it.version.as_ref() > Some(deployed));
    for release in pending {
        for (from, to) in &release.update_from_to {
            let (Some(from), Some(to)) = (loose(from), loose(to)) else { continue };
            let ends_in_its_own_minor =
                release.version.as_ref().is_some_and(|it| minor_of(it) == minor_of(&to));
            if !ends_in_its_own_minor || *deployed < from || *deployed >= to {
                continue;
            }
            let versions = own.iter().filter_map(|it| it.version.as_ref());
            best = best.max(versions.filter(|it| minor_of(it) == minor_of(&to)).max());
        }
    }
    best.cloned()
}

/// A version as ranges spell it: `1.20` is `1.20.0`, and `1` is `1.0.0`.
fn loose(text: &str) -> Option<Version> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let bound: Option<deckhouse::version::Bound> = text.parse().ok();
    bound
        .map(|bound| bound.lowest())
        .or_else(|| text.parse().ok().map(|major| Version::new(major, 0, 0)))
        .or_else(|| Version::parse(text).ok())
}

pub(super) fn waits(release: &ModuleRelease) -> bool {
    matches!(release.phase, None | Some(Phase::Pending))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::{ModuleConfig, ModulePullOverride, ModuleUpdatePolicy};

    fn release(version: &str, phase: &str) -> ModuleRelease {
        ModuleRelease {
            name: format!("console-v{version}"),
            module: "console".to_owned(),
            version_text: format!("v{version}"),
            version: Version::parse(version).ok(),
            phase: Phase::parse(phase),
            ..ModuleRelease::default()
        }
    }

    fn state(releases: &[(&str, &str)]) -> ClusterState {
        let mut all: Vec<ModuleRelease> =
            releases.iter().map(|(version, phase)| release(version, phase)).collect();
        all.push(ModuleRelease { module: "other".to_owned(), ..release("1.1.0", "Pending") });
        ClusterState { module_releases: Reading::Known(all), ..ClusterState::default() }
    }

    fn ask(state: &ClusterState, version: &str) -> ModuleTurn {
        turn(state, "console", &Version::parse(version).unwrap())
    }

    #[test]
    fn minor_by_minor_and_the_highest_patch_of_each() {
        let chain = [
            ("1.0.0", "Deployed"),
            ("1.0.1", "Pending"),
            ("1.1.0", "Pending"),
            ("1.1.2", "Pending"),
            ("1.2.0", "Pending"),
        ];
        for (releases, version, why) in [
            (&chain[..], "1.0.1", None),
            (&chain[..], "1.1.2", Some("After(1.0.1)")),
            (&chain[2..], "1.1.2", None),
            (&[chain[0], chain[2], chain[3]], "1.1.2", None),
            (&[chain[0], chain[2], chain[3]], "1.1.0", Some("HigherPatch(1.1.2)")),
            (&[chain[0], chain[4]], "1.2.0", Some("Gap { deployed: 1.0.0")),
            // A skipped minor closes no gap.
            (&[chain[0], ("1.1.0", "Skipped"), chain[4]], "1.2.0", Some("Gap")),
            (&[("0.9.4", "Deployed"), ("1.0.0", "Pending")], "1.0.0", None),
            (&[("1.9.4", "Deployed"), ("2.0.0", "Pending")], "2.0.0", Some("OtherMajor { deployed: 1.9.4")),
            (&[("1.3.0", "Deployed"), ("1.1.0", "Pending"), ("1.4.0", "Pending")], "1.4.0", None),
            (&[("1.3.0", "Deployed"), chain[4]], "1.2.0", Some("LaterDeployed(1.3.0)")),
            (&[("1.0.0", "Deployed"), ("1.1.0", "Deployed"), chain[4]], "1.2.0", Some("TwoDeployed")),
            (&[("1.2.0", "Suspended")], "1.2.0", Some("Suspended")),
            (&[("1.2.0", "Skipped")], "1.2.0", Some("Skipped")),
            (&[("1.2.0", "Superseded")], "1.2.0", Some("Superseded")),
            (&[("1.2.0", "")], "1.2.0", Some("NotProcessed")),
            (&[("1.2.0", "PolicyUndefined")], "1.2.0", Some("Phase(\"PolicyUndefined\")")),
            (&[("1.2.0", "Pending"), ("1.2.0", "Pending")], "1.2.0", Some("Duplicate")),
        ] {
            match (ask(&state(releases), version), why) {
                (ModuleTurn::Now, None) => {}
                (ModuleTurn::Not(found), Some(why)) => {
                    let found =
                        format!("{found:?}").replace("Version { major: ", "").replace(", minor: ", ".");
                    let found = found.replace(", patch: ", ".").replace(" })", ")").replace(" },", ",");
                    assert!(found.starts_with(why), "{version} {releases:?}: {found}");
                }
                (other, _) => panic!("{version} {releases:?}: {other:?}"),
            }
        }
    }

    /// `VERSION PHASE [FROM-TO]…`
    fn state_of(lines: &[&str]) -> ClusterState {
        let all = lines.iter().map(|line| {
            let mut words = line.split(' ');
            let mut release = release(words.next().unwrap(), words.next().unwrap());
            let ranges = words.map(|it| it.split_once('-').unwrap());
            release.update_from_to = ranges.map(|(from, to)| (from.to_owned(), to.to_owned())).collect();
            release
        });
        ClusterState { module_releases: Reading::Known(all.collect()), ..ClusterState::default() }
    }

    #[test]
    fn a_release_may_allow_a_direct_update() {
        let end = |lines: &[&str]| {
            let state = state_of(lines);
            let own: Vec<&ModuleRelease> = state.module_releases.known().unwrap().iter().collect();
            let deployed = of_phase(&own, &Phase::Deployed)[0];
            range_end(deployed, &own).map(|it| it.to_string())
        };
        for (others, expected) in [
            // The beginning is part of the range, the end is not.
            (&["1.4.1 Pending 1.0.3-1.4"][..], Some("1.4.1")),
            (&["1.4.1 Pending 1.0.4-1.4"], None),
            (&["1.0.5 Pending 1.0-1.0.3"], None),
            // Versions with fewer numbers, with a v, and what is not a version.
            (&["1.4.1 Pending v1-v1.4"], Some("1.4.1")),
            (&["1.4.1 Pending new-1.4", "1.3.0 Pending 1.0-newer"], None),
            // The highest patch of the minor, with or without a range of its own.
            (&["1.4.0 Pending 1.0-1.4.0", "1.4.3 Pending"], Some("1.4.3")),
            (&["1.4.0 Pending", "1.4.3 Pending 1.0-1.4.0"], Some("1.4.3")),
            (&["1.4.1 Pending 1.0-1.4", "1.4.5 Suspended"], Some("1.4.5")),
            // Only a range that ends in the minor of its own release counts.
            (&["1.3.0 Pending", "1.4.1 Pending 1.0-1.3"], None),
            // Every waiting release counts, and the highest end.
            (&["1.3.0 Pending 1.0-1.3", "1.4.1 Pending"], Some("1.3.0")),
            (&["1.3.0 Pending 1.0-1.3", "1.4.1 Pending 1.0-1.4"], Some("1.4.1")),
            (&["1.4.1 Pending 1.2-1.4 1.0-1.4"], Some("1.4.1")),
            (&["1.4.1 Skipped 1.0-1.4"], None),
        ] {
            let lines = [&["1.0.3 Deployed"][..], others].concat();
            assert_eq!(end(&lines).as_deref(), expected, "{others:?}");
        }
    }

    #[test]
    fn a_direct_update_leaves_the_releases_before_it_possible() {
        let lines =
            ["1.0.3 Deployed", "1.1.0 Pending", "1.4.0 Pending 1.0-1.4.0", "1.4.3 Pending", "1.5.0 Pending"];
        let state = state_of(&lines);
        assert_eq!(ask(&state, "1.4.3"), ModuleTurn::Now);
        assert_eq!(ask(&state, "1.1.0"), ModuleTurn::Now);
        let not = |version| match ask(&state, version) {
            ModuleTurn::Not(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(not("1.4.0"), NotNext::HigherPatch(Version::new(1, 4, 3)));
        assert_eq!(not("1.5.0"), NotNext::After(Version::new(1, 4, 3)));
        // The end of the range is not waiting: the way is minor by minor.
        let state =
            state_of(&["1.0.3 Deployed", "1.1.0 Pending", "1.4.1 Pending 1.0-1.4", "1.4.5 Suspended"]);
        assert_eq!(ask(&state, "1.1.0"), ModuleTurn::Now);
        assert_eq!(ask(&state, "1.4.1"), ModuleTurn::Not(NotNext::After(Version::new(1, 1, 0))));
        // A range replaces the releases between, and may lead to another major version.
        assert_eq!(ask(&state_of(&["1.0.3 Deployed", "1.4.1 Pending 1.0-1.4"]), "1.4.1"), ModuleTurn::Now);
        assert_eq!(ask(&state_of(&["1.9.4 Deployed", "2.0.0 Pending 1.5-2.0"]), "2.0.0"), ModuleTurn::Now);
    }

    #[test]
    fn minors_may_be_skipped_on_lts() {
        let platform = |channel: &str| ModuleConfig {
            name: "deckhouse".to_owned(),
            settings: json!({ "releaseChannel": channel }),
            ..ModuleConfig::default()
        };
        let mut state = state_of(&["1.0.3 Deployed", "1.30.0 Pending"]);
        let gap = ModuleTurn::Not(NotNext::Gap {
            deployed: Version::new(1, 0, 3),
            release: Version::new(1, 30, 0),
        });
        state.module_configs = Reading::Known(vec![platform("Stable")]);
        assert_eq!(ask(&state, "1.30.0"), gap);
        state.module_configs = Reading::Known(vec![platform("LTS")]);
        assert_eq!(ask(&state, "1.30.0"), ModuleTurn::Now, "modules have no limit");
        // The module's own policy counts more than the platform's channel.
        let own = ModuleConfig {
            name: "console".to_owned(),
            update_policy: Some("slow".to_owned()),
            ..ModuleConfig::default()
        };
        state.module_configs = Reading::Known(vec![platform("LTS"), own]);
        for (channel, expected) in [("Stable", gap), ("LTS", ModuleTurn::Now)] {
            state.module_update_policies = Reading::Known(vec![ModuleUpdatePolicy {
                name: "slow".to_owned(),
                release_channel: Some(channel.to_owned()),
                ..ModuleUpdatePolicy::default()
            }]);
            assert_eq!(ask(&state, "1.30.0"), expected, "{channel}");
        }
        let waiting = state_of(&["1.0.3 Deployed", "1.7.0 Pending", "1.30.0 Pending"]);
        let state = ClusterState { module_releases: waiting.module_releases, ..state };
        assert_eq!(ask(&state, "1.30.0"), ModuleTurn::Not(NotNext::After(Version::new(1, 7, 0))));
    }

    #[test]
    fn deployed_and_unknown_versions_are_refused() {
        let mut state = state(&[("1.0.0", "Deployed"), ("1.1.0", "Pending"), ("1.2.0", "Pending")]);
        assert_eq!(ask(&state, "1.0.0"), ModuleTurn::Deployed);
        assert_eq!(ask(&state, "1.7.0"), ModuleTurn::Absent(vec!["v1.1.0".to_owned(), "v1.2.0".to_owned()]));
        state.module_pull_overrides = Reading::Known(vec![ModulePullOverride {
            name: "console".to_owned(),
            image_tag: "mr7".to_owned(),
        }]);
        assert!(
            matches!(ask(&state, "1.1.0"), ModuleTurn::Not(NotNext::Overridden { tag, .. }) if tag == "mr7")
        );
        let Reading::Known(releases) = &mut state.module_releases else { panic!() };
        releases[1].annotations.insert("modules.deckhouse.io/approved".to_owned(), "true".to_owned());
        assert_eq!(ask(&state, "1.1.0"), ModuleTurn::Approved);
        assert_eq!(ask(&ClusterState::default(), "1.1.0"), ModuleTurn::Unknown("not read yet".to_owned()));
    }
}
