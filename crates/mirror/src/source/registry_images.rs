//! The images of one registry root.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use deckhouse::{
    lock::Lock,
    repositories::{INSTALLER, PLUGINS, plugin},
};
use oci::{Descriptor, Digest, RawManifest, RepositoryName, Tag, TagOrDigest};
use registry::client::{Client, ErrorKind, Repository};

use super::{Images, LayerStore, layers::Kept, manifests::Manifests, tag_lists::TagList};
use crate::{Error, Root, attached::Attachable, journal::Journal, limits::Totals};

/// One registry root that is read from; manifests and layers are each fetched once.
#[derive(Debug)]
pub struct RegistryImages {
    client: Client,
    root: Root,
    layers: LayerStore,
    manifests: Manifests,
    /// Below which repository the standalone installer was found.
    installer: OnceLock<RepositoryName>,
    /// Below which repository the plugins were found.
    plugins: OnceLock<RepositoryName>,
    /// Where tags point, if a lock file says so: then there are no other tags.
    locked: OnceLock<Lock>,
}

/// The plugins that a registry lists.
#[derive(Debug, Default)]
pub(crate) struct FoundPlugins {
    /// Their names; empty if there is no list.
    pub(crate) names: BTreeSet<String>,
    /// Why the registry does not show a list.
    pub(crate) refusal: Option<String>,
}

impl RegistryImages {
    /// The images below `root`. With a journal, what an interrupted pull has read is not fetched again.
    pub(crate) fn new(
        client: Client,
        root: Root,
        journal: Option<Arc<Journal>>,
        totals: Arc<Totals>,
    ) -> Self {
        let layers = journal.as_deref().map_or_else(LayerStore::temporary, LayerStore::in_journal);
        Self {
            client,
            root,
            layers,
            manifests: Manifests::new(journal, totals),
            installer: OnceLock::new(),
            plugins: OnceLock::new(),
            locked: OnceLock::new(),
        }
    }

    /// Reads tags by the digests that a lock file names from now on.
    pub(super) fn lock_tags(&self, lock: &Lock) {
        self.locked.get_or_init(|| lock.clone());
    }

    /// Takes the registry for a proxy cache, whose lists of tags say nothing.
    pub(super) fn ignore_lists(&self) {
        self.manifests.ignore_lists();
    }

    /// Whether the registry's lists of tags are compared with what it answers.
    pub(super) fn believes_lists(&self) -> bool {
        self.manifests.believes_lists()
    }

    /// The tags that the registry lists for the repository at `path`.
    pub(super) async fn tags(&self, path: &str) -> Result<TagList, Error> {
        self.manifests.tags(path, &self.repository(path)?).await
    }

    /// The same for a repository that need not be there; a refusal of any kind is a value.
    pub(super) async fn optional_tags(&self, path: &str) -> Result<TagList, Error> {
        with_refusal(self.tags(path).await)
    }

    /// Forgets where tags point.
    pub(super) fn forget_tags(&self) {
        self.manifests.forget_tags();
    }

    /// The layers that were read.
    pub(super) fn layers_read(&self) -> BTreeSet<Digest> {
        self.layers.digests()
    }

    /// Lets go of the layers that were read.
    pub(super) fn forget_layers(&self) {
        self.layers.forget();
    }

    /// Looks where the standalone installer is. Returns whether it was found, and the refusals of the registry, which are
    /// not failures: the installer is optional.
    ///
    /// # Errors
    /// [`Error::Registry`] if the registry cannot be reached.
    pub(super) async fn find_installer(
        &self,
        tag: &TagOrDigest,
    ) -> Result<(bool, Vec<registry::client::Error>), Error> {
        let mut refusals = Vec::new();
        for root in self.root.shared() {
            let Ok(name) = root.join(INSTALLER) else { continue };
            match self.client.repository(name).manifest_if_present(tag).await {
                Ok(None) => {}
                Ok(Some(_)) => {
                    self.installer.get_or_init(|| root);
                    return Ok((true, refusals));
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::Network(_) | ErrorKind::RateLimited { .. }) =>
                {
                    return Err(error.into());
                }
                Err(error) => refusals.push(error),
            }
        }
        Ok((false, refusals))
    }

