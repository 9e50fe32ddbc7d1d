//! Fetching what planning wants. What is not there is part of a step's result, so that a search does not stop at the
//! first missing image.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use deckhouse::{image_files::FileSearch, lock::Lock};
use futures_util::future::try_join_all;
use oci::{Descriptor, Digest, Manifest, RawManifest, Tag, TagOrDigest, manifest::MAX_NESTING};
use registry::client::{Client, Repository};
use tokio::sync::Semaphore;

use super::{BlobStream, Found, FoundPlugins, Images, RegistryImages, Step, TagList};
use crate::{Cause, Error, LocalBlobs, MissingItem, Root, WantedBy, journal::Journal, limits::Totals};

/// Layers searched at the same time.
const SCANS: usize = 4;

/// Images that are read, by default those of one registry root.
#[derive(Debug)]
pub struct Source<I = RegistryImages> {
    images: I,
    local: Option<Arc<LocalBlobs>>,
    /// Limits the searches in layers at the same time: each may keep the files that it looks for and the window of the
    /// compression.
    scans: Semaphore,
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

    /// The layers that planning has read: they have the lists of images and the descriptions of releases.
    pub fn layers_read(&self) -> BTreeSet<Digest> {
        self.images.layers_read()
    }

    /// Lets go of the layers that planning has read: nothing reads them any more.
    pub(crate) fn forget_layers(&self) {
        self.images.forget_layers();
    }

    /// Reads tags by the digests that a lock file names from now on.
    pub(crate) fn lock_tags(&self, lock: &Lock) {
        self.images.lock_tags(lock);
    }

    /// Looks where the standalone installer is, as [`RegistryImages::find_installer`].
    pub(crate) async fn find_installer(
        &self,
        tag: &TagOrDigest,
    ) -> Result<(bool, Vec<registry::client::Error>), Error> {
        self.images.find_installer(tag).await
    }

    /// Looks where the plugins are, as [`RegistryImages::find_plugins`].
    pub(crate) async fn find_plugins(
        &self,
        named: Option<(&str, Option<&Tag>)>,
    ) -> Result<FoundPlugins, Error> {
        self.images.find_plugins(named).await
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

    /// The same for a repository that need not be there; a refusal of any kind is a value.
    pub(crate) async fn optional_tags(&self, path: &str) -> Result<TagList, Error> {
        self.images.optional_tags(path).await
    }

    /// Forgets where tags point: the registry's content may have changed.
    pub(crate) fn forget_tags(&self) {
        self.images.forget_tags();
    }

    /// The repository at `path` below the root.
    pub(crate) fn repository(&self, path: &str) -> Result<Repository, Error> {
        self.images.repository(path)
    }
}

impl<I: Images> Source<I> {
    /// Reads from `images`.
    pub(crate) fn of(images: I) -> Self {
        Self { images, local: None, scans: Semaphore::new(SCANS) }
    }

    /// Where the images are read from.
    pub(crate) fn images(&self) -> &I {
        &self.images
    }

