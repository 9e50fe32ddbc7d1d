//! Time as a verdict counts it: only what was watched, and only what can be held against the update.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use jiff::Timestamp;

use super::signal::Signal;

/// Looks further apart than this were not a watch: the host slept, or the process was stopped. What lies between
/// them counts as this much, and as no proof of quiet.
pub(crate) const LONGEST_GAP: Duration = Duration::from_secs(30);

/// From `earlier` to `later`; zero if they are the other way round.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

/// How long a stage has gone on without anything new.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// What has been seen in this stage. Something that comes again is nothing new: it goes in circles.
    seen: BTreeSet<u64>,
    /// Time since the last new thing.
    pub(super) idle: Duration,
}

impl Progress {
    /// Counts `passed`, or begins anew if the signals show something that this stage has not shown before.
    pub(super) fn observe(&mut self, signals: &[Signal], passed: Duration) {
        let mut hasher = DefaultHasher::new();
        for signal in signals {
            (signal.waiting.code, &signal.waiting.object, &signal.measure).hash(&mut hasher);
        }
        if self.seen.insert(hasher.finish()) {
            self.idle = Duration::ZERO;
        } else {
            self.idle += passed;
        }
    }
}
