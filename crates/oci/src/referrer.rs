//! Manifests that are attached to others: signatures, attestations, SBOMs.
//!
//! OCI image specification 1.1, `subject` and `artifactType`; OCI distribution specification 1.1, "Listing Referrers" and
//! "Referrers Tag Schema".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Descriptor, Digest, RawManifest, Tag, media_type};

/// The most characters of each half of a referrers tag.
const MAX_ALGORITHM: usize = 32;
const MAX_ENCODED: usize = 64;

/// What a manifest says about itself as something that is attached to another manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referrer {
    /// The manifest that it is attached to.
    pub subject: Option<Digest>,
    /// What it is: its `artifactType`, or the type of its configuration. Empty if it says neither.
    pub artifact_type: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    subject: Option<Subject>,
    artifact_type: Option<String>,
    config: Option<Typed>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Subject {
    digest: Digest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    #[serde(default)]
    media_type: String,
}

/// A descriptor in a list of referrers. Field order is the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferrerDescriptor {
    #[serde(flatten)]
    descriptor: Descriptor,
    #[serde(skip_serializing_if = "String::is_empty")]
    artifact_type: String,
}

impl Referrer {
    /// What `manifest` says. A manifest whose fields for this have another form says nothing.
    pub fn of(manifest: &RawManifest) -> Self {
        let Ok(fields) = serde_json::from_slice::<Fields>(manifest.bytes()) else { return Self::default() };
        let of_config = fields.config.map(|config| config.media_type);
        let artifact_type = fields.artifact_type.filter(|it| !it.is_empty()).or(of_config);
        Self {
            subject: fields.subject.map(|subject| subject.digest),
            artifact_type: artifact_type.unwrap_or_default(),
            annotations: fields.annotations.unwrap_or_default(),
        }
    }
}

impl ReferrerDescriptor {
    /// The descriptor that a list of referrers has of `manifest`: with its type as an artifact and its annotations.
    pub fn of(manifest: &RawManifest) -> Self {
        let Referrer { artifact_type, annotations, .. } = Referrer::of(manifest);
        let artifact_type = if manifest.is_index() { String::new() } else { artifact_type };
        Self { descriptor: Descriptor { annotations, ..manifest.descriptor() }, artifact_type }
    }
}

/// The tag under which clients keep the list of what is attached to `subject`, in a registry without the referrers API:
/// an index. `None` for a digest that gives no tag.
pub fn referrers_tag(subject: &Digest) -> Option<Tag> {
    let encoded = subject.hex();
    let short = |text: &str, limit: usize| text.chars().take(limit).collect::<String>();
    let algorithm = short(subject.algorithm().name(), MAX_ALGORITHM);
    format!("{algorithm}-{}", short(&encoded, MAX_ENCODED)).parse().ok()
}

/// The manifest whose referrers this tag lists; `None` for any other tag. That of a digest which does not fit into a tag
/// (`sha512`) cannot be known from the tag alone.
pub fn subject_of_tag(tag: &str) -> Option<Digest> {
    let (algorithm, encoded) = tag.split_once('-')?;
    format!("{algorithm}:{encoded}").parse().ok()
}

/// The bytes of an index with these descriptors, which are JSON objects.
pub fn index_of(manifests: &[serde_json::Value]) -> Vec<u8> {
    let index = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": manifests,
    });
    index.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn manifest(text: &serde_json::Value) -> RawManifest {
        RawManifest::new(None, Bytes::from(text.to_string())).unwrap()
    }

    #[test]
    fn what_a_manifest_says() {
        let (subject, config) = (Digest::of(b"subject"), Digest::of(b"{}"));
        let config = serde_json::json!({"mediaType": "application/x.config", "size": 2, "digest": config});
        let plain = manifest(&serde_json::json!({"schemaVersion": 2, "config": config, "layers": []}));
        let expected = Referrer { artifact_type: "application/x.config".to_owned(), ..Referrer::default() };
        assert_eq!(Referrer::of(&plain), expected);
        let attached = manifest(&serde_json::json!({
            "schemaVersion": 2,
            "artifactType": "application/x.signature",
            "config": config,
            "layers": [],
            "subject": {"mediaType": media_type::OCI_MANIFEST, "size": 1, "digest": subject},
            "annotations": {"a": "b"},
        }));
        let said = Referrer::of(&attached);
        assert_eq!((said.subject, said.artifact_type.as_str()), (Some(subject), "application/x.signature"));
        let written = serde_json::to_value(ReferrerDescriptor::of(&attached)).unwrap();
        let expected = serde_json::json!({
            "mediaType": media_type::OCI_MANIFEST,
            "size": attached.bytes().len(),
            "digest": attached.digest(),
            "annotations": {"a": "b"},
            "artifactType": "application/x.signature",
        });
        assert_eq!(written, expected);
        let odd =
            manifest(&serde_json::json!({"schemaVersion": 2, "config": config, "layers": [], "subject": 7}));
        assert_eq!(Referrer::of(&odd), Referrer::default());
    }

    #[test]
    fn tags_of_lists() {
        let digest = Digest::of(b"x");
        let tag = referrers_tag(&digest).unwrap();
        assert_eq!(tag.as_str(), format!("sha256-{}", digest.hex()));
        assert_eq!(subject_of_tag(tag.as_str()), Some(digest));
        for other in ["v1.58.3", "sha256-0a", "early-access", &digest.hex()] {
            assert_eq!(subject_of_tag(other), None, "{other}");
        }
        assert_eq!(subject_of_tag(&format!("{tag}.sig")), None);
    }
}
