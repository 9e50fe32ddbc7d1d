//! The images of a bundle, alone or with a registry behind it.

use bundle::Bundle;
use oci::{Descriptor, RawManifest, RepositoryName, TagOrDigest};

use super::{
    Images, RegistryImages,
    layers::{Kept, digest_of},
};
use crate::{Contents, Error, contents::place};

/// What a push of the bundle would bring to a registry: an image that lies in the archive but that no
/// index names is not among it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BundleImages<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) contents: &'a Contents,
}

impl Images for BundleImages<'_> {
    fn name(&self, path: &str) -> String {
        place(path).to_owned()
    }

    fn accepts(&self, path: &str) -> bool {
        path.is_empty() || path.parse::<RepositoryName>().is_ok()
    }

    async fn manifest(&self, path: &str, reference: &TagOrDigest) -> Result<Option<RawManifest>, Error> {
        let Some(repository) = self.contents.repository(path) else {
            return Ok(None);
        };
        let digest = match reference {
            TagOrDigest::Tag(tag) => repository.tags.get(tag).copied(),
            TagOrDigest::Digest(digest) => Some(*digest),
        };
        let Some(digest) = digest else {
            return Ok(None);
        };
        if let Some(manifest) = repository.manifests.get(&digest) {
            return Ok(Some(manifest.clone()));
        }
        // The index names it and it could not be read: reading it again tells why.
        let index = self.bundle.repository(path).map(|repository| &repository.index);
        match index.into_iter().flatten().find(|descriptor| descriptor.digest == digest) {
            Some(descriptor) => Ok(Some(self.bundle.manifest(path, descriptor)?)),
            None => Ok(None),
        }
    }

    async fn layer(&self, path: &str, layer: &Descriptor) -> Result<Option<Kept>, Error> {
        let Some(blob) = self.bundle.blob(path, &layer.digest) else {
            return Ok(None);
        };
        let actual = digest_of(blob.clone(), layer).await?.finish();
        if actual != layer.digest {
            return Err(Error::Content { object: format!("{}@{}", place(path), layer.digest), actual });
        }
        Ok(Some(blob))
    }
}

/// A bundle, and the registry that it was pushed to for what the bundle lacks. For a user everything
/// belongs to the registry.
#[derive(Debug)]
pub(crate) struct BundleThenTarget<'a> {
    pub(crate) bundle: BundleImages<'a>,
    pub(crate) target: RegistryImages,
}

impl Images for BundleThenTarget<'_> {
    fn name(&self, path: &str) -> String {
        self.target.name(path)
    }

    fn accepts(&self, path: &str) -> bool {
        self.target.accepts(path)
    }

    async fn manifest(&self, path: &str, reference: &TagOrDigest) -> Result<Option<RawManifest>, Error> {
        match self.bundle.manifest(path, reference).await? {
            Some(manifest) => Ok(Some(manifest)),
            None => self.target.manifest(path, reference).await,
        }
    }

    async fn layer(&self, path: &str, layer: &Descriptor) -> Result<Option<Kept>, Error> {
        match self.bundle.layer(path, layer).await? {
            Some(blob) => Ok(Some(blob)),
            None => self.target.layer(path, layer).await,
        }
    }
}
