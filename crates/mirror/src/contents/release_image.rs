//! The version in the image of a release channel.

use bundle::Bundle;
use deckhouse::{parse_module_version, repositories::VERSION_JSON};
use oci::RawManifest;

use super::image_files::files;

/// The version in the image of a release channel; `None` if it has none.
pub(crate) fn version(bundle: &Bundle, path: &str, manifest: &RawManifest) -> Option<String> {
    let file = files(bundle, path, manifest, &[VERSION_JSON], None).ok()?.remove(VERSION_JSON)?;
    parse_module_version(&file).ok().map(|version| version.to_string())
}
