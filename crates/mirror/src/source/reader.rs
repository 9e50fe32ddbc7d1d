//! Fetching what planning wants, and recording what is not there instead of stopping at the first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parking_lot::Mutex;

use deckhouse::image_files::FileSearch;
use futures_util::future::{BoxFuture, try_join_all};
use oci::{Descriptor, Digest, Manifest, RawManifest, Tag, TagOrDigest, manifest::MAX_NESTING};
use registry::client::{Client, Repository};
use tokio::sync::Semaphore;

use super::TagList;
use super::{BlobStream, Images, RegistryImages};
use crate::{
    Cause, Error, LocalBlobs, MissingItem, Root, WantedBy, error::Place, journal::Journal, limits::Totals,
    wanted::Wanted,
};

/// Layers searched at the same time.
const SCANS: usize = 4;

/// Images that are read, by default those of one registry root, and what was found and missed of them.
#[derive(Debug)]
pub struct Source<I = RegistryImages> {
    images: I,
    local: Option<Arc<LocalBlobs>>,
    wanted: Mutex<Wanted>,
    missing: Mutex<BTreeMap<(String, String), MissingItem>>,
    /// Places for searches in layers: each may keep the files that it looks for and the window of the compression.
    scans: Semaphore,
    /// Repositories in which optional things were refused, each with the first refusal.
    refused: Mutex<BTreeMap<String, String>>,
}

/// What it means if a reference is certainly not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The set is incomplete without it.
    Required,
    /// Editions and eras differ in what they have.
    Optional,
}

impl Source {
    /// A source whose repositories are below `root`.
    /// With a journal, what an interrupted pull has read is not fetched again.
    pub fn new(client: Client, root: impl Into<Root>, journal: Option<Arc<Journal>>) -> Self {
        Self::counted(client, root, journal, Arc::default())
    }

    /// As [`Source::new`], with limits that several sources share.
    pub fn counted(
        client: Client,
        root: impl Into<Root>,
        journal: Option<Arc<Journal>>,
        totals: Arc<Totals>,
    ) -> Self {
        Self::of(RegistryImages::new(client, root.into(), journal, totals))
    }

    /// Copies blobs from local archives instead of downloading them.
    #[must_use]
    pub fn with_local(mut self, local: Arc<LocalBlobs>) -> Self {
        self.local = Some(local);
        self
    }

    /// The local archives.
    pub(crate) fn local(&self) -> Option<&LocalBlobs> {
        self.local.as_deref()
    }

    /// Lets go of the layers that planning has read: nothing reads them any more.
    pub(crate) fn forget_layers(&self) {
        self.images.forget_layers();
    }

    /// Looks where the standalone installer is, as [`RegistryImages::find_installer`].
    pub(crate) async fn find_installer(
        &self,
        tag: &TagOrDigest,
        refused: impl Fn(&registry::client::Error),
    ) -> Result<bool, Error> {
        self.images.find_installer(tag, refused).await
    }

    /// Takes the registry for a proxy cache, whose lists of tags say nothing.
    pub(crate) fn ignore_lists(&self) {
        self.images.ignore_lists();
    }

    /// Whether its lists of tags are compared with what it answers.
    pub(crate) fn believes_lists(&self) -> bool {
        self.images.believes_lists()
    }

    /// The tags that the registry lists for the repository at `path`.
    pub(crate) async fn tags(&self, path: &str) -> Result<TagList, Error> {
        self.images.tags(path).await
    }

    /// Forgets everything that was found, and where tags point: the registry's content may have changed.
    pub(crate) fn start_over(&self) {
        self.images.forget_tags();
        self.take();
        self.refused.lock().clear();
    }

    /// The repository at `path` below the root.
    pub(crate) fn repository(&self, path: &str) -> Result<Repository, Error> {
        self.images.repository(path)
    }
}

