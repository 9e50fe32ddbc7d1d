//! The images of a registry whose lists of tags are complete, so that nothing unlisted is requested on the chance that it
//! exists.

use std::{collections::BTreeSet, sync::Arc};

use deckhouse::repositories::is_attachment_tag;
use oci::{Descriptor, RawManifest, Tag, TagOrDigest};
use registry::client::{Client, Repository};

use super::{Images, RegistryImages, TagList, layers::Kept};
use crate::{Error, Root};

/// The images below one root. Attestations and signatures are requested only if they are listed: most images have none,
/// and a request for each would double the number of requests. Everything else is requested whatever the lists say.
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
        if let TagOrDigest::Tag(tag) = reference
            && is_attachment_tag(tag.as_str())
            && !matches!(self.images.tags(path).await?, TagList::Tags(tags) if tags.contains(tag.as_str()))
        {
            return Ok(None);
        }
        self.images.manifest(path, reference).await
    }

    async fn layer(&self, path: &str, layer: &Descriptor) -> Result<Option<Kept>, Error> {
        self.images.layer(path, layer).await
    }
}
