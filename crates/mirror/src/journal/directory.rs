//! The journal's directory: opened and locked at the start of a pull, removed when the bundle is complete.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use bundle::{Layout, PrivateDirectory, Writer};
use oci::{Digest, RawManifest};

use super::{
    BLOBS,
    earlier::{Earlier, Placed},
    manifests::{MANIFESTS, ManifestFile},
    plan_file::{PLAN, PlanFile},
    progress::{PROGRESS, Progress},
    salvage::salvage,
};
use crate::{Error, Observer};

/// Held by the pull that runs.
const LOCK: &str = "lock";

/// The journal of one bundle. While it is open, no other pull can write this bundle.
#[derive(Debug)]
pub struct Journal {
    directory: Arc<PrivateDirectory>,
    bundle: PathBuf,
    manifests: ManifestFile,
    earlier: Mutex<Option<Earlier>>,
    _lock: File,
}

/// A partial bundle that is ready to be written.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) writer: Arc<Writer>,
    pub(crate) progress: Progress,
    /// Bytes of each blob, by its number in the layout, that an earlier run has written.
    pub(crate) written: HashMap<u32, u64>,
}

impl Journal {
    /// Opens the journal of `bundle`; with `fresh` the data of an earlier run is removed.
    ///
    /// # Errors
    /// [`Error::Bundle`] with [`bundle::BundleError::Locked`] while another pull writes this bundle;
    /// or [`bundle::BundleError::NotOurs`] if others have access to the directory; [`Error::File`] if it cannot be used.
    pub fn open(bundle: &Path, fresh: bool) -> Result<Self, Error> {
        let directory = Arc::new(PrivateDirectory::open(&Self::directory_of(bundle))?);
        let failed = |source| Error::File { path: directory.path().to_owned(), source };
        let lock = bundle::lock_in(&directory, LOCK)?;
        if fresh {
            [PLAN, PROGRESS, MANIFESTS]
                .into_iter()
                .try_for_each(|file| directory.remove_file(file))
                .map_err(failed)?;
            directory.remove_directory(BLOBS).map_err(failed)?;
        }
        directory.make_directory(BLOBS).map_err(failed)?;
        let earlier = Mutex::new(Earlier::open(bundle, &directory)?);
        Ok(Self {
            manifests: ManifestFile::open(directory.clone())?,
            directory,
            bundle: bundle.to_owned(),
            earlier,
            _lock: lock,
        })
    }

    /// Where the journal of `bundle` is.
    pub fn directory_of(bundle: &Path) -> PathBuf {
        let mut name = OsString::from(bundle.as_os_str());
        name.push(".partial.d");
        name.into()
    }

    /// The directory. What else is put there goes when the journal is removed.
    pub fn directory(&self) -> &Arc<PrivateDirectory> {
        &self.directory
    }

    /// A manifest that an earlier run, or this one, has read.
    pub(crate) fn manifest(&self, digest: &Digest) -> Option<RawManifest> {
        self.manifests.get(digest)
    }

    /// Keeps a manifest for the next run.
    pub(crate) fn keep_manifest(&self, manifest: &RawManifest) -> Result<(), Error> {
        self.manifests.keep(manifest)
    }

    /// The bytes of the layers that planning has read. They are moved into the bundle, not copied.
    ///
    /// # Errors
    /// [`Error::File`] if the directory cannot be read.
    pub fn kept_bytes(&self) -> Result<u64, Error> {
        let files = self.directory.files(BLOBS);
        let files = files.map_err(|source| Error::File { path: self.directory.path_of(BLOBS), source })?;
        Ok(files.into_iter().map(|(_, size)| size).sum())
    }

    /// What the partial bundle of an earlier run holds, unchecked.
    pub(crate) fn written_earlier(&self) -> HashMap<Digest, Placed> {
        self.lock_earlier().as_ref().map(Earlier::sources).unwrap_or_default()
    }

    /// Resumes the partial bundle if it was started by the same plan. Else starts over, after the blobs of the old one that
    /// are still needed have been moved to the kept layers.
    pub(crate) fn start(
        &self,
        layout: &Layout,
        part_size: Option<u64>,
        observer: &dyn Observer,
    ) -> Result<Started, Error> {
        let plan = PlanFile::of(layout, part_size);
        match self.lock_earlier().take() {
            Some(earlier) if earlier.plan == plan => {
                let progress = Progress::open(&self.directory, false)?;
                return Ok(Started { writer: earlier.writer, progress, written: earlier.progress });
            }
            Some(earlier) => salvage(&earlier, &plan, &self.directory, observer)?,
            None => {}
        }
        let removed = self.directory.remove_file(PLAN);
        removed.map_err(|source| Error::File { path: self.directory.path_of(PLAN), source })?;
        let progress = Progress::open(&self.directory, true)?;
        let writer = Writer::create(&self.bundle, layout.size(), part_size)?;
        plan.write(&self.directory)?;
        Ok(Started { writer: Arc::new(writer), progress, written: HashMap::new() })
    }

    /// Removes it after a pull that failed with `error` before anything was downloaded for the bundle, unless a later
    /// pull can use it: a request that cannot be met leaves nothing, a lost connection leaves what was read.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be removed.
    pub fn remove_unless_useful(&self, error: &Error) -> Result<(), Error> {
        let connection_lost = matches!(error, Error::Registry(_));
        let keep = if connection_lost { self.is_worth_keeping() } else { self.has_partial_bundle() };
        if keep { Ok(()) } else { self.remove() }
    }

    /// Whether it saves a later run anything.
    pub fn is_worth_keeping(&self) -> bool {
        let has_files = self.directory.files(BLOBS).is_ok_and(|files| !files.is_empty());
        self.has_partial_bundle() || !self.manifests.is_empty() || has_files
    }

    /// Whether there is a partial bundle.
    pub fn has_partial_bundle(&self) -> bool {
        self.directory.has(PLAN)
    }

    /// Removes the journal: the bundle is complete, or there is nothing to resume.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be removed.
    pub fn remove(&self) -> Result<(), Error> {
        let remove = || {
            for file in [PLAN, PROGRESS, MANIFESTS] {
                self.directory.remove_file(file)?;
            }
            self.directory.remove_directory(BLOBS)?;
            // The lock goes last: while it is there, no other pull can begin in a half-removed directory.
            self.directory.remove()
        };
        remove().map_err(|source| Error::File { path: self.directory.path().to_owned(), source })
    }

    fn lock_earlier(&self) -> parking_lot::MutexGuard<'_, Option<Earlier>> {
        self.earlier.lock()
    }
}
