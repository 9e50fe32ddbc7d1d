//! Whose turn it is among the releases of one module.
//!
//! The controllers compare neighbours in a sorted list, and a skipped release closes a gap there
//! (`deckhouse-controller/pkg/releaseupdater/task_calculator.go`, which is also where jumps come from). Here every step is measured from what is
//! deployed, so that no approval skips a minor by accident.

use semver::Version;

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
    /// The update goes past it.
    Jump {
        /// The deployed release.
        from: Version,
        /// The release that the update goes to.
        to: Version,
    },
    /// This release comes first.
    After(Version),
    /// Releases are missing between the deployed one and it.
    Gap {
        /// The deployed release.
        deployed: Version,
        /// The release.
        release: Version,
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
    match not_next(version, &own) {
        Some(why) => ModuleTurn::Not(why),
        None => ModuleTurn::Now,
    }
}

/// What has to come before `version`, or why it never comes.
fn not_next(version: &Version, own: &[&ModuleRelease]) -> Option<NotNext> {
    let of_phase = |phase: &Phase| {
        let mut versions: Vec<&Version> = own
            .iter()
            .filter(|it| it.phase.as_ref() == Some(phase))
            .filter_map(|it| it.version.as_ref())
            .collect();
        versions.sort();
        versions
    };
    let pending = of_phase(&Phase::Pending);
    let deployed = match of_phase(&Phase::Deployed)[..] {
        [] => None,
        [one] => Some(one),
        [first, .., last] => {
            return Some(NotNext::TwoDeployed { lower: first.clone(), higher: last.clone() });
        }
    };
    if let Some(deployed) = deployed.filter(|deployed| *deployed > version) {
        return Some(NotNext::LaterDeployed(deployed.clone()));
    }
    if let Some(higher) =
        pending.iter().rev().find(|it| minor(it) == minor(version)).filter(|it| **it > version)
    {
        return Some(NotNext::HigherPatch((*higher).clone()));
    }
    let end = deployed.and_then(|deployed| jump(deployed, own));
    if let Some(end) = &end {
        if end == version {
            return None;
        }
        if version < end {
            return Some(NotNext::Jump { from: deployed?.clone(), to: end.clone() });
        }
    }
    if let Some(earlier) = pending.iter().rev().find(|it| minor(it) < minor(version)) {
        return Some(NotNext::After((*earlier).clone()));
    }
    let deployed = deployed?;
    let follows = minor(deployed) == minor(version)
        || (deployed.major == version.major && deployed.minor + 1 == version.minor)
        || (deployed.major, version.major) == (0, 1);
    (!follows).then(|| NotNext::Gap { deployed: deployed.clone(), release: version.clone() })
}

/// Where a jump that a release allows (`spec.update.versions`) leads from what is deployed: of the highest
/// pending release that names any, the first range that has the deployed version in it, its end excluded.
fn jump(deployed: &Version, own: &[&ModuleRelease]) -> Option<Version> {
    let pending = own.iter().filter(|it| it.phase == Some(Phase::Pending) && !it.update_from_to.is_empty());
    let ranges = &pending.max_by_key(|it| it.version.as_ref())?.update_from_to;
    ranges.iter().find_map(|(from, to)| {
        let (from, to) = (loose(from)?, loose(to)?);
        if *deployed < from || *deployed >= to {
            return None;
        }
        let versions = || own.iter().filter_map(|it| it.version.as_ref());
        let exact = versions().find(|version| **version == to);
        exact.or_else(|| versions().filter(|version| minor(version) == minor(&to)).max()).cloned()
    })
}

/// A version as ranges spell it: `1.20` is `1.20.0`.
fn loose(text: &str) -> Option<Version> {
    let text = text.trim();
    let bound: Option<deckhouse::version::Bound> = text.parse().ok();
    bound.map(|bound| bound.lowest()).or_else(|| Version::parse(text.strip_prefix('v').unwrap_or(text)).ok())
}

fn waits(release: &ModuleRelease) -> bool {
    matches!(release.phase, None | Some(Phase::Pending))
}

fn minor(version: &Version) -> (u64, u64) {
    (version.major, version.minor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::ModulePullOverride;

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
            (&[("1.9.4", "Deployed"), ("2.0.0", "Pending")], "2.0.0", Some("Gap")),
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

    #[test]
    fn a_release_may_allow_a_jump() {
        let mut state =
            state(&[("1.0.3", "Deployed"), ("1.1.0", "Pending"), ("1.4.1", "Pending"), ("1.5.0", "Pending")]);
        let Reading::Known(releases) = &mut state.module_releases else { panic!() };
        releases[3].update_from_to =
            vec![("1.2".to_owned(), "1.4".to_owned()), ("v1.0".to_owned(), "1.4".to_owned())];
        assert_eq!(ask(&state, "1.4.1"), ModuleTurn::Now);
        assert!(
            matches!(ask(&state, "1.1.0"), ModuleTurn::Not(NotNext::Jump { to, .. }) if to == Version::new(1, 4, 1))
        );
        assert!(
            matches!(ask(&state, "1.5.0"), ModuleTurn::Not(NotNext::After(first)) if first == Version::new(1, 4, 1))
        );
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
