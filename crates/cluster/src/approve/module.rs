//! The approval of a module's release. It has no field: an annotation is the only way (facts 6.4).

use problems::Object;
use semver::Version;
use serde_json::json;

use super::{Approval, ApprovalNote, ApproveError, NotApprovable, Timing};
use crate::{
    ClusterState, Reading,
    change::{Change, Guard, Kind, Purpose, Write},
    modules::{ModuleTurn, notes, turn},
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
    let refused = |reason| ApproveError::NotApprovable {
        object: Object::new(problems::Kind::ModuleRelease, &name),
        reason,
    };
    Err(refused(match turn(state, module, version) {
        // Approved says nothing of its turn, and out of turn `apply-now` would be a jump.
        ModuleTurn::Approved if timing == Timing::Now => {
            match turn(&without_approval(state, &name), module, version) {
                ModuleTurn::Not(why) => NotApprovable::Module(why),
                ModuleTurn::Unknown(why) => NotApprovable::ModuleReleasesUnknown(why),
                _ => return Ok(release.and_then(|release| approval(state, release, timing))),
            }
        }
        ModuleTurn::Now | ModuleTurn::Approved => {
            return Ok(release.and_then(|release| approval(state, release, timing)));
        }
        ModuleTurn::Deployed => return Ok(None),
        ModuleTurn::Not(why) => NotApprovable::Module(why),
        ModuleTurn::Unknown(why) => NotApprovable::ModuleReleasesUnknown(why),
        ModuleTurn::Absent(waiting) => NotApprovable::NoModuleRelease { waiting },
    }))
}

/// The same state without the approval of this release.
fn without_approval(state: &ClusterState, name: &str) -> ClusterState {
    let mut state = state.clone();
    if let Reading::Known(releases) = &mut state.module_releases {
        for release in releases.iter_mut().filter(|release| release.name == name) {
            release.annotations.remove(APPROVED);
        }
    }
    state
}

fn approval(state: &ClusterState, release: &ModuleRelease, timing: Timing) -> Option<Approval> {
    let mut annotations = json!({});
    for (key, wanted) in [(APPROVED, true), (APPLY_NOW, timing == Timing::Now)] {
        if wanted && !release.is_annotated(key) {
            annotations[key] = json!("true");
        }
    }
    let change = Change {
        purpose: Purpose::ApproveModuleRelease {
            module: release.module.clone(),
            version: release.version_text.clone(),
            apply_now: timing == Timing::Now,
        },
        kind: Kind::ModuleRelease,
        name: release.name.clone(),
        write: Write::Merge(json!({ "metadata": { "annotations": &annotations } })),
    };
    let of_release = |version: &Version| notes(state, &release.module, version);
    let notes = release.version.as_ref().map(of_release).unwrap_or_default();
    (annotations != json!({})).then(|| Approval {
        change,
        guard: Guard::of(release.resource_version.as_deref()),
        preflight: false,
        notes: notes.into_iter().map(ApprovalNote::Module).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, modules::NotNext, objects::Phase};

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
    fn an_approval_out_of_order_is_not_applied_immediately() {
        let mut state = state(&[]);
        if let Reading::Known(releases) = &mut state.module_releases {
            releases[2].annotations.insert(APPROVED.to_owned(), "true".to_owned());
        }
        let version = Version::new(1, 2, 0);
        assert_eq!(module_release(&state, "echo", &version, Timing::Scheduled).unwrap(), None);
        assert!(module_release(&state, "echo", &version, Timing::Now).is_err());
    }

    #[test]
    fn an_approval_out_of_order_is_refused_with_the_reason() {
        let approve = |version| module_release(&state(&[]), "echo", &version, Timing::Scheduled);
        assert_eq!(approve(Version::new(1, 0, 0)).unwrap(), None, "it is deployed");
        let reason = |version| match approve(version).unwrap_err() {
            ApproveError::NotApprovable { object, reason } => (object, reason),
            other => panic!("{other:?}"),
        };
        let first = NotNext::After(Version::new(1, 1, 0));
        let expected =
            (Object::new(problems::Kind::ModuleRelease, "echo-v1.2.0"), NotApprovable::Module(first));
        assert_eq!(reason(Version::new(1, 2, 0)), expected);
        let waiting = vec!["v1.1.0".to_owned(), "v1.2.0".to_owned()];
        let expected = (
            Object::new(problems::Kind::ModuleRelease, "echo-v1.3.0"),
            NotApprovable::NoModuleRelease { waiting },
        );
        assert_eq!(reason(Version::new(1, 3, 0)), expected);
    }
}
