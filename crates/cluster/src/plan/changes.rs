//! What the releases of a plan change.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use serde_json::Value;

use super::Plan;
use crate::{ClusterState, changelog::ReleaseChanges, objects::Release};

/// The changes of a release. `described`: its `spec` in the releases file or in the registry, which has the whole
/// changelog; the object may have only what the controller kept of it. `None` if the object has to be read.
pub(super) fn of(
    state: &ClusterState,
    object: Option<&Release>,
    described: Option<&Value>,
    specs: &BTreeMap<String, Result<Value, ForeignText>>,
) -> Option<ReleaseChanges> {
    let described = described.map(|spec| ReleaseChanges::of(spec, state));
    match (described, object) {
        (Some(known @ ReleaseChanges::Known(_)), _) => Some(known),
        (_, Some(object)) => match specs.get(&object.name)? {
            Ok(spec) => Some(ReleaseChanges::of(spec, state)),
            Err(why) => Some(ReleaseChanges::Unknown { why: why.clone() }),
        },
        (Some(absent), None) => Some(absent),
        (None, None) => {
            Some(ReleaseChanges::Unknown { why: "the description of the release cannot be read".into() })
        }
    }
}

impl Plan {
    /// The objects that have to be read before it is known what their releases change, by name.
    pub fn objects_without_changes(&self) -> impl Iterator<Item = &str> {
        let unread = self.steps.iter().filter(|step| step.changes.is_none());
        unread.filter_map(|step| Some(step.in_cluster.as_ref()?.name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(section: &str) -> Value {
        json!({ "changelog": { section: { "fixes": [{ "summary": "x" }] } } })
    }

    #[test]
    fn the_whole_changelog_is_preferred_to_that_of_the_object() {
        let state = ClusterState::default();
        let object = Release { name: "v1.69.2".to_owned(), ..Release::default() };
        let of_object = |spec: Result<Value, ForeignText>| BTreeMap::from([("v1.69.2".to_owned(), spec)]);
        let section =
            |changes: Option<ReleaseChanges>| Some(changes?.known()?.sections.first()?.name.clone());
        let (file, bare) = (spec("file"), json!({ "version": "v1.69.2" }));
        let specs = of_object(Ok(spec("object")));
        for (described, object, specs, expected) in [
            (Some(&file), Some(&object), &specs, Some("file")),
            (Some(&bare), Some(&object), &specs, Some("object")),
            (None, Some(&object), &specs, Some("object")),
            (Some(&file), None, &specs, Some("file")),
        ] {
            assert_eq!(section(of(&state, object, described, specs)).as_deref(), expected);
        }
        assert_eq!(of(&state, Some(&object), Some(&bare), &BTreeMap::new()), None, "not read yet");
        let unreadable = of_object(Err("no permission".into()));
        assert_eq!(
            of(&state, Some(&object), None, &unreadable),
            Some(ReleaseChanges::Unknown { why: "no permission".into() })
        );
        assert_eq!(of(&state, None, Some(&bare), &specs), Some(ReleaseChanges::Absent { link: None }));
        assert!(matches!(of(&state, None, None, &specs), Some(ReleaseChanges::Unknown { .. })));
    }
}
