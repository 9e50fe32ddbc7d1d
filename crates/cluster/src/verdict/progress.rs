//! For how long a stage has made no progress.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use super::signal::Signal;

/// For how long a stage has shown nothing new.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// What has been seen in this stage. Something that comes again is not progress.
    seen: BTreeSet<u64>,
    /// Time since the last new thing.
    pub(super) idle: Duration,
}

impl Progress {
    /// Counts `passed`, or starts over if the signals show something that this stage has not shown before.
    pub(super) fn observe(&mut self, signals: &[Signal], passed: Duration) {
        let mut hasher = DefaultHasher::new();
        for signal in signals {
            (signal.problem.code, &signal.problem.object, &signal.measure).hash(&mut hasher);
        }
        if self.seen.insert(hasher.finish()) {
            self.idle = Duration::ZERO;
        } else {
            self.idle += passed;
        }
    }
}
