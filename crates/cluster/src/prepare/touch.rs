//! Objects that were created while no release channel was set: the controller gives them no phase, also after the channel
//! is set, until they are changed (cluster-2026.md, 1.4).

use commands::TOUCHED;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Step;
use crate::{
    change::{Change, Guard, Kind, Purpose, Write},
    objects::Release,
};

/// For this long after a touch the controller may still be about to process the object.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// The value of the annotation: the time, so that each touch changes the object.
pub(crate) fn touch_mark(now: Timestamp) -> String {
    format!("{now:.0}")
}

/// The touches that are needed once the channel is set. `created`: the objects that are created before that, by name.
pub(super) fn touches(
    existing: &[Release],
    created: &[String],
    gone: &[String],
    now: Timestamp,
) -> Vec<Step> {
    let untouched = existing.iter().filter(|it| it.phase.is_none() && !is_recent(it, now)).map(|it| &it.name);
    let mut names: Vec<&String> = untouched.filter(|name| !gone.contains(name)).chain(created).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| touch(name, now)).collect()
}

fn is_recent(release: &Release, now: Timestamp) -> bool {
    let touched = release.annotations.get(TOUCHED).and_then(|mark| mark.parse::<Timestamp>().ok());
    touched.is_some_and(|at| now.duration_since(at).abs() < RECENT)
}

fn touch(name: &str, now: Timestamp) -> Step {
    let change = Change {
        purpose: Purpose::TouchRelease { name: name.to_owned() },
        kind: Kind::DeckhouseRelease,
        name: name.to_owned(),
        write: Write::Merge(json!({ "metadata": { "annotations": { TOUCHED: touch_mark(now) } } })),
    };
    Step { change, guard: Guard::Nothing, settles: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Phase;

    #[test]
    fn what_has_no_phase_is_touched_once() {
        let now: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
        let ago = |minutes| touch_mark(now - SignedDuration::from_mins(minutes));
        for (phase, mark, created, gone, expected) in [
            ("", None, &[][..], &[][..], &["v1.71.2"][..]),
            ("Pending", None, &[], &[], &[]),
            ("Deployed", None, &[], &[], &[]),
            ("", Some(ago(1)), &[], &[], &[]),
            ("", Some(ago(6)), &[], &[], &["v1.71.2"]),
            ("", Some("garbage".to_owned()), &[], &[], &["v1.71.2"]),
            // It is going to be deleted.
            ("", None, &[], &["v1.71.2"], &[]),
            ("", None, &["v1.72.0"], &[], &["v1.71.2", "v1.72.0"]),
            ("Pending", None, &["v1.72.0"], &[], &["v1.72.0"]),
        ] {
            let release = Release {
                name: "v1.71.2".to_owned(),
                phase: Phase::parse(phase),
                annotations: mark.clone().map(|mark| (TOUCHED.to_owned(), mark)).into_iter().collect(),
                ..Release::default()
            };
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let steps = touches(&[release], &owned(created), &owned(gone), now);
            let names: Vec<String> = steps.into_iter().map(|step| step.change.name).collect();
            assert_eq!(names, expected, "{phase} {mark:?} {created:?}");
        }
    }
}
