//! Finished archives that lie nearby: what they hold need not come over the network.
//!
//! Modules share layers, and each has an archive of its own. A blob that an earlier archive holds is copied
//! from there; so is, when modules are pulled anew, whatever did not change. Nothing of it is believed: a copy
//! counts by its digest, as a download does.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use bundle::Bundle;
use oci::Digest;

use crate::{
    journal::Journal,
    source::{Kept, KeptFile},
};

/// Blobs of finished archives, and how much was taken from there.
#[derive(Debug, Default)]
pub struct Nearby(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By the names of the archives' files.
    archives: BTreeMap<Vec<PathBuf>, HashMap<Digest, Kept>>,
    /// Directories of layers that planning has read, each a file under its digest.
    layers: Vec<PathBuf>,
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
    /// Adds all that an archive holds. Its files stay open, those of an older archive of that name no longer.
    pub fn add(&self, archive: &Bundle) {
        let mut blobs = HashMap::new();
        for repository in archive.repositories() {
            for digest in repository.blobs.keys() {
                if let Some(blob) = archive.blob(&repository.path, digest) {
                    blobs.insert(*digest, blob);
                }
            }
        }
        self.lock().archives.insert(archive.paths().map(ToOwned::to_owned).collect(), blobs);
    }

    /// Adds the layers that planning keeps in this journal. They are opened when they are wanted, since the
    /// archive of that journal frees them one by one.
    pub fn add_layers(&self, journal: &Journal) {
        self.lock().layers.push(journal.blobs());
    }

    /// What was copied so far.
    pub fn copied(&self) -> Copied {
        self.lock().copied
    }

    pub(crate) fn get(&self, digest: &Digest, size: u64) -> Option<Kept> {
        let state = self.lock();
        let mut archived = state.archives.values().filter_map(|blobs| blobs.get(digest));
        let kept = archived.find(|blob| blob.size() == size).cloned();
        kept.or_else(|| {
            let files =
                state.layers.iter().filter_map(|layers| KeptFile::open(&layers.join(digest.hex())).ok());
            files.map(|file| Arc::new(file) as Kept).find(|blob| blob.size() == size)
        })
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
