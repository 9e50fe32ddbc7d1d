//! The approval of a module's release. It has no field: an annotation is the only way (facts 6.4).

use semver::Version;
use serde_json::json;

use super::{Approval, ApproveError, Timing};
use crate::{
    ClusterState, Reading,
    change::{Change, Guard, Kind, Write},
    modules::{ModuleTurn, turn},
    objects::ModuleRelease,
};

const APPROVED: &str = "modules.deckhouse.io/approved";
const APPLY_NOW: &str = "modules.deckhouse.io/apply-now";

/// The approval of one release of a module; `None` if it is approved or deployed already.
pub fn module_release(
    state: &ClusterState,
    module: &str,
    version: &Version,
    timing: Timing,
) -> Result<Option<Approval>, ApproveError> {
    let all = state.module_releases.required("releases of modules")?;
    let release = all.iter().find(|it| it.module == module && it.version.as_ref() == Some(version));
    let name = release.map_or_else(|| format!("{module}-v{version}"), |release| release.name.clone());
    let not_its_turn =
        |why: String| ApproveError::NotItsTurn { object: format!("ModuleRelease/{name}"), why: why.into() };
    let waiting = match turn(state, module, version) {
        // Approved says nothing of its turn, and out of turn `apply-now` would be a jump.
        ModuleTurn::Approved if timing == Timing::Now => {
            match turn(&without_approval(state, &name), module, version) {
                ModuleTurn::Not(why) | ModuleTurn::Unknown(why) => return Err(not_its_turn(why)),
                _ => return Ok(release.and_then(|release| approval(release, timing))),
            }
        }
        ModuleTurn::Now | ModuleTurn::Approved => {
            return Ok(release.and_then(|release| approval(release, timing)));
        }
        ModuleTurn::Deployed => return Ok(None),
        ModuleTurn::Not(why) | ModuleTurn::Unknown(why) => return Err(not_its_turn(why)),
        ModuleTurn::Absent(waiting) => waiting,
    };
    let waiting = if waiting.is_empty() { "none".to_owned() } else { waiting.join(", ") };
    Err(not_its_turn(format!("there is no such release; of this module there wait: {waiting}")))
}

/// The same state, were this release not approved.
fn without_approval(state: &ClusterState, name: &str) -> ClusterState {
    let mut state = state.clone();
    if let Reading::Known(releases) = &mut state.module_releases {
        for release in releases.iter_mut().filter(|release| release.name == name) {
            release.annotations.remove(APPROVED);
        }
    }
    state
}

fn approval(release: &ModuleRelease, timing: Timing) -> Option<Approval> {
    let mut annotations = json!({});
    for (key, wanted) in [(APPROVED, true), (APPLY_NOW, timing == Timing::Now)] {
        if wanted && !release.is_annotated(key) {
            annotations[key] = json!("true");
        }
    }
    let change = Change {
        what: format!(
            "approve {} of module {}{}",
            release.version_text,
            release.module,
            if timing == Timing::Now { ", to be applied immediately" } else { "" }
        ),
        kind: Kind::ModuleRelease,
        name: release.name.clone(),
        write: Write::Merge(json!({ "metadata": { "annotations": &annotations } })),
    };
    (annotations != json!({})).then(|| Approval {
        change,
        guard: Guard::of(release.resource_version.as_deref()),
        preflight: false,
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, objects::Phase};

    fn state(annotations: &[&str]) -> ClusterState {
        let release = |version: &str, phase, annotations: &[&str]| ModuleRelease {
            name: format!("echo-v{version}"),
            module: "echo".to_owned(),
            version_text: format!("v{version}"),
            version: version.parse().ok(),
            phase: Some(phase),
            annotations: annotations.iter().map(|key| ((*key).to_owned(), "true".to_owned())).collect(),
            ..ModuleRelease::default()
        };
        let releases = vec![
            release("1.0.0", Phase::Deployed, &[]),
            release("1.1.0", Phase::Pending, annotations),
            release("1.2.0", Phase::Pending, &[]),
        ];
        ClusterState { module_releases: Reading::Known(releases), ..ClusterState::default() }
    }

    #[test]
    fn the_annotations_that_are_missing_are_written_and_no_other() {
        for (there, timing, written) in [
            (&[][..], Timing::Scheduled, Some(json!({ APPROVED: "true" }))),
            (&[], Timing::Now, Some(json!({ APPROVED: "true", APPLY_NOW: "true" }))),
            (&[APPROVED], Timing::Scheduled, None),
            (&[APPROVED], Timing::Now, Some(json!({ APPLY_NOW: "true" }))),
            (&[APPROVED, APPLY_NOW], Timing::Now, None),
        ] {
            let approval = module_release(&state(there), "echo", &Version::new(1, 1, 0), timing).unwrap();
            let expected = written
                .map(|annotations| Write::Merge(json!({ "metadata": { "annotations": annotations } })));
            assert_eq!(approval.map(|it| it.change.write), expected, "{there:?} {timing:?}");
        }
    }

    #[test]
    fn an_approval_out_of_turn_is_not_hurried() {
        let mut state = state(&[]);
        if let Reading::Known(releases) = &mut state.module_releases {
            releases[2].annotations.insert(APPROVED.to_owned(), "true".to_owned());
        }
        let version = Version::new(1, 2, 0);
        assert_eq!(module_release(&state, "echo", &version, Timing::Scheduled).unwrap(), None);
        assert!(module_release(&state, "echo", &version, Timing::Now).is_err());
    }

    #[test]
    fn out_of_turn_is_refused_with_the_reason() {
        let approve = |version| module_release(&state(&[]), "echo", &version, Timing::Scheduled);
        assert_eq!(approve(Version::new(1, 0, 0)).unwrap(), None, "it is deployed");
        let early = approve(Version::new(1, 2, 0)).unwrap_err().to_string();
        assert_eq!(early, "ModuleRelease/echo-v1.2.0: v1.1.0 comes first");
        let absent = approve(Version::new(1, 3, 0)).unwrap_err().to_string();
        assert_eq!(
            absent,
            "ModuleRelease/echo-v1.3.0: there is no such release; of this module there wait: v1.1.0, v1.2.0"
        );
    }
}
