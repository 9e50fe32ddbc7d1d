//! The version in the image of a release channel.

use bundle::Bundle;
use deckhouse::{image_files::FileSearch, parse_module_version, repositories::VERSION_JSON};
use oci::{Manifest, RawManifest};

use crate::source::BlobStream;

/// The version in the image of a release channel; `None` if it has none.
pub(crate) fn version(bundle: &Bundle, path: &str, manifest: &RawManifest) -> Option<String> {
    let Ok(Manifest::Image { layers, .. }) = manifest.parse() else {
        return None;
    };
    let mut search = FileSearch::new(&[VERSION_JSON]);
    for layer in layers.iter().rev() {
        let blob = bundle.blob(path, &layer.digest)?;
        search.scan_layer(&layer.media_type, BlobStream::new(blob)).ok()?;
        if search.is_complete() {
            break;
        }
    }
    let file = search.into_found().remove(VERSION_JSON)?;
    parse_module_version(&file).ok().map(|version| version.to_string())
}
