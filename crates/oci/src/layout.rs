//! OCI image layout files as the platform's tools write them.
//!
//! OCI image specification, `image-layout.md`. The platform adds one annotation, and puts a full
//! reference where the specification wants a tag; both are kept, since other tools of the platform
//! read them.

use serde::{Deserialize, Serialize};

use crate::{Descriptor, Digest, media_type};

/// Name of the marker file of a layout.
pub const OCI_LAYOUT_FILE: &str = "oci-layout";
/// Name of the index of a layout.
pub const INDEX_FILE: &str = "index.json";
/// Content of [`OCI_LAYOUT_FILE`].
pub const OCI_LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// Annotation with the full reference that an image was known by.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Annotation with the tag that an image gets on push.
pub const SHORT_TAG: &str = "io.deckhouse.image.short_tag";

/// Path of a blob inside a layout: `blobs/sha256/HEX`.
pub fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.hex())
}

/// The `index.json` of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LayoutIndex {
    /// Always 2.
    pub schema_version: u32,
    /// Media type of an OCI index; other tools write other values, so readers ignore it.
    #[serde(default)]
    pub media_type: String,
    /// One descriptor per tag; old tools write `null` for none. Without the field it is no index: a flipped
    /// bit in its name would make a repository of nothing.
    #[serde(deserialize_with = "crate::descriptor::null_as_empty")]
    pub manifests: Vec<Descriptor>,
}

impl LayoutIndex {
    /// An index over `manifests`.
    pub fn new(manifests: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: media_type::OCI_INDEX.to_owned(), manifests }
    }

    /// Reads an `index.json`.
    ///
    /// # Errors
    /// If the bytes are not JSON of this shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The bytes of the file, the same for the same value.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self)
            .unwrap_or_else(|_| unreachable!("strings, numbers and maps with string keys"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_other_tools_write() {
        let empty =
            br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.layout.v1+json","manifests":null}"#;
        assert!(LayoutIndex::parse(empty).unwrap().manifests.is_empty());
        assert!(LayoutIndex::parse(br#"{"schemaVersion":2,"manifestr":[]}"#).is_err());
        let digest = Digest::of(b"x");
        let one = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"size":1,"digest":"{digest}","artifactType":"a","annotations":null,"platform":{{"architecture":"","os":""}}}}]}}"#
        );
        let index = LayoutIndex::parse(one.as_bytes()).unwrap();
        assert_eq!(index.manifests[0].digest, digest);
    }

    #[test]
    fn round_trips() {
        let mut descriptor = Descriptor {
            media_type: media_type::OCI_MANIFEST.to_owned(),
            size: 3,
            digest: Digest::of(b"abc"),
            platform: None,
            annotations: std::collections::BTreeMap::new(),
        };
        descriptor.annotations.insert(SHORT_TAG.to_owned(), "v1.2.3".to_owned());
        let index = LayoutIndex::new(vec![descriptor]);
        assert_eq!(LayoutIndex::parse(&index.to_bytes()).unwrap(), index);
    }
}
