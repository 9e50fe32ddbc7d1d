//! Manifests of images, artifacts and indexes, read leniently and kept byte for byte.
//!
//! OCI image specification, `manifest.md` and `image-index.md`; Docker schema 2. Docker schema 1 has
//! no digests of its own and is refused.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};

use crate::{Descriptor, Digest, Platform, media_type};

/// The largest manifest that is read, in bytes: what the distribution specification asks registries
/// to accept at least (4 MiB), and the limit of Docker distribution.
pub const MAX_SIZE: u64 = 4 * 1024 * 1024;

/// The most layers of one image, and the most children of one index. Docker's images have at most 127 layers; without a
/// limit a manifest of [`MAX_SIZE`] has 50,000.
pub const MAX_DESCRIPTORS: usize = 10_000;

/// How many indexes may stand above an image. OCI sets no limit and real images have one; without a limit a
/// chain of small manifests exhausts the stack of any program that follows it.
pub const MAX_NESTING: usize = 8;

/// A manifest as it came: its exact bytes, their digest and media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawManifest {
    media_type: String,
    bytes: Bytes,
    digest: Digest,
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// One image or artifact.
    Image {
        /// The configuration blob, of any type.
        config: Descriptor,
        /// The layers from the lowest to the topmost.
        layers: Vec<Descriptor>,
    },
    /// A list of manifests, usually one per platform.
    Index {
        /// The children, which may be indexes themselves.
        manifests: Vec<Descriptor>,
    },
}

/// Why bytes are not a manifest that we can carry.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or JSON of another shape.
    #[error("the manifest cannot be parsed: {0}")]
    Malformed(#[source] serde_json::Error),
    /// Docker schema 1: superseded in 2016, carries no content digests.
    #[error(
        "the manifest is Docker schema 1, which has no digests of its own; push the image again as schema 2 or OCI"
    )]
    Schema1,
    /// Valid JSON that is neither an image nor an index.
    #[error("'{0}' is not a manifest type that can be mirrored")]
    UnknownType(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    schema_version: Option<u32>,
    media_type: Option<String>,
    config: Option<Entry>,
    layers: Option<Entries>,
    manifests: Option<Entries>,
}

/// A descriptor in a manifest. Its annotations are not read: nothing needs them, and in memory they take many times
/// their size.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    media_type: String,
    size: u64,
    digest: Digest,
    platform: Option<Platform>,
}

impl From<Entry> for Descriptor {
    fn from(entry: Entry) -> Self {
        let Entry { media_type, size, digest, platform } = entry;
        Self { media_type, size, digest, platform, annotations: BTreeMap::new() }
    }
}

/// At most [`MAX_DESCRIPTORS`] descriptors.
#[derive(Default)]
struct Entries(Vec<Descriptor>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of descriptors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element::<Entry>()? {
            if entries.len() == MAX_DESCRIPTORS {
                return Err(A::Error::custom(format_args!(
                    "it lists more than {MAX_DESCRIPTORS} layers or manifests"
                )));
            }
            entries.push(entry.into());
        }
        Ok(Entries(entries))
    }
}

impl RawManifest {
    /// Takes bytes as a manifest.
    ///
    /// The media type is the one the document states, then `content_type` (of the response or of the
    /// descriptor that led here, parameters ignored), then what its fields imply: OCI lets a manifest
    /// leave `mediaType` out.
    ///
    /// # Errors
    /// [`ManifestError`] if the bytes are not a manifest that we can carry.
    pub fn new(content_type: Option<&str>, bytes: Bytes) -> Result<Self, ManifestError> {
        let digest = Digest::of(&bytes);
        Self::with_digest(content_type, bytes, digest)
    }

    /// Like [`RawManifest::new`], for bytes whose digest the caller has checked to be `digest`.
    ///
    /// # Errors
    /// As [`RawManifest::new`].
    pub fn with_digest(
        content_type: Option<&str>,
        bytes: Bytes,
        digest: Digest,
    ) -> Result<Self, ManifestError> {
        let fields: Fields = serde_json::from_slice(&bytes).map_err(ManifestError::Malformed)?;
        if fields.schema_version == Some(1) {
            return Err(ManifestError::Schema1);
        }
        let content_type = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
        let known = |value: &str| media_type::is_index(value) || media_type::is_image(value);
        let media_type = match (fields.media_type.as_deref(), content_type) {
            (Some(stated), _) if known(stated) => stated,
            (Some(stated), _) if !stated.is_empty() => {
                return Err(ManifestError::UnknownType(stated.to_owned()));
            }
            (_, Some(sent)) if known(sent) => sent,
            _ if fields.manifests.is_some() => media_type::OCI_INDEX,
            _ if fields.config.is_some() => media_type::OCI_MANIFEST,
            (_, sent) => {
                return Err(ManifestError::UnknownType(sent.unwrap_or("no media type").to_owned()));
            }
        };
        if media_type::is_index(media_type) && fields.manifests.is_none() && fields.config.is_some() {
            let reason = "it has the type of an index and the content of an image";
            return Err(ManifestError::Malformed(serde_json::Error::custom(reason)));
        }
        let raw = Self { media_type: media_type.to_owned(), bytes, digest };
        raw.parse()?;
        Ok(raw)
    }

