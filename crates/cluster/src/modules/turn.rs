//! Whose turn it is among the releases of one module.
//!
//! The controllers choose by neighbours in a sorted list, and a release that was passed over closes a gap there
//! (`deckhouse-controller/pkg/releaseupdater/task_calculator.go`, which is also where jumps come from). Here every step is measured from what is
//! deployed, so that nothing is approved that jumps over a minor by chance.

use semver::Version;
use serde::Serialize;

use crate::{
    ClusterState, Reading,
    objects::{ModuleRelease, Phase},
};

/// Whether a release of a module may be approved now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "turn", content = "why")]
pub enum ModuleTurn {
    /// It is the next of its module.
    Now,
    /// It waits and is approved already.
    Approved,
    /// It is deployed already.
    Deployed,
    /// Not, or not yet; why, and what comes first.
    Not(String),
    /// There is no such release; those of the module that wait, ascending.
    Absent(Vec<String>),
    /// The cluster's answer is not known; why.
    Unknown(String),
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
    if let Some(twin) = same.next() {
        return ModuleTurn::Not(format!(
            "ModuleRelease/{} and ModuleRelease/{} are of one version; remove one first",
            release.name, twin.name
        ));
    }
    match &release.phase {
        Some(Phase::Pending) => {}
        Some(Phase::Deployed) => return ModuleTurn::Deployed,
        Some(Phase::Suspended) => {
            return ModuleTurn::Not("it is suspended: its vendor has withdrawn it".to_owned());
        }
        Some(Phase::Skipped) => {
            return ModuleTurn::Not("it was skipped: a higher one took its place".to_owned());
        }
        Some(Phase::Superseded) => {
            return ModuleTurn::Not("it was deployed before, and a later one is now".to_owned());
        }
        Some(Phase::Other(phase)) => return ModuleTurn::Not(format!("its phase is {phase}")),
        None => return ModuleTurn::Not("the controller has not looked at it yet".to_owned()),
    }
    if release.is_approved() {
        return ModuleTurn::Approved;
    }
    if let Some(it) = state.module_pull_overrides.known().into_iter().flatten().find(|it| it.name == module) {
        return ModuleTurn::Not(format!(
            "ModulePullOverride/{} (tag {}) keeps releases of the module from being looked at",
            it.name, it.image_tag
        ));
    }
    match hindrance(version, &own) {
        Some(why) => ModuleTurn::Not(why),
        None => ModuleTurn::Now,
    }
}

/// What has to come before `version`, or why it never comes.
fn hindrance(version: &Version, own: &[&ModuleRelease]) -> Option<String> {
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
            return Some(format!(
                "v{first} and v{last} are both deployed: a switch is under way, or was broken off"
            ));
        }
    };
    if let Some(deployed) = deployed.filter(|deployed| *deployed > version) {
        return Some(format!("v{deployed}, which is later, is deployed"));
    }
    if let Some(higher) =
        pending.iter().rev().find(|it| minor(it) == minor(version)).filter(|it| **it > version)
    {
        return Some(format!("v{higher} is the highest patch of its minor: approve that"));
    }
    let end = deployed.and_then(|deployed| jump(deployed, own));
    if let Some(end) = &end {
        if end == version {
            return None;
        }
        if version < end {
            return Some(format!("the update goes from v{} to v{end} directly", deployed?));
        }
    }
    if let Some(earlier) = pending.iter().rev().find(|it| minor(it) < minor(version)) {
        return Some(format!("v{earlier} comes first"));
    }
    let deployed = deployed?;
    let follows = minor(deployed) == minor(version)
        || (deployed.major == version.major && deployed.minor + 1 == version.minor)
        || (deployed.major, version.major) == (0, 1);
    (!follows).then(|| {
        format!(
            "there is a gap: v{deployed} is deployed, and the releases between it and v{version} are not in the cluster; \
             pull the module again from v{deployed} on, and push it"
        )
    })
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
            (&chain[..], "1.1.2", Some("v1.0.1 comes first")),
            (&chain[2..], "1.1.2", None),
            (&[chain[0], chain[2], chain[3]], "1.1.2", None),
            (&[chain[0], chain[2], chain[3]], "1.1.0", Some("v1.1.2 is the highest patch")),
            (&[chain[0], chain[4]], "1.2.0", Some("there is a gap: v1.0.0 is deployed")),
            // A minor that was passed over closes no gap.
            (&[chain[0], ("1.1.0", "Skipped"), chain[4]], "1.2.0", Some("there is a gap")),
            (&[("0.9.4", "Deployed"), ("1.0.0", "Pending")], "1.0.0", None),
            (&[("1.9.4", "Deployed"), ("2.0.0", "Pending")], "2.0.0", Some("there is a gap")),
            (&[("1.3.0", "Deployed"), chain[4]], "1.2.0", Some("v1.3.0, which is later, is deployed")),
            (&[("1.0.0", "Deployed"), ("1.1.0", "Deployed"), chain[4]], "1.2.0", Some("are both deployed")),
            (&[("1.2.0", "Suspended")], "1.2.0", Some("suspended")),
            (&[("1.2.0", "Skipped")], "1.2.0", Some("skipped")),
            (&[("1.2.0", "Superseded")], "1.2.0", Some("deployed before")),
            (&[("1.2.0", "")], "1.2.0", Some("not looked at it yet")),
            (&[("1.2.0", "PolicyUndefined")], "1.2.0", Some("its phase is PolicyUndefined")),
            (&[("1.2.0", "Pending"), ("1.2.0", "Pending")], "1.2.0", Some("are of one version")),
        ] {
            match (ask(&state(releases), version), why) {
                (ModuleTurn::Now, None) => {}
                (ModuleTurn::Not(said), Some(why)) => {
                    assert!(said.contains(why), "{version} {releases:?}: {said}");
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
            matches!(ask(&state, "1.1.0"), ModuleTurn::Not(why) if why.contains("from v1.0.3 to v1.4.1 directly"))
        );
        assert!(matches!(ask(&state, "1.5.0"), ModuleTurn::Not(why) if why.contains("v1.4.1 comes first")));
    }

    #[test]
    fn what_is_there_already_or_is_not() {
        let mut state = state(&[("1.0.0", "Deployed"), ("1.1.0", "Pending"), ("1.2.0", "Pending")]);
        assert_eq!(ask(&state, "1.0.0"), ModuleTurn::Deployed);
        assert_eq!(ask(&state, "1.7.0"), ModuleTurn::Absent(vec!["v1.1.0".to_owned(), "v1.2.0".to_owned()]));
        state.module_pull_overrides = Reading::Known(vec![ModulePullOverride {
            name: "console".to_owned(),
            image_tag: "mr7".to_owned(),
        }]);
        assert!(
            matches!(ask(&state, "1.1.0"), ModuleTurn::Not(why) if why.contains("ModulePullOverride/console (tag mr7)"))
        );
        let Reading::Known(releases) = &mut state.module_releases else { panic!() };
        releases[1].annotations.insert("modules.deckhouse.io/approved".to_owned(), "true".to_owned());
        assert_eq!(ask(&state, "1.1.0"), ModuleTurn::Approved);
        assert_eq!(ask(&ClusterState::default(), "1.1.0"), ModuleTurn::Unknown("not read yet".to_owned()));
    }
}