    /// Looks where the plugins are: where the registry lists plugins, or else where it has `named`, a plugin and one of its
    /// tags. From then on, paths of plugins mean this place. Refusals of the registry are not failures: plugins are optional.
    ///
    /// # Errors
    /// [`Error::Registry`] if the registry cannot be reached.
    pub(super) async fn find_plugins(
        &self,
        named: Option<(&str, Option<&Tag>)>,
    ) -> Result<FoundPlugins, Error> {
        let mut found = FoundPlugins::default();
        for root in self.root.shared().into_iter().filter(|_| self.believes_lists()) {
            match self.list_plugins(&root, PLUGINS).await? {
                TagList::Tags(listed) if !listed.is_empty() => {
                    self.plugins.get_or_init(|| root);
                    found.names = listed;
                    return Ok(found);
                }
                TagList::Tags(_) | TagList::Absent => {}
                TagList::Refused(error) => {
                    found.refusal.get_or_insert_with(|| error.to_string());
                }
            }
        }
        let Some((name, tag)) = named else { return Ok(found) };
        for root in self.root.shared() {
            let is_there = match tag {
                Some(tag) => {
                    let Ok(name) = root.join(&plugin(name)) else { continue };
                    let repository = self.client.repository(name);
                    match repository.manifest_if_present(&tag.clone().into()).await {
                        Err(error) if !error.is_refused_access() => return Err(error.into()),
                        manifest => manifest.is_ok_and(|manifest| manifest.is_some()),
                    }
                }
                None => {
                    matches!(self.list_plugins(&root, &plugin(name)).await?, TagList::Tags(tags) if !tags.is_empty())
                }
            };
            if is_there {
                self.plugins.get_or_init(|| root);
                break;
            }
        }
        Ok(found)
    }

    async fn list_plugins(&self, root: &RepositoryName, path: &str) -> Result<TagList, Error> {
        let Ok(name) = root.join(path) else { return Ok(TagList::Absent) };
        // No path below the root begins with a slash.
        with_refusal(self.manifests.tags(&format!("/{name}"), &self.client.repository(name)).await)
    }

    /// Below which repository `path` is, if it was looked for and found.
    fn found_below(&self, path: &str) -> Option<&RepositoryName> {
        match path {
            INSTALLER => self.installer.get(),
            path if path.starts_with(PLUGINS) => self.plugins.get(),
            _ => None,
        }
    }

    /// The repository at `path` below the root.
    pub(super) fn repository(&self, path: &str) -> Result<Repository, Error> {
        let name = match self.found_below(path) {
            Some(root) => root.join(path),
            None => self.root.repository(path),
        };
        Ok(self.client.repository(name.map_err(|error| Error::Internal(error.to_string()))?))
    }
}

/// A refusal of any kind as a value: some registries refuse to show what they do not have.
fn with_refusal(list: Result<TagList, Error>) -> Result<TagList, Error> {
    match list {
        Err(Error::Registry(error)) if error.is_refused_access() => Ok(TagList::Refused(Arc::new(error))),
        list => list,
    }
}

impl Images for RegistryImages {
    fn name(&self, path: &str) -> String {
        let host = self.client.host();
        match self.found_below(path) {
            Some(root) => format!("{host}/{root}/{path}"),
            None => self.root.describe(host, path),
        }
    }

    fn accepts(&self, path: &str) -> bool {
        self.root.repository(path).is_ok()
    }

    async fn manifest(&self, path: &str, reference: &TagOrDigest) -> Result<Option<RawManifest>, Error> {
        if let (Some(lock), TagOrDigest::Tag(tag)) = (self.locked.get(), reference) {
            let digest = lock.repositories.get(path).and_then(|it| it.tags.get(tag));
            let Some(digest) = digest else { return Ok(None) };
            return self.manifests.get(path, &(*digest).into(), &self.repository(path)?).await;
        }
        self.manifests.get(path, reference, &self.repository(path)?).await
    }

    async fn layer(&self, path: &str, layer: &Descriptor) -> Result<Option<Kept>, Error> {
        self.layers.get(layer, &self.repository(path)?).await.map(Some)
    }
}

impl Attachable for RegistryImages {
    /// Nothing is proved by the list of a registry that is known to have tags which it does not list, or by an empty one.
    async fn all_tags(&self, path: &str) -> Result<Option<BTreeSet<Tag>>, Error> {
        if !self.believes_lists() {
            return Ok(None);
        }
        let TagList::Tags(tags) = self.tags(path).await? else { return Ok(None) };
        let tags: BTreeSet<Tag> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
        Ok((!tags.is_empty()).then_some(tags))
    }

    async fn referrers(&self, path: &str, subject: &Digest) -> Result<Option<BTreeSet<Digest>>, Error> {
        Ok(self.repository(path)?.referrers(subject).await?)
    }
}
