//! The journal's directory: opened and locked at the start of a pull, removed when the bundle is complete.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bundle::{Layout, Writer};
use oci::{Digest, RawManifest};

use super::{
    earlier::{Earlier, Placed},
    manifests::ManifestFile,
    plan_file::PlanFile,
    progress::Progress,
    salvage::salvage,
};
use crate::{Error, Observer};

/// The journal of one bundle. While it is open, no other pull can write this bundle.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    bundle: PathBuf,
    manifests: ManifestFile,
    earlier: Mutex<Option<Earlier>>,
    _lock: File,
}

/// A partial bundle that is ready to be filled.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) writer: Arc<Writer>,
    pub(crate) progress: Progress,
    /// Bytes of each blob, by its number in the layout, that an earlier run has written.
    pub(crate) written: HashMap<u32, u64>,
}

impl Journal {
    /// Opens the journal of `bundle`; with `fresh` whatever an earlier run left is thrown away.
    ///
    /// # Errors
    /// [`Error::Bundle`] with [`bundle::BundleError::Locked`] while another pull writes this bundle;
    /// [`Error::File`] if the directory cannot be used.
    pub fn open(bundle: &Path, fresh: bool) -> Result<Self, Error> {
        let mut name = OsString::from(bundle.as_os_str());
        name.push(".partial.d");
        let directory = PathBuf::from(name);
        let failed = |source| Error::File { path: directory.clone(), source };
        match fs::create_dir(&directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let lock = bundle::lock(&directory.join("lock"))?;
        let blobs = directory.join("blobs");
        let (plan, progress, manifests) =
            (directory.join("plan"), directory.join("progress"), directory.join("manifests"));
        if fresh {
            for path in [&plan, &progress, &manifests] {
                absent_is_fine(fs::remove_file(path)).map_err(failed)?;
            }
            absent_is_fine(fs::remove_dir_all(&blobs)).map_err(failed)?;
        }
        fs::create_dir_all(&blobs).map_err(failed)?;
        let earlier = Mutex::new(Earlier::open(bundle, &plan, &progress)?);
        Ok(Self {
            manifests: ManifestFile::open(manifests)?,
            directory,
            bundle: bundle.to_owned(),
            earlier,
            _lock: lock,
        })
    }

    /// Where it lies. What else is put there goes when the journal is removed.
    pub fn directory(&self) -> &Path {
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

    /// Where layers that planning reads are kept, each under the hex digits of its digest.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.directory.join("blobs")
    }

    /// The bytes of those layers. They are moved into the bundle, not copied.
    ///
    /// # Errors
    /// [`Error::File`] if the directory cannot be read.
    pub fn kept_bytes(&self) -> Result<u64, Error> {
        let directory = self.blobs();
        let size = |file: io::Result<fs::DirEntry>| Ok(file?.metadata()?.len());
        let sizes = fs::read_dir(&directory).and_then(|files| files.map(size).sum());
        sizes.map_err(|source| Error::File { path: directory, source })
    }

    /// What the partial bundle of an earlier run holds, unchecked.
    pub(crate) fn written_earlier(&self) -> HashMap<Digest, Placed> {
        self.lock_earlier().as_ref().map(Earlier::sources).unwrap_or_default()
    }

    /// Goes on with the partial bundle if it was begun by the same plan, else begins anew, after what
    /// is still wanted of the old one has been moved to [`Journal::blobs`].
    pub(crate) fn begin(
        &self,
        layout: &Layout,
        part_size: Option<u64>,
        observer: &dyn Observer,
    ) -> Result<Begun, Error> {
        let plan = PlanFile::of(layout, part_size);
        let (plan_path, progress_path) = (self.directory.join("plan"), self.directory.join("progress"));
        match self.lock_earlier().take() {
            Some(earlier) if earlier.plan == plan => {
                let progress = Progress::open(progress_path, false)?;
                return Ok(Begun { writer: earlier.writer, progress, written: earlier.progress });
            }
            Some(earlier) => salvage(&earlier, &plan, &self.blobs(), observer)?,
            None => {}
        }
        let failed = |source| Error::File { path: plan_path.clone(), source };
        absent_is_fine(fs::remove_file(&plan_path)).map_err(failed)?;
        let progress = Progress::open(progress_path, true)?;
        let writer = Writer::create(&self.bundle, layout.size(), part_size)?;
        plan.write(&plan_path)?;
        Ok(Begun { writer: Arc::new(writer), progress, written: HashMap::new() })
    }

    /// Whether a later run would gain anything from what is in it.
    pub fn is_worth_keeping(&self) -> bool {
        let has_files = fs::read_dir(self.blobs()).is_ok_and(|mut files| files.next().is_some());
        self.is_begun() || !self.manifests.is_empty() || has_files
    }

    /// Whether a partial bundle belongs to it.
    pub fn is_begun(&self) -> bool {
        self.directory.join("plan").exists()
    }

    /// Removes the journal: the bundle is complete, or there is nothing to go on with.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be removed.
    pub fn remove(&self) -> Result<(), Error> {
        // The lock goes last: while it is there, no other pull can begin in a half-removed directory.
        let failed = |source| Error::File { path: self.directory.clone(), source };
        for file in ["plan", "progress", "manifests"] {
            absent_is_fine(fs::remove_file(self.directory.join(file))).map_err(failed)?;
        }
        fs::remove_dir_all(self.directory.join("blobs")).map_err(failed)?;
        fs::remove_dir_all(&self.directory).map_err(failed)
    }

    fn lock_earlier(&self) -> std::sync::MutexGuard<'_, Option<Earlier>> {
        self.earlier.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
