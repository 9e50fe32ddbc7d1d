//! The blobs of images that a registry contains, from the manifests that the source has.

use std::collections::{BTreeMap, BTreeSet};

use bundle::HeldBlobs;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Descriptor, Digest, RawManifest, manifest::MAX_NESTING};

use crate::{Error, source::Source};

/// Requests that may wait for a response at the same time; the client limits what really runs.
const CONCURRENT_REQUESTS: usize = 64;

/// What the images of a registry consist of.
#[derive(Debug, Default)]
pub(super) struct HeldImages {
    /// Their blobs.
    pub(super) blobs: HeldBlobs,
    /// Images whose manifest the source does not have: nothing is known about their blobs.
    pub(super) unknown: usize,
}

/// Reads the manifests of `images`, by repository path below the root, from the source.
///
/// # Errors
/// [`Error::Registry`] if the source cannot be read.
pub(super) async fn read(
    source: &Source,
    images: &BTreeMap<String, BTreeSet<Digest>>,
) -> Result<HeldImages, Error> {
    let all = images.iter().flat_map(|(path, digests)| digests.iter().map(move |digest| (path, *digest)));
    let mut each: Vec<(&str, Option<Vec<Descriptor>>)> = stream::iter(all)
        .map(|(path, digest)| async move {
            Ok::<_, Error>((path.as_str(), blobs_of(source, path, digest).await?))
        })
        .buffer_unordered(CONCURRENT_REQUESTS)
        .try_collect()
        .await?;
    // The order of the responses must not decide which repository is recorded for a blob.
    each.sort_by_key(|(path, _)| *path);
    let mut held = HeldImages::default();
    for (path, blobs) in each {
        match blobs {
            Some(blobs) => blobs.iter().for_each(|blob| held.blobs.add(blob.digest, blob.size, path)),
            None => held.unknown += 1,
        }
    }
    Ok(held)
}

/// The blobs of an image, or of all images of an index; `None` if the source does not have all manifests.
async fn blobs_of(source: &Source, path: &str, image: Digest) -> Result<Option<Vec<Descriptor>>, Error> {
    let mut blobs = Vec::new();
    let mut level = vec![image];
    for _ in 0..=MAX_NESTING {
        let mut next = Vec::new();
        for digest in level {
            let Some(manifest) = manifest(source, path, digest).await? else { return Ok(None) };
            let Ok(parsed) = manifest.parse() else { return Ok(None) };
            blobs.extend(parsed.blobs().cloned());
            next.extend(parsed.children().iter().map(|child| child.digest));
        }
        if next.is_empty() {
            return Ok(Some(blobs));
        }
        level = next;
    }
    Ok(None)
}

async fn manifest(source: &Source, path: &str, digest: Digest) -> Result<Option<RawManifest>, Error> {
    match source.manifest(path, &digest.into()).await {
        Err(error) if error.is_bad_content() => Ok(None),
        result => result,
    }
}
