//! Objects that may have been created while no release channel was set: the controller gives them no phase, also after the channel
//! is set, until they are changed (cluster-2026.md, 1.4).

use commands::TOUCHED;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Step;
use crate::{
    change::{Change, Guard, Kind, Purpose, Write},
    objects::Release,
};

/// For this long after an object was created or touched, the controller may still be about to process it.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// The value of the annotation: the time, so that each touch changes the object.
pub(crate) fn touch_mark(now: Timestamp) -> String {
    format!("{now:.0}")
}

/// Which objects wait for the controller without a phase, and may not be processed without help.
pub(super) struct Unprocessed<'a> {
    /// The releases of the cluster.
    pub(super) existing: &'a [Release],
    /// The objects that are created before the channel is set, by name.
    pub(super) created: &'a [String],
    /// The objects that are deleted before that.
    pub(super) gone: &'a [String],
    /// Whether a release channel is set now: the controller then processes what was created a moment ago.
    pub(super) is_watched: bool,
    /// The objects that were created while no channel was set, as far as that is known.
    pub(super) known: &'a [String],
    /// The current time.
    pub(super) now: Timestamp,
}

impl Unprocessed<'_> {
    /// The touches that are needed once the channel is set.
    pub(super) fn touches(&self) -> Vec<Step> {
        let due = self.waiting().filter(|it| !self.is_new(it)).map(|it| &it.name);
        let mut names: Vec<&String> = due.chain(self.created).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| touch(name, self.now)).collect()
    }

    /// The names of the objects that the controller may process without a touch, because they are new.
    pub(super) fn new_ones(&self) -> Vec<String> {
        self.waiting().filter(|it| self.is_new(it)).map(|it| it.name.clone()).collect()
    }

    fn waiting(&self) -> impl Iterator<Item = &Release> {
        let untouched = self.existing.iter().filter(|it| it.phase.is_none() && !self.is_recent(it.touched()));
        untouched.filter(|it| !self.gone.contains(&it.name))
    }

    fn is_new(&self, release: &Release) -> bool {
        self.is_watched && !self.known.contains(&release.name) && self.is_recent(release.created)
    }

    fn is_recent(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| self.now.duration_since(at).abs() < RECENT)
    }
}

impl Release {
    /// When it was touched so that the controller processes it.
    pub(crate) fn touched(&self) -> Option<Timestamp> {
        self.annotations.get(TOUCHED)?.parse().ok()
    }
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
            let (created, gone) = (owned(created), owned(gone));
            let unprocessed = Unprocessed {
                existing: &[release],
                created: &created,
                gone: &gone,
                is_watched: true,
                known: &[],
                now,
            };
            let names: Vec<String> = unprocessed.touches().into_iter().map(|step| step.change.name).collect();
            assert_eq!(names, expected, "{phase} {mark:?} {created:?}");
        }
    }

    #[test]
    fn a_new_object_is_left_to_the_controller_if_it_looks() {
        let now: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
        let known = ["v1.71.2".to_owned()];
        for (minutes, is_watched, known, touched) in
            [(1, true, &[][..], false), (6, true, &[], true), (1, false, &[], true), (1, true, &known, true)]
        {
            let release = Release {
                name: "v1.71.2".to_owned(),
                created: Some(now - SignedDuration::from_mins(minutes)),
                ..Release::default()
            };
            let existing = &[release][..];
            let unprocessed = Unprocessed { existing, created: &[], gone: &[], is_watched, known, now };
            assert_eq!(unprocessed.touches().len(), usize::from(touched), "{minutes} {is_watched} {known:?}");
            assert_eq!(unprocessed.new_ones().is_empty(), touched, "{minutes} {is_watched} {known:?}");
        }
    }
}