    /// The media type; one of [`media_type::MANIFESTS`].
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// This manifest with the bytes of one that has the same digest, so that both share memory.
    #[must_use]
    pub fn with_bytes_of(self, same: &Self) -> Self {
        if same.digest == self.digest { Self { bytes: same.bytes.clone(), ..self } } else { self }
    }

    /// The digest of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether this is an index.
    pub fn is_index(&self) -> bool {
        media_type::is_index(&self.media_type)
    }

    /// A bare descriptor of this manifest: type, size and digest.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type.clone(),
            size: self.bytes.len() as u64,
            digest: self.digest,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }

    /// What the manifest says.
    ///
    /// # Errors
    /// [`ManifestError::Malformed`] only for values that were not made by [`RawManifest::new`].
    pub fn parse(&self) -> Result<Manifest, ManifestError> {
        let fields: Fields = serde_json::from_slice(&self.bytes).map_err(ManifestError::Malformed)?;
        if self.is_index() {
            return Ok(Manifest::Index { manifests: fields.manifests.unwrap_or_default().0 });
        }
        let config = fields.config.ok_or_else(|| {
            ManifestError::Malformed(serde_json::Error::custom("an image manifest without a config"))
        })?;
        Ok(Manifest::Image { config: config.into(), layers: fields.layers.unwrap_or_default().0 })
    }
}

impl Manifest {
    /// The blobs that must be present for this manifest: config and layers. Empty for an index.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let (config, layers) = match self {
            Self::Image { config, layers } => (Some(config), layers.as_slice()),
            Self::Index { .. } => (None, [].as_slice()),
        };
        config.into_iter().chain(layers)
    }

    /// The manifests that must be present for this one: the children of an index.
    pub fn children(&self) -> &[Descriptor] {
        match self {
            Self::Image { .. } => &[],
            Self::Index { manifests } => manifests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(content_type: Option<&str>, text: &str) -> Result<RawManifest, ManifestError> {
        RawManifest::new(content_type, Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn detects_the_type() {
        let config = format!(r#"{{"mediaType":"x","size":2,"digest":"{}"}}"#, Digest::of(b"{}"));
        let stated = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","config":{config},"layers":[]}}"#,
            media_type::DOCKER_MANIFEST
        );
        let silent = format!(r#"{{"schemaVersion":2,"config":{config}}}"#);
        let cases = [
            (Some("text/plain"), stated.as_str(), media_type::DOCKER_MANIFEST),
            (None, silent.as_str(), media_type::OCI_MANIFEST),
            (
                Some("application/vnd.docker.distribution.manifest.v2+json; charset=utf-8"),
                silent.as_str(),
                media_type::DOCKER_MANIFEST,
            ),
            (None, r#"{"schemaVersion":2,"manifests":[]}"#, media_type::OCI_INDEX),
        ];
        for (content_type, text, expected) in cases {
            let raw = raw(content_type, text).unwrap();
            assert_eq!(raw.media_type(), expected);
            assert_eq!(raw.digest(), Digest::of(text.as_bytes()));
        }
    }

    #[test]
    fn lists_are_limited() {
        let text = |count: usize| {
            let layer = format!(r#"{{"mediaType":"x","size":2,"digest":"{}"}}"#, Digest::of(b"{}"));
            let layers = vec![layer.as_str(); count].join(",");
            format!(r#"{{"schemaVersion":2,"config":{layer},"layers":[{layers}]}}"#)
        };
        assert_eq!(
            raw(None, &text(MAX_DESCRIPTORS)).unwrap().parse().unwrap().blobs().count(),
            MAX_DESCRIPTORS + 1
        );
        let error = raw(None, &text(MAX_DESCRIPTORS + 1)).unwrap_err();
        assert!(error.to_string().contains("more than 10000 layers"), "{error}");
    }

    #[test]
    fn refuses_unsupported_manifests() {
        assert!(matches!(raw(None, r#"{"schemaVersion":1,"name":"a"}"#), Err(ManifestError::Schema1)));
        assert!(matches!(raw(None, "<html>"), Err(ManifestError::Malformed(_))));
        let image =
            format!(r#"{{"schemaVersion":2,"config":{{"size":2,"digest":"{}"}}}}"#, Digest::of(b"{}"));
        assert!(raw(Some(media_type::OCI_MANIFEST), &image).is_ok());
        assert!(matches!(raw(Some(media_type::OCI_INDEX), &image), Err(ManifestError::Malformed(_))));
        assert!(matches!(raw(None, "{}"), Err(ManifestError::UnknownType(_))));
        assert!(matches!(raw(Some(media_type::OCI_MANIFEST), "{}"), Err(ManifestError::Malformed(_))));
    }
}
