//! What uploads have learned about a registry, so that each feature is tested once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared by all uploads of one client.
#[derive(Debug)]
pub(crate) struct RegistryFeatures {
    /// A PUT with the whole blob is not taken (Artifactory: buildx#196).
    refuses_whole: AtomicBool,
    /// The largest body that was taken, where a larger one was not.
    chunk: AtomicU64,
}

impl Default for RegistryFeatures {
    fn default() -> Self {
        Self { refuses_whole: AtomicBool::new(false), chunk: AtomicU64::new(u64::MAX) }
    }
}

impl RegistryFeatures {
    /// Whether a blob may be sent with the request that commits it.
    pub(super) fn takes_whole(&self) -> bool {
        !self.refuses_whole.load(Ordering::Relaxed)
    }

    pub(super) fn refused_whole(&self) {
        self.refuses_whole.store(true, Ordering::Relaxed);
    }

    /// The largest body to send, in bytes; `u64::MAX` if no limit is known.
    pub(super) fn chunk(&self) -> u64 {
        self.chunk.load(Ordering::Relaxed)
    }

    pub(super) fn limit_chunk(&self, size: u64) {
        self.chunk.fetch_min(size, Ordering::Relaxed);
    }
}
