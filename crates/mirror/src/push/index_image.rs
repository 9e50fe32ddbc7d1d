//! The tiny image behind a tag of a list: the platform learns the names of the modules from the tags of
//! `modules`, and never reads what they point to.

use std::sync::Arc;

use bytes::Bytes;
use oci::{Digest, RawManifest, Tag, media_type};
use registry::client::{BlobState, Repository};
use serde_json::json;

use crate::{Error, read_back::blob_descriptor};

/// An empty tar archive: two blocks of zeros.
const EMPTY_LAYER: &[u8] = &[0; 1024];

/// Uploads the layer that all index images share. Done once before the images are written at the same time:
/// `docker-registry` 2.8 spoils a blob that two uploads into one repository commit at the same moment.
pub(super) async fn prepare(repository: &Repository) -> Result<(), Error> {
    upload(repository, Bytes::from_static(EMPTY_LAYER)).await
}

/// Writes the tag of the module, package or plugin `name` in its list. The same name always gives the same
/// image, another name another image, so that deleting one's does not take the tags of the others along.
pub(super) async fn put(repository: &Repository, tag: &Tag, name: &str) -> Result<(), Error> {
    let layer = Bytes::from_static(EMPTY_LAYER);
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {"io.deckhouse.module": name}},
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer)]},
    });
    let config = Bytes::from(config.to_string());
    let describe = |media_type: &str, blob: &Bytes| json!({"mediaType": media_type, "size": blob.len(), "digest": Digest::of(blob)});
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": describe(media_type::OCI_CONFIG, &config),
        "layers": [describe(media_type::OCI_LAYER, &layer)],
    });
    upload(repository, config).await?;
    let manifest = RawManifest::new(None, manifest.to_string().into());
    let manifest = manifest.map_err(|error| Error::Internal(error.to_string()))?;
    repository.put_manifest(&tag.clone().into(), &manifest).await?;
    Ok(())
}

async fn upload(repository: &Repository, blob: Bytes) -> Result<(), Error> {
    let descriptor = blob_descriptor(&Digest::of(&blob), blob.len() as u64);
    // A small blob is sent as quickly as asked for, where asking does not find it readable.
    let is_readable =
        matches!(repository.check_blob(&descriptor.digest, descriptor.size).await, Ok(BlobState::Readable));
    if !is_readable {
        repository.upload_blob(&descriptor, Arc::new(blob), None, &|_| {}).await?;
    }
    Ok(())
}
