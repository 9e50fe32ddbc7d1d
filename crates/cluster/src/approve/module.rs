//! The approval of a module's release. It has no field: an annotation is the only way (facts 6.4).

use semver::Version;
use serde_json::json;

use super::{Approval, ApproveError, Haste};
use crate::{
    ClusterState,
    change::{Change, Kind, Write},
    objects::{ModuleRelease, Phase},
};

/// The approval of one release of a module; `None` if it is approved or deployed already.
pub fn module_release(
    state: &ClusterState,
    module: &str,
    version: &Version,
    haste: Haste,
) -> Result<Option<Approval>, ApproveError> {
    let all = state.module_releases.required("releases of modules")?;
    let own: Vec<&ModuleRelease> = all.iter().filter(|release| release.module == module).collect();
    let Some(release) = own.iter().find(|release| release.version.as_ref() == Some(version)) else {
        let known: Vec<&str> = own.iter().map(|release| release.version_text.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(ApproveError::NotItsTurn {
            object: format!("ModuleRelease/{module}-v{version}"),
            why: format!("there is no such release; of this module there are: {known}"),
        });
    };
    if release.phase == Some(Phase::Deployed) {
        return Ok(None);
    }
    if let Some(why) = hindrance(release, version, &own) {
        return Err(ApproveError::NotItsTurn { object: format!("ModuleRelease/{}", release.name), why });
    }
    let mut annotations = json!({});
    for (key, wanted) in [
        ("modules.deckhouse.io/approved", true),
        ("modules.deckhouse.io/apply-now", haste == Haste::ApplyNow),
    ] {
        if wanted && !release.is_annotated(key) {
            annotations[key] = json!("true");
        }
    }
    if annotations == json!({}) {
        return Ok(None);
    }
    let mut notes = Vec::new();
    let overrides = state.module_pull_overrides.known();
    if overrides.is_some_and(|all| all.iter().any(|it| it.name == module)) {
        notes.push(format!(
            "ModulePullOverride/{module} keeps every release of this module from being applied"
        ));
    }
    let change = Change {
        what: format!("approve version {} of module {module}", release.version_text),
        kind: Kind::ModuleRelease,
        name: release.name.clone(),
        write: Write::Merge(json!({ "metadata": { "annotations": annotations } })),
    };
    Ok(Some(Approval { change, preflight: false, notes }))
}

/// Why a release that is not deployed may not be approved.
fn hindrance(release: &ModuleRelease, version: &Version, own: &[&ModuleRelease]) -> Option<String> {
    match &release.phase {
        None | Some(Phase::Pending) => {}
        Some(Phase::Suspended) => return Some("is suspended by its vendor".to_owned()),
        Some(phase) => return Some(format!("is {}: it is not going to be applied", phase.name())),
    }
    let deployed = own
        .iter()
        .filter(|it| it.phase == Some(Phase::Deployed))
        .filter_map(|it| it.version.as_ref())
        .max()?;
    if version < deployed {
        return Some(format!("v{deployed} is deployed, which is later"));
    }
    let waiting = || own.iter().filter(|it| matches!(it.phase, None | Some(Phase::Pending)));
    let patch = waiting()
        .filter_map(|it| it.version.as_ref())
        .filter(|it| *it > version && (it.major, it.minor) == (version.major, version.minor))
        .max();
    if let Some(patch) = patch {
        return Some(format!(
            "v{patch} is here, a later patch of the same minor: this one is going to be skipped"
        ));
    }
    if may_follow_directly(release, deployed) {
        return None;
    }
    let before = waiting()
        .filter_map(|it| it.version.as_ref())
        .filter(|it| *it > deployed && (it.major, it.minor) < (version.major, version.minor))
        .min();
    if let Some(before) = before {
        return Some(format!("v{before} is to be deployed before it"));
    }
    let next_minor = version.major == deployed.major && version.minor <= deployed.minor + 1;
    let first_major = deployed.major == 0 && version.major == 1;
    (!next_minor && !first_major).then(|| {
        format!("v{deployed} is deployed, and no release between is here: minor versions follow one by one")
    })
}

/// `spec.update.versions`: a release may name versions from which it follows directly.
fn may_follow_directly(release: &ModuleRelease, deployed: &Version) -> bool {
    let minor = |text: &str| {
        let mut parts = text.trim_start_matches('v').split('.').map(str::parse::<u64>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
            _ => None,
        }
    };
    let deployed = (deployed.major, deployed.minor);
    let target = release.version.as_ref().map(|it| (it.major, it.minor));
    release.update_from_to.iter().any(|(from, to)| {
        minor(from).is_some_and(|from| from <= deployed) && minor(to).is_some() && minor(to) == target
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, objects::ModulePullOverride};

    fn release(version: &str, phase: &str) -> ModuleRelease {
        ModuleRelease {
            name: format!("echo-{version}"),
            module: "echo".to_owned(),
            version_text: version.to_owned(),
            version: Version::parse(version.trim_start_matches('v')).ok(),
            phase: Phase::parse(phase),
            ..ModuleRelease::default()
        }
    }

    fn approve(releases: Vec<ModuleRelease>, version: &str) -> Result<Option<Approval>, String> {
        let state = ClusterState { module_releases: Reading::Known(releases), ..ClusterState::default() };
        module_release(&state, "echo", &version.parse().unwrap(), Haste::Respectful)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn minors_of_a_module_follow_one_by_one() {
        let chain = || {
            vec![
                release("v1.0.0", "Deployed"),
                release("v1.0.1", "Pending"),
                release("v1.1.0", "Pending"),
                release("v1.2.0", "Pending"),
                release("v1.4.0", "Suspended"),
                release("v0.9.0", "Superseded"),
            ]
        };
        let approval = approve(chain(), "1.1.0").unwrap_err();
        assert_eq!(approval, "ModuleRelease/echo-v1.1.0: v1.0.1 is to be deployed before it");
        assert!(approve(chain(), "1.0.1").unwrap().is_some());
        assert_eq!(approve(chain(), "1.0.0"), Ok(None));
        for (version, why) in [
            ("1.2.0", "v1.0.1 is to be deployed before it"),
            ("1.4.0", "is suspended by its vendor"),
            ("0.9.0", "is Superseded: it is not going to be applied"),
            (
                "1.3.0",
                "there is no such release; of this module there are: v1.0.0, v1.0.1, v1.1.0, v1.2.0, v1.4.0, v0.9.0",
            ),
        ] {
            let said = approve(chain(), version).unwrap_err();
            assert!(said.ends_with(why), "{version}: {said}");
        }
        let patches =
            vec![release("v1.0.0", "Deployed"), release("v1.0.1", "Pending"), release("v1.0.2", "Pending")];
        let said = approve(patches, "1.0.1").unwrap_err();
        assert!(said.contains("v1.0.2 is here, a later patch"), "{said}");
        let gap = vec![release("v1.0.0", "Deployed"), release("v1.2.0", "Pending")];
        let said = approve(gap.clone(), "1.2.0").unwrap_err();
        assert!(said.contains("minor versions follow one by one"), "{said}");
        let mut direct = gap;
        direct[1].update_from_to = vec![("1.0".to_owned(), "1.2".to_owned())];
        assert!(approve(direct, "1.2.0").unwrap().is_some());
        assert!(approve(vec![release("v1.5.0", "Pending")], "1.5.0").unwrap().is_some());
    }

    #[test]
    fn the_annotation_is_written_once() {
        let mut approved = release("v1.0.1", "Pending");
        approved.annotations.insert("modules.deckhouse.io/approved".to_owned(), "true".to_owned());
        let state = ClusterState {
            module_releases: Reading::Known(vec![approved]),
            module_pull_overrides: Reading::Known(vec![ModulePullOverride {
                name: "echo".to_owned(),
                ..ModulePullOverride::default()
            }]),
            ..ClusterState::default()
        };
        let version = Version::new(1, 0, 1);
        assert_eq!(module_release(&state, "echo", &version, Haste::Respectful).unwrap(), None);
        let now = module_release(&state, "echo", &version, Haste::ApplyNow).unwrap().unwrap();
        let expected = json!({"metadata": {"annotations": {"modules.deckhouse.io/apply-now": "true"}}});
        assert_eq!(now.change.write, Write::Merge(expected));
        assert_eq!(now.notes.len(), 1);
    }
}