    /// A repository's name for a user.
    pub fn name(&self, path: &str) -> String {
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

    /// The manifest. `None` if it is not there or cannot be read; only the latter is missing then.
    pub(crate) async fn look(
        &self,
        path: &str,
        reference: &TagOrDigest,
        by: &WantedBy,
    ) -> Result<Step<Option<RawManifest>>, Error> {
        let result = self.manifest(path, reference).await;
        let mut found = Found::default();
        let manifest = self.readable(&mut found, (path, reference, by), result)?.flatten();
        Ok(found.with(manifest))
    }

    /// Fetches an image that is wanted, an index with all its children. `None` if it is not there or cannot be copied;
    /// then it is missing, unless `need` says that it may be absent. A refusal of something optional is not a failure.
    pub(crate) async fn want(
        &self,
        path: &str,
        reference: TagOrDigest,
        need: Need,
        by: &WantedBy,
    ) -> Result<Step<Option<RawManifest>>, Error> {
        let mut found = Found::default();
        let result = match self.manifest(path, &reference).await {
            Err(Error::Registry(error)) if need == Need::Optional && error.is_refused_access() => {
                found.refuse(path, error.to_string());
                return Ok(found.with(None));
            }
            result => result,
        };
        let manifest = match self.readable(&mut found, (path, &reference, by), result)? {
            Some(Some(manifest)) => manifest,
            Some(None) => {
                if need == Need::Required {
                    found.miss(self.missing(path, &reference, by, "not found"));
                }
                return Ok(found.with(None));
            }
            None => return Ok(found.with(None)),
        };
        found.merge(self.want_children(path, &manifest, by).await?);
        found.wanted.add((path.to_owned(), reference), manifest.clone(), by);
        Ok(found.with(Some(manifest)))
    }

    /// [`Source::want`] for a tag that the source's own data names.
    pub(crate) async fn want_tag(&self, path: &str, tag: &str, by: &WantedBy) -> Result<Found, Error> {
        match tag.parse::<Tag>() {
            Ok(tag) if self.images.accepts(path) => {
                Ok(self.want(path, tag.into(), Need::Required, by).await?.found)
            }
            _ => {
                let mut found = Found::default();
                let reason = "not a valid repository and tag";
                found.miss(self.item((path, tag, by), Cause::Missing, reason));
                Ok(found)
            }
        }
    }

    /// Fetches the children of an index, one level of nested indexes after the other.
    async fn want_children(&self, path: &str, manifest: &RawManifest, by: &WantedBy) -> Result<Found, Error> {
        let mut found = Found::default();
        let mut seen = BTreeSet::new();
        let mut level = vec![manifest.clone()];
        for depth in 0..=MAX_NESTING {
            let mut children = Vec::new();
            for index in &level {
                let Ok(Manifest::Index { manifests }) = index.parse() else { continue };
                if depth == MAX_NESTING {
                    let reason = format!("indexes are nested deeper than {MAX_NESTING}");
                    found.miss(self.missing(path, &index.digest().into(), by, &reason));
                    continue;
                }
                let new = manifests.into_iter().filter(|child| seen.insert(child.digest));
                children.extend(new.map(|child| (index.digest(), child.digest)));
            }
            let fetches = children.iter().map(|(index, child)| async move {
                let reference = TagOrDigest::from(*child);
                let result = self.manifest(path, &reference).await;
                let mut found = Found::default();
                let child = self.readable(&mut found, (path, &reference, by), result)?;
                if let Some(None) = child {
                    let reason = format!("not found, although the index {index} lists it");
                    found.miss(self.missing(path, &reference, by, &reason));
                }
                Ok::<_, Error>(found.with(child.flatten()))
            });
            let steps = try_join_all(fetches).await?;
            level = found.merge_all(steps).into_iter().flatten().collect();
            for child in &level {
                found.wanted.add_child(path, child.clone());
            }
        }
        Ok(found)
    }

    /// The wanted files of an image, from the topmost layer that has them; `None` if the image cannot be read, which
    /// makes it missing.
    pub(crate) async fn files(
        &self,
        path: &str,
        reference: &TagOrDigest,
        manifest: &RawManifest,
        files: &[&str],
        by: &WantedBy,
    ) -> Result<Step<Option<BTreeMap<String, Vec<u8>>>>, Error> {
        let mut found = Found::default();
        let files = match self.try_files(path, manifest, files).await {
            Err(FilesError::Unreadable(reason)) => {
                found.miss(self.missing(path, reference, by, &reason));
                None
            }
            Err(FilesError::Failed(error)) => self.readable(&mut found, (path, reference, by), Err(error))?,
            Ok(files) => Some(files),
        };
        Ok(found.with(files))
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
                return Err(FilesError::Unreadable(format!("its layer {digest} is missing")));
            };
            // Never closed; without a place there would only be no limit.
            let _place = self.scans.acquire().await.ok();
            let stream = BlobStream::new(blob);
            let failure = stream.failure();
            let scan = tokio::task::spawn_blocking(move || {
                let result = search.scan_layer(&layer.media_type, stream);
                (search, result)
            });
            let (returned, result) = scan.await.map_err(|error| Error::Internal(error.to_string()))?;
            if let (Err(_), Some(source)) = (&result, failure.take()) {
                return Err(Error::File { path: digest.hex().into(), source }.into());
            }
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
            manifest = self.manifest(path, &child.digest.into()).await?.ok_or_else(|| {
                FilesError::Unreadable(format!("not found: manifest {}, which the index lists", child.digest))
            })?;
        }
        Err(FilesError::Unreadable(format!("indexes are nested deeper than {MAX_NESTING}")))
    }

    /// Splits failures: content that is there but wrong is missing (`None`), everything else ends the run.
    fn readable<T>(
        &self,
        found: &mut Found,
        (path, reference, by): (&str, &TagOrDigest, &WantedBy),
        result: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_bad_content() => {
                let reference = reference.to_string();
                found.miss(self.item((path, &reference, by), error.cause(), &error.to_string()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// An image that is missing, or is not what it should be.
    pub(crate) fn missing(
        &self,
        path: &str,
        reference: &TagOrDigest,
        by: &WantedBy,
        reason: &str,
    ) -> MissingItem {
        self.item((path, &reference.to_string(), by), Cause::Missing, reason)
    }

    fn item(
        &self,
        (path, reference, by): (&str, &str, &WantedBy),
        cause: Cause,
        reason: &str,
    ) -> MissingItem {
        MissingItem {
            repository: self.images.name(path),
            reference: reference.to_owned(),
            wanted_by: vec![by.clone()],
            reason: reason.to_owned(),
            cause,
        }
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
