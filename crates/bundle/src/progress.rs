//! How a long operation on a bundle reports its progress and is cancelled.

/// Watches a run. Called from several threads; must not block.
pub trait Progress: Sync {
    /// The run begins, and will process that many bytes.
    fn began(&self, bytes: u64);

    /// That many more bytes have been processed.
    fn bytes(&self, count: u64);

    /// Whether the run should stop. Asked at least once for each megabyte.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Progress for () {
    fn began(&self, _: u64) {}
    fn bytes(&self, _: u64) {}
}
