//! Images, artifacts and indexes as values that can be put into any repository.

use std::collections::BTreeMap;

use bytes::Bytes;
use oci::{Descriptor, Digest, Platform, RawManifest, TagOrDigest, media_type};
use registry_server::{Blob, MemoryStore};
use serde_json::json;

use super::layer::Layer;

/// In which vocabulary a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Docker schema 2.
    Docker,
    /// OCI.
    Oci,
}

/// The configuration of an image.
#[derive(Debug, Clone)]
pub enum ImageConfig {
    /// A Linux image of this architecture.
    Linux(&'static str),
    /// An artifact with a configuration of its own type.
    Artifact {
        /// The type.
        media_type: String,
        /// The content.
        bytes: Bytes,
    },
}

impl ImageConfig {
    /// An artifact with an empty configuration (`{}`).
    pub fn empty(media_type: &str) -> Self {
        Self::Artifact { media_type: media_type.to_owned(), bytes: Bytes::from_static(b"{}") }
    }
}

/// An image, an artifact or an index with everything that it names.
#[derive(Debug, Clone)]
pub struct Image {
    manifest: RawManifest,
    blobs: Vec<(Digest, Blob)>,
    children: Vec<Self>,
}

impl Image {
    /// An image of these layers, the topmost last.
    pub fn new(format: Format, config: &ImageConfig, layers: &[Layer]) -> Self {
        let layers = layers.iter().map(|layer| (layer.clone(), layer.descriptor(format == Format::Docker)));
        Self::with_descriptors(format, config, layers.collect())
    }

    /// An OCI artifact: one layer of `layer_type` and, if given, its title.
    pub fn artifact(config: &ImageConfig, layer: &Layer, layer_type: &str, title: Option<&str>) -> Self {
        let mut descriptor = layer.descriptor(false);
        layer_type.clone_into(&mut descriptor.media_type);
        if let Some(title) = title {
            let key = "org.opencontainers.image.title".to_owned();
            descriptor.annotations.insert(key, title.to_owned());
        }
        Self::with_descriptors(Format::Oci, config, vec![(layer.clone(), descriptor)])
    }

    /// An OCI artifact of this type that names the manifest that it is attached to.
    pub fn referrer(artifact_type: &str, subject: &Descriptor, layer: &Layer) -> Self {
        let config = ImageConfig::empty("application/vnd.oci.empty.v1+json");
        let mut image = Self::artifact(&config, layer, artifact_type, None);
        let mut document: serde_json::Value =
            serde_json::from_slice(image.manifest.bytes()).unwrap_or_else(|_| unreachable!("made above"));
        document["artifactType"] = artifact_type.into();
        document["subject"] = json!(subject);
        document["annotations"] = json!({ "org.opencontainers.image.created": "2026-01-01T00:00:00Z" });
        image.manifest = manifest(&document);
        image
    }

    /// An OCI index of Linux images.
    pub fn index(children: Vec<(&str, Self)>) -> Self {
        let descriptors: Vec<_> = children
            .iter()
            .map(|(architecture, child)| Descriptor {
                platform: Some(Platform { architecture: (*architecture).to_owned(), os: "linux".to_owned() }),
                ..child.manifest.descriptor()
            })
            .collect();
        let document = json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_INDEX,
            "manifests": descriptors,
        });
        Self {
            manifest: manifest(&document),
            blobs: Vec::new(),
            children: children.into_iter().map(|(_, child)| child).collect(),
        }
    }

    fn with_descriptors(format: Format, config: &ImageConfig, layers: Vec<(Layer, Descriptor)>) -> Self {
        let (manifest_type, image_config_type) = match format {
            Format::Docker => (media_type::DOCKER_MANIFEST, media_type::DOCKER_CONFIG),
            Format::Oci => (media_type::OCI_MANIFEST, media_type::OCI_CONFIG),
        };
        let (config_type, config) = match config {
            ImageConfig::Linux(architecture) => {
                let diff_ids: Vec<_> = layers.iter().map(|(layer, _)| layer.diff_id).collect();
                let history: Vec<_> = layers.iter().map(|_| json!({})).collect();
                let config = json!({
                    "architecture": architecture,
                    "os": "linux",
                    "config": {},
                    "rootfs": { "type": "layers", "diff_ids": diff_ids },
                    "history": history,
                });
                (image_config_type, Bytes::from(config.to_string()))
            }
            ImageConfig::Artifact { media_type, bytes } => (media_type.as_str(), bytes.clone()),
        };
        let config_digest = Digest::of(&config);
        let config_descriptor = Descriptor {
            media_type: config_type.to_owned(),
            size: config.len() as u64,
            digest: config_digest,
            platform: None,
            annotations: BTreeMap::new(),
        };
        let descriptors: Vec<_> = layers.iter().map(|(_, descriptor)| descriptor).collect();
        let document = json!({
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": config_descriptor,
            "layers": descriptors,
        });
        let mut blobs = vec![(config_digest, Blob::from(config))];
        blobs.extend(layers.into_iter().map(|(layer, _)| (layer.digest, layer.blob)));
        Self { manifest: manifest(&document), blobs, children: Vec::new() }
    }

    /// The same with these annotations of the manifest.
    #[must_use]
    pub fn annotated(mut self, annotations: &BTreeMap<String, String>) -> Self {
        if !annotations.is_empty() {
            let mut document: serde_json::Value =
                serde_json::from_slice(self.manifest.bytes()).unwrap_or_else(|_| unreachable!("made above"));
            document["annotations"] = json!(annotations);
            self.manifest = manifest(&document);
        }
        self
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> Digest {
        self.manifest.digest()
    }

    /// Puts everything into a repository, reachable by digest, and under each of `tags`.
    pub fn publish(&self, store: &MemoryStore, repository: &str, tags: &[&str]) {
        for child in &self.children {
            child.publish(store, repository, &[]);
        }
        for (digest, blob) in &self.blobs {
            store.insert_blob(repository, *digest, blob.clone());
        }
        store.insert_manifest(repository, &self.digest().into(), self.manifest.clone());
        for tag in tags {
            if let Ok(tag) = tag.parse::<TagOrDigest>() {
                store.insert_manifest(repository, &tag, self.manifest.clone());
            }
        }
    }
}

fn manifest(document: &serde_json::Value) -> RawManifest {
    RawManifest::new(None, document.to_string().into())
        .unwrap_or_else(|error| unreachable!("a manifest made here: {error}"))
}