impl<I: Images> Source<I> {
    /// Reads from `images`.
    pub(crate) fn of(images: I) -> Self {
        Self {
            images,
            local: None,
            scans: Semaphore::new(SCANS),
            wanted: Mutex::default(),
            missing: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// What was wanted and found so far, taken out.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with the whole list if anything required is missing.
    pub(crate) fn take_wanted(&self) -> Result<Wanted, Error> {
        let (wanted, items) = self.take();
        if items.is_empty() { Ok(wanted) } else { Err(Error::Incomplete { place: Place::Source, items }) }
    }

    /// What was wanted and found so far, and what was not found, taken out.
    pub(crate) fn take(&self) -> (Wanted, Vec<MissingItem>) {
        let missing = std::mem::take(&mut *self.missing.lock());
        (std::mem::take(&mut *self.lock_wanted()), missing.into_values().collect())
    }

    /// A repository's name for a user.
    pub(crate) fn name(&self, path: &str) -> String {
        self.images.name(path)
    }

    /// The manifest, or `None` if it is certainly not there.
    pub(crate) async fn manifest(
        &self,
        path: &str,
        reference: &TagOrDigest,
    ) -> Result<Option<RawManifest>, Error> {
        self.images.manifest(path, reference).await
    }

    /// What was refused of optional things: the first refusal of each repository.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.refused.lock().values().cloned().collect()
    }

    /// The manifest, without putting it on the list. `None` if it is not there or cannot be read; only the
    /// latter is recorded.
    pub(crate) async fn look(
        &self,
        path: &str,
        reference: &TagOrDigest,
        by: &WantedBy,
    ) -> Result<Option<RawManifest>, Error> {
        let found = self.manifest(path, reference).await;
        Ok(self.readable(path, reference, by, found)?.flatten())
    }

    /// Fetches an image and puts it on the list, an index with all its children. `None` if it is not
    /// there or cannot be copied; that is recorded if `need` says so. A refusal of something optional is recorded
    /// too, and is not a failure.
    pub(crate) async fn want(
        &self,
        path: &str,
        reference: TagOrDigest,
        need: Need,
        by: &WantedBy,
    ) -> Result<Option<RawManifest>, Error> {
        let found = match self.manifest(path, &reference).await {
            Err(Error::Registry(error)) if need == Need::Optional && error.is_refused_access() => {
                let mut refused = self.refused.lock();
                refused.entry(path.to_owned()).or_insert_with(|| error.to_string());
                return Ok(None);
            }
            found => found,
        };
        let manifest = match self.readable(path, &reference, by, found)? {
            Some(Some(manifest)) => manifest,
            Some(None) => {
                if need == Need::Required {
                    self.miss(path, &reference, by, "not found");
                }
                return Ok(None);
            }
            None => return Ok(None),
        };
        let seen = Mutex::new(BTreeSet::new());
        self.want_children(path, &manifest, by, (&seen, 0)).await?;
        self.lock_wanted().add((path.to_owned(), reference), manifest.clone(), by);
        Ok(Some(manifest))
    }

    /// [`Source::want`] for a tag that the source's own data names.
    pub(crate) async fn want_tag(
        &self,
        path: &str,
        tag: &str,
        need: Need,
        by: &WantedBy,
    ) -> Result<Option<RawManifest>, Error> {
        match tag.parse::<Tag>() {
            Ok(tag) if self.images.accepts(path) => self.want(path, tag.into(), need, by).await,
            _ => {
                self.miss_text(path, tag, by, "not a valid repository and tag");
                Ok(None)
            }
        }
    }

    /// Makes the tag `to` in the repository `path` point to what `from` names there; false if that was
    /// not found.
    pub(crate) fn point_to(
        &self,
        (path, to): (&str, &TagOrDigest),
        from: &TagOrDigest,
        by: &WantedBy,
    ) -> bool {
        let mut wanted = self.lock_wanted();
        let Some(manifest) = wanted.get(&(path.to_owned(), from.clone())).cloned() else {
            return false;
        };
        wanted.point((path.to_owned(), to.clone()), manifest, by);
        true
    }

    /// `seen` are the children that are being followed already, `level` the number of indexes above.
    fn want_children<'a>(
        &'a self,
        path: &'a str,
        manifest: &'a RawManifest,
        by: &'a WantedBy,
        (seen, level): (&'a Mutex<BTreeSet<Digest>>, usize),
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let Ok(Manifest::Index { manifests }) = manifest.parse() else {
                return Ok(());
            };
            if level == MAX_NESTING {
                let reason = format!("indexes are nested deeper than {MAX_NESTING}");
                self.miss(path, &manifest.digest().into(), by, &reason);
                return Ok(());
            }
            let is_new = |child: &&Descriptor| seen.lock().insert(child.digest);
            let children = manifests.iter().filter(is_new).map(|child| async move {
                let reference = child.digest.into();
                let found = self.manifest(path, &reference).await;
                match self.readable(path, &reference, by, found)? {
                    Some(Some(found)) => {
                        self.want_children(path, &found, by, (seen, level + 1)).await?;
                        self.lock_wanted().add_child(path, found);
                    }
                    Some(None) => {
                        let reason = format!("not found, though the index {} lists it", manifest.digest());
                        self.miss(path, &reference, by, &reason);
                    }
                    None => {}
                }
                Ok(())
            });
            try_join_all(children).await.map(drop)
        })
    }

    /// The wanted files of an image, as the topmost layer that has them says; `None` if the image
    /// cannot be read, which is recorded.
    pub(crate) async fn files(
        &self,
        path: &str,
        reference: &TagOrDigest,
        manifest: &RawManifest,
        files: &[&str],
        by: &WantedBy,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
        let found = self.try_files(path, manifest, files).await;
        match found {
            Err(FilesError::Unreadable(reason)) => {
                self.miss(path, reference, by, &reason);
                Ok(None)
            }
            Err(FilesError::Failed(error)) => self.readable(path, reference, by, Err(error)),
            Ok(files) => Ok(Some(files)),
        }
    }

    async fn try_files(
        &self,
        path: &str,
        manifest: &RawManifest,
        files: &[&str],
    ) -> Result<BTreeMap<String, Vec<u8>>, FilesError> {
        let mut search = FileSearch::new(files);
        for layer in self.layers_of(path, manifest).await?.into_iter().rev() {
            let digest = layer.digest;
            let Some(blob) = self.images.layer(path, &layer).await? else {
                return Err(FilesError::Unreadable(format!("its layer {digest} is not there")));
            };
            // Never closed; without a place there would only be no limit.
            let _place = self.scans.acquire().await.ok();
            let scan = tokio::task::spawn_blocking(move || {
                let result = search.scan_layer(&layer.media_type, BlobStream::new(blob));
                (search, result)
            });
            let (returned, result) = scan.await.map_err(|error| Error::Internal(error.to_string()))?;
            result
                .map_err(|error| FilesError::Unreadable(format!("layer {digest} cannot be read: {error}")))?;
            search = returned;
            if search.is_complete() {
                break;
            }
        }
        Ok(search.into_found())
    }

    /// The layers of an image, of an index those of its linux/amd64 child: the platform's own files
    /// are the same on every architecture.
    async fn layers_of(&self, path: &str, manifest: &RawManifest) -> Result<Vec<Descriptor>, FilesError> {
        let mut manifest = manifest.clone();
        for _ in 0..=MAX_NESTING {
            let children = match manifest.parse() {
                Ok(Manifest::Image { layers, .. }) => return Ok(layers),
                Ok(Manifest::Index { manifests }) => manifests,
                Err(error) => return Err(FilesError::Unreadable(error.to_string())),
            };
            let is_amd64 = |child: &&Descriptor| {
                child.platform.as_ref().is_some_and(|it| it.os == "linux" && it.architecture == "amd64")
            };
            let Some(child) = children.iter().find(is_amd64).or(children.first()) else {
                return Err(FilesError::Unreadable("the index is empty".to_owned()));
            };
            manifest = self
                .manifest(path, &child.digest.into())
                .await?
                .ok_or_else(|| FilesError::Unreadable(format!("not found: {} of the index", child.digest)))?;
        }
        Err(FilesError::Unreadable(format!("indexes are nested deeper than {MAX_NESTING}")))
    }

    /// Splits failures: content that is there but wrong belongs on the list of what is missing
    /// (`None`), everything else ends the run.
    fn readable<T>(
        &self,
        path: &str,
        reference: &TagOrDigest,
        by: &WantedBy,
        result: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_bad_content() => {
                self.record(path, &reference.to_string(), by, (error.cause(), &error.to_string()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Records that something is missing or cannot be read.
    pub(crate) fn miss(&self, path: &str, reference: &TagOrDigest, by: &WantedBy, reason: &str) {
        self.miss_text(path, &reference.to_string(), by, reason);
    }

    /// [`Source::miss`] for what is not a valid reference.
    pub(crate) fn miss_text(&self, path: &str, reference: &str, by: &WantedBy, reason: &str) {
        self.record(path, reference, by, (Cause::Missing, reason));
    }

    fn record(&self, path: &str, reference: &str, by: &WantedBy, (cause, reason): (Cause, &str)) {
        let repository = self.images.name(path);
        let mut missing = self.missing.lock();
        let item = missing.entry((repository.clone(), reference.to_owned())).or_insert_with(|| MissingItem {
            repository,
            reference: reference.to_owned(),
            wanted_by: Vec::new(),
            reason: reason.to_owned(),
            cause,
        });
        item.add(by);
    }

    /// Whether this was recorded as missing.
    pub(crate) fn lacks(&self, path: &str, reference: &TagOrDigest) -> bool {
        let key = (self.images.name(path), reference.to_string());
        self.missing.lock().contains_key(&key)
    }

    /// Whether something of this repository was recorded as missing.
    pub(crate) fn lacks_some_of(&self, path: &str) -> bool {
        let repository = self.images.name(path);
        let missing = self.missing.lock();
        missing.keys().any(|(lacking, _)| *lacking == repository)
    }

    fn lock_wanted(&self) -> parking_lot::MutexGuard<'_, Wanted> {
        self.wanted.lock()
    }
}

enum FilesError {
    Unreadable(String),
    Failed(Error),
}

impl From<Error> for FilesError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
