//! What was played, and when: the truth that verdicts are measured against.

use std::time::SystemTime;

use parking_lot::Mutex;

/// Something that was done to the cluster.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The moment just before it was done.
    pub at: SystemTime,
    /// What was done.
    pub what: String,
    /// A watcher rightly takes it for nothing.
    pub harmless: bool,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Mutex<Vec<Entry>>,
}

impl Log {
    pub(super) fn note(&self, what: impl Into<String>, harmless: bool) {
        let entry = Entry { at: SystemTime::now(), what: what.into(), harmless };
        self.entries.lock().push(entry);
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().clone()
    }
}
