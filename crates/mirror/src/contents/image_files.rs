//! Files in the images of a bundle.

use std::collections::BTreeMap;

use bundle::Bundle;
use deckhouse::image_files::FileSearch;
use oci::{Manifest, RawManifest};

use crate::source::BlobStream;

/// Files of an image, as far as it has them, searched from its topmost layer down.
///
/// `limit`: layers are left out that would exceed this number of bytes together.
///
/// # Errors
/// Why they cannot be read, in words: a layer is damaged or not in the bundle, or it is not an image.
pub(crate) fn files(
    bundle: &Bundle,
    path: &str,
    manifest: &RawManifest,
    names: &[&str],
    limit: Option<u64>,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let layers = match manifest.parse().map_err(|error| error.to_string())? {
        Manifest::Image { layers, .. } => layers,
        Manifest::Index { .. } => return Err("it is an index, not an image".to_owned()),
    };
    let mut search = FileSearch::new(names);
    let mut left = limit.unwrap_or(u64::MAX);
    for layer in layers.iter().rev() {
        if layer.size > left {
            continue;
        }
        left -= layer.size;
        let blob = bundle.blob(path, &layer.digest);
        let blob = blob.ok_or_else(|| format!("its layer {} is not in the bundle", layer.digest))?;
        let scan = search.scan_layer(&layer.media_type, BlobStream::new(blob));
        scan.map_err(|error| format!("its layer {} cannot be read: {error}", layer.digest))?;
        if search.is_complete() {
            break;
        }
    }
    Ok(search.into_found())
}
