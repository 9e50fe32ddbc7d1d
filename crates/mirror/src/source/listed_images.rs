//! The images of a registry whose lists of tags are complete, so that no attachment is requested on the chance that it
//! exists.

use std::{collections::BTreeSet, sync::Arc};

use oci::{Descriptor, Digest, RawManifest, Tag, TagOrDigest};
use registry::client::{Client, Repository};

use super::{Images, RegistryImages, TagList, layers::Kept};
use crate::{Error, Root, attached::Attachable};

/// The images below one root. Attestations and signatures are read only if they are listed. Everything else is requested
/// whatever the lists say.
#[derive(Debug)]
pub(crate) struct ListedImages {
    images: RegistryImages,
}

impl ListedImages {
    /// The images below `root`.
    pub(crate) fn new(client: Client, root: Root) -> Self {
        Self { images: RegistryImages::new(client, root, None, Arc::default()) }
    }

    /// The tags of the repository at `path`, without names that no tag can have; `None` if there is certainly no such
    /// repository.
    ///
    /// # Errors
    /// [`Error::TagsRefused`] if the registry does not list them; whatever keeps the list from being read.
    pub(crate) async fn tags(&self, path: &str) -> Result<Option<BTreeSet<Tag>>, Error> {
        match self.images.tags(path).await? {
            TagList::Tags(tags) => Ok(Some(tags.iter().filter_map(|tag| tag.parse().ok()).collect())),
            TagList::Absent => Ok(None),
            TagList::Refused(error) => Err(Error::TagsRefused(error)),
        }
    }

    /// The repository at `path` below the root.
    ///
    /// # Errors
    /// [`Error::Internal`] if there can be no such repository; see [`Images::accepts`].
    pub(crate) fn repository(&self, path: &str) -> Result<Repository, Error> {
        self.images.repository(path)
    }

    /// Removes the layers that were read, which may be files of hundreds of megabytes.
    pub(crate) fn forget_layers(&self) {
        self.images.forget_layers();
    }
}

impl Images for ListedImages {
    fn name(&self, path: &str) -> String {
        self.images.name(path)
    }

    fn accepts(&self, path: &str) -> bool {
        self.images.accepts(path)
    }

    async fn manifest(&self, path: &str, reference: &TagOrDigest) -> Result<Option<RawManifest>, Error> {
        self.images.manifest(path, reference).await
    }

    async fn layer(&self, path: &str, layer: &Descriptor) -> Result<Option<Kept>, Error> {
        self.images.layer(path, layer).await
    }
}

impl Attachable for ListedImages {
    async fn all_tags(&self, path: &str) -> Result<Option<BTreeSet<Tag>>, Error> {
        Ok(Some(self.tags(path).await?.unwrap_or_default()))
    }

    async fn referrers(&self, path: &str, subject: &Digest) -> Result<Option<BTreeSet<Digest>>, Error> {
        self.images.referrers(path, subject).await
    }
}
