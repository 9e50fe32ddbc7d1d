//! Blobs of archives on the local disk, which need not be downloaded.
//!
//! Modules share layers, and each module has an archive of its own. A blob that another archive has is copied from
//! there; when modules are pulled again, so is everything that did not change. A copy is verified by its digest, as a
//! download is.
//!
//! Archives that are written concurrently share blobs too. An archive starts its blobs when the previous archive has
//! started all of its own, and waits for a blob that another archive is downloading. So each blob is downloaded once,
//! for the first archive that needs it: a resumed pull finds the downloaded part of it where it looks for it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use bundle::{Access, Bundle, BundleError, PrivateDirectory};
use oci::Digest;
use tokio::sync::OwnedMutexGuard;

use crate::{
    journal::{Journal, Placed, blob_name},
    source::{Kept, KeptFile},
};

/// Blobs of other archives, and how much was copied from there.
#[derive(Debug, Default)]
pub struct LocalBlobs {
    /// Whether archives are written concurrently.
    concurrent: bool,
    /// Held by the archive that is starting its blobs.
    starting: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By the names of the archives' files.
    archives: BTreeMap<Vec<PathBuf>, HashMap<Digest, Kept>>,
    /// Complete blobs of archives that are being written, by the names that these will have.
    unfinished: BTreeMap<PathBuf, HashMap<Digest, Kept>>,
    /// A lock for each blob that an archive has started.
    claims: HashMap<Digest, Arc<tokio::sync::Mutex<()>>>,
    /// Journals with layers that planning has read.
    layers: Vec<Arc<PrivateDirectory>>,
    copied: Copied,
}

/// What was copied from local archives instead of being downloaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl LocalBlobs {
    /// For archives that are written concurrently.
    pub fn concurrent() -> Self {
        Self { concurrent: true, ..Self::default() }
    }

    /// Adds all blobs of an archive. Its files stay open; those of an older archive with that name are closed.
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

    /// The archive of this name, whole or in parts, is finished.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn finished(&self, archive: &Path) -> Result<(), BundleError> {
        // First, so that at no time its blobs are in neither place.
        self.add(&Bundle::open(&[archive.to_owned()])?);
        self.lock().unfinished.remove(archive);
        Ok(())
    }

    /// Adds the layers that planning keeps in this journal. They are opened when they are needed, since the archive of
    /// that journal removes them one by one.
    pub fn add_layers(&self, journal: &Journal) {
        self.lock().layers.push(journal.directory().clone());
    }

    /// What has been copied.
    pub fn copied(&self) -> Copied {
        self.lock().copied
    }

    /// Waits until the previous archive has started all of its blobs; in the order of the calls. `None` where archives
    /// are written one after the other.
    pub(crate) async fn wait_for_previous(&self) -> Option<OwnedMutexGuard<()>> {
        if self.concurrent { Some(self.starting.clone().lock_owned().await) } else { None }
    }

    /// Waits until no other archive is downloading this blob, and keeps others from downloading it.
    pub(crate) async fn claim(&self, digest: &Digest) -> Option<OwnedMutexGuard<()>> {
        if !self.concurrent {
            return None;
        }
        let claim = self.lock().claims.entry(*digest).or_default().clone();
        Some(claim.lock_owned().await)
    }

    /// Records a complete blob of an archive that is not complete.
    pub(crate) fn completed(&self, digest: &Digest, place: Placed) {
        if self.concurrent {
            let archive = place.writer.path().to_owned();
            self.lock().unfinished.entry(archive).or_default().insert(*digest, Arc::new(place));
        }
    }

    /// Forgets an archive that failed.
    pub fn abandoned(&self, archive: &Path) {
        self.lock().unfinished.remove(archive);
    }

    /// The blob, if a local archive or journal has one of this size.
    pub(crate) fn get(&self, digest: &Digest, size: u64) -> Option<Kept> {
        let state = self.lock();
        let all = state.unfinished.values().chain(state.archives.values());
        let mut archived = all.filter_map(|blobs| blobs.get(digest));
        let kept = archived.find(|blob| blob.size() == size).cloned();
        kept.or_else(|| {
            let files = state.layers.iter().filter_map(|layers| {
                let file = layers.open_file(blob_name(digest), Access::Read);
                file.and_then(KeptFile::new).ok()
            });
            files.map(|file| Arc::new(file) as Kept).find(|blob| blob.size() == size)
        })
    }

    /// Counts a copied blob.
    pub(crate) fn count_copied(&self, bytes: u64) {
        let copied = &mut self.lock().copied;
        copied.blobs += 1;
        copied.bytes += bytes;
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }
}
