//! Writing signatures and attestations without taking away those that only the registry has under the same tag.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use oci::{Descriptor, Digest, Manifest, RawManifest, Tag};
use registry::client::{BlobState, Repository};

use super::absent::absent;
use crate::{
    Error,
    attached::{Signatures, Union, has_all, only_in, with_layers},
    read_back::{blob_descriptor, is_about_one_object},
};

/// The largest configuration that is read, in bytes. `cosign` writes some 300 bytes for each signature.
const MAX_CONFIG: u64 = 1024 * 1024;

/// Writes the bundle's manifest `ours` under `tag`, or adds its layers to the manifest that the registry has there. All of
/// them are in the repository already.
pub(super) async fn put(target: &Repository, tag: &Tag, ours: &RawManifest) -> Result<(), Error> {
    let reference = tag.clone().into();
    let there = match target.manifest_if_present(&reference).await {
        Ok(there) => there,
        // Some registries refuse to show what they do not have.
        Err(error) if error.is_refused_access() => None,
        Err(error) => match Error::from(error) {
            error if is_about_one_object(&error) => None,
            error => return Err(error),
        },
    };
    let extended = match there {
        Some(there) if there.digest() == ours.digest() => return Ok(()),
        Some(there) if !has_all(ours, &there) => {
            let gone = gone(target, &there, ours).await?;
            if gone.is_empty() && has_all(&there, ours) {
                return Ok(());
            }
            Box::pin(extended(target, &there, &gone, ours)).await?
        }
        // It has nothing that the bundle does not have.
        Some(_) | None => None,
    };
    if let Some(config) = extended.as_ref().and_then(|union| union.config.clone()) {
        let descriptor = blob_descriptor(&Digest::of(&config), config.len() as u64);
        target.upload_blob(&descriptor, Arc::new(config), None, &|_| {}).await?;
    }
    target.put_manifest(&reference, extended.as_ref().map_or(ours, |union| &union.manifest)).await?;
    Ok(())
}

async fn extended(
    target: &Repository,
    there: &RawManifest,
    gone: &BTreeSet<Digest>,
    ours: &RawManifest,
) -> Result<Option<Union>, Error> {
    let (their_config, own_config) = (config(target, there, gone).await?, config(target, ours, gone).await?);
    let there = Signatures { manifest: there, config: their_config.as_deref() };
    let ours = Signatures { manifest: ours, config: own_config.as_deref() };
    with_layers(there, gone, ours).map_err(|error| Error::Internal(error.to_string()))
}

/// The configuration of a manifest; `None` if it is in `gone` or cannot be read.
async fn config(
    target: &Repository,
    manifest: &RawManifest,
    gone: &BTreeSet<Digest>,
) -> Result<Option<Bytes>, Error> {
    let Ok(Manifest::Image { config, .. }) = manifest.parse() else { return Ok(None) };
    if gone.contains(&config.digest) || config.size > MAX_CONFIG {
        return Ok(None);
    }
    match target.blob_bytes(&config, MAX_CONFIG).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => match Error::from(error) {
            error if is_about_one_object(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The blobs of the registry's manifest that are not in the registry: it would refuse a manifest with them.
async fn gone(
    target: &Repository,
    there: &RawManifest,
    ours: &RawManifest,
) -> Result<BTreeSet<Digest>, Error> {
    let only_there = only_in(there, ours);
    let Ok(Manifest::Image { config, layers }) = there.parse() else { return Ok(BTreeSet::new()) };
    let others = layers.into_iter().filter(|layer| only_there.contains(&layer.digest));
    absent(others.chain([config]).map(|blob: Descriptor| async move {
        let state = target.check_blob(&blob.digest, blob.size).await?;
        Ok((state == BlobState::Absent).then_some(blob.digest))
    }))
    .await
}
