//! Archives that lie nearby: what they hold need not come over the network.
//!
//! Modules share layers, and each has an archive of its own. A blob that another archive holds is copied
//! from there; so is, when modules are pulled anew, whatever did not change. Nothing of it is believed: a copy
//! counts by its digest, as a download does.
//!
//! Archives that are written side by side share too. Each begins its blobs when the one before it has begun all
//! of its own, and a blob that is on its way to one is waited for by the others. So each is brought once, and by
//! the first archive that wants it: a pull that goes on finds what there is of it where it looks for it.

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

/// Blobs of other archives, and how much was taken from there.
#[derive(Debug, Default)]
pub struct Nearby {
    side_by_side: bool,
    turn: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By the names of the archives' files.
    archives: BTreeMap<Vec<PathBuf>, HashMap<Digest, Kept>>,
    /// What is complete of archives that are being written, by the names that these will have.
    unfinished: BTreeMap<PathBuf, HashMap<Digest, Kept>>,
    /// A lock for each blob that some archive has begun.
    claims: HashMap<Digest, Arc<tokio::sync::Mutex<()>>>,
    /// Journals with layers that planning has read.
    layers: Vec<Arc<PrivateDirectory>>,
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
    /// For archives that are written side by side.
    pub fn side_by_side() -> Self {
        Self { side_by_side: true, ..Self::default() }
    }

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

    /// Adds the layers that planning keeps in this journal. They are opened when they are wanted, since the
    /// archive of that journal frees them one by one.
    pub fn add_layers(&self, journal: &Journal) {
        self.lock().layers.push(journal.directory().clone());
    }

    /// What was copied so far.
    pub fn copied(&self) -> Copied {
        self.lock().copied
    }

    /// Waits, first come first served, until the archive before has begun all of its blobs. `None` where archives
    /// are written one after the other.
    pub(crate) async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        if self.side_by_side { Some(self.turn.clone().lock_owned().await) } else { None }
    }

    /// Waits until no other archive is bringing this blob, and keeps others from bringing it.
    pub(crate) async fn claim(&self, digest: &Digest) -> Option<OwnedMutexGuard<()>> {
        if !self.side_by_side {
            return None;
        }
        let claim = self.lock().claims.entry(*digest).or_default().clone();
        Some(claim.lock_owned().await)
    }

    /// Notes that a blob is complete in an archive that is not.
    pub(crate) fn completed(&self, digest: &Digest, place: Placed) {
        if self.side_by_side {
            let archive = place.writer.path().to_owned();
            self.lock().unfinished.entry(archive).or_default().insert(*digest, Arc::new(place));
        }
    }

    /// Lets go of an archive that is not finished and is no longer written.
    pub fn abandoned(&self, archive: &Path) {
        self.lock().unfinished.remove(archive);
    }

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

    /// Notes that a blob was copied.
    pub(crate) fn count(&self, bytes: u64) {
        let copied = &mut self.lock().copied;
        copied.blobs += 1;
        copied.bytes += bytes;
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }
}
