//! Writing signatures and attestations without taking away those that only the registry has under the same tag.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Digest, Manifest, RawManifest, Tag};
use registry::client::{BlobState, Repository};

use crate::{
    Error,
    attached::{in_common, only_in, with_layers},
    read_back::is_about_one_object,
};

/// Blobs that are looked for at the same time.
const AT_ONCE: usize = 16;

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
        Some(there) if has_all(&there, ours) => return Ok(()),
        Some(there) => {
            let gone = gone(target, &there, ours).await?;
            with_layers(&there, &gone, ours).map_err(|error| Error::Internal(error.to_string()))?
        }
        None => None,
    };
    target.put_manifest(&reference, extended.as_ref().unwrap_or(ours)).await?;
    Ok(())
}

fn has_all(there: &RawManifest, ours: &RawManifest) -> bool {
    there.digest() == ours.digest() || in_common(there, ours).is_some_and(|(common, all)| common == all)
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
    let absent = stream::iter(others.chain([config])).map(|blob| async move {
        let state = target.check_blob(&blob.digest, blob.size).await?;
        Ok::<_, Error>((state == BlobState::Absent).then_some(blob.digest))
    });
    let absent: Vec<Option<Digest>> = absent.buffered(AT_ONCE).try_collect().await?;
    Ok(absent.into_iter().flatten().collect())
}
