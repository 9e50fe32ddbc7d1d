//! Finished archives that lie nearby: what they hold need not come over the network.
//!
//! Modules share layers, and each has an archive of its own. A blob that an earlier archive holds is copied
//! from there; so is, when modules are pulled anew, whatever did not change. Nothing of it is believed: a copy
//! counts by its digest, as a download does.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bundle::Bundle;
use oci::Digest;

use crate::source::Kept;

/// Blobs of finished archives, and how much was taken from there.
#[derive(Debug, Default)]
pub struct Nearby(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    blobs: HashMap<Digest, Kept>,
    copied: Copied,
}

/// What was copied from nearby instead of being downloaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Nearby {
    /// Adds all that an archive holds. Its files stay open.
    pub fn add(&self, archive: &Bundle) {
        let mut state = self.lock();
        for repository in archive.repositories() {
            for digest in repository.blobs.keys() {
                if let Some(blob) = archive.blob(&repository.path, digest) {
                    state.blobs.insert(*digest, blob);
                }
            }
        }
    }

    /// What was copied so far.
    pub fn copied(&self) -> Copied {
        self.lock().copied
    }

    pub(crate) fn get(&self, digest: &Digest, size: u64) -> Option<Kept> {
        self.lock().blobs.get(digest).filter(|blob| blob.size() == size).cloned()
    }

    /// Notes that a blob was copied.
    pub(crate) fn count(&self, bytes: u64) {
        let copied = &mut self.lock().copied;
        copied.blobs += 1;
        copied.bytes += bytes;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
