//! The write test: writes an image under one tag, overwrites it, tries the manifest types of a push, and deletes all of
//! it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use oci::{
    Descriptor, Digest, Platform, RawManifest, Tag, TagOrDigest,
    media_type::{
        DOCKER_CONFIG, DOCKER_LAYER_GZIP, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP,
        OCI_MANIFEST,
    },
};
use serde_json::{Value, json};

use super::{Check, Fact, FailureKind, Leftover, Outcome, Report, TestManifest};
use crate::client::{Error, ErrorKind, Refusal, repository::Repository};

/// The tag that is written.
const TAG: &str = "dhctl-check";

/// A type of config that no registry knows: attestations have such.
const UNKNOWN_CONFIG: &str = "application/vnd.dhctl.check.v1+json";

/// What was written, for the clean-up.
#[derive(Debug, Default)]
struct Written {
    /// In the order in which they were written: an index after its children.
    manifests: Vec<Digest>,
    blobs: BTreeSet<Digest>,
}

/// The content of a test image. `number` makes it different from every other one, so that deleting it deletes nothing
/// else.
struct Content {
    config: Bytes,
    layer: Bytes,
}

/// Runs the test in `repository`. What was written is deleted, whatever fails.
pub(super) async fn run(repository: &Repository, number: u64, report: &mut Report) {
    let content = Content::new(number);
    let mut written = Written::default();
    match write(repository, &content, &mut written).await {
        Ok(overwrite) => {
            let can_go_on = overwrite.is_ok();
            report.add(Check::OverwriteTag, overwrite);
            if can_go_on {
                types(repository, &content, &mut written, report).await;
            }
        }
        Err(error) => report.add_failure(Check::OverwriteTag, error),
    }
    report.add(Check::Cleanup, clean_up(repository, &written).await);
}

/// Writes two images under the same tag, one after the other, and reads the tag back.
async fn write(repository: &Repository, content: &Content, written: &mut Written) -> Result<Outcome, Error> {
    let tag: TagOrDigest = match TAG.parse::<Tag>() {
        Ok(tag) => tag.into(),
        Err(_) => unreachable!("a constant that is a valid tag"),
    };
    for (media_type, bytes) in [(OCI_CONFIG, &content.config), (OCI_LAYER_GZIP, &content.layer)] {
        let blob = descriptor(media_type, bytes);
        let uploaded = repository.upload_blob(&blob, Arc::new(bytes.clone()), None, &|_| ()).await;
        if is_maybe_stored(&uploaded) {
            written.blobs.insert(blob.digest);
        }
        uploaded?;
    }
    for annotation in ["first", "second"] {
        let manifest = content.image(OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP, annotation);
        let put = repository.put_manifest(&tag, &manifest).await;
        if is_maybe_stored(&put) {
            written.manifests.push(manifest.digest());
        }
        put?;
    }
    let read = repository.manifest(&tag).await?;
    Ok(if Some(&read.digest()) == written.manifests.last() {
        Outcome::Ok(Fact::Allowed)
    } else {
        Outcome::Failure(FailureKind::Registry, Fact::OldTag)
    })
}

/// Whether the registry may have stored what it was sent: certainly not if it refused it.
fn is_maybe_stored<T>(sent: &Result<T, Error>) -> bool {
    let refused = |error: &Error| {
        let kind = error.kind();
        matches!(kind, ErrorKind::Refused { .. } | ErrorKind::Denied { .. } | ErrorKind::Unauthorized { .. })
    };
    !sent.as_ref().is_err_and(refused)
}

/// Writes a manifest of each type, by its digest.
async fn types(repository: &Repository, content: &Content, written: &mut Written, report: &mut Report) {
    let image = content.image(OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP, "second");
    let mut accepted = vec![TestManifest::OciImage];
    for (kind, manifest) in [
        (
            TestManifest::DockerImage,
            content.image(DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER_GZIP, "docker"),
        ),
        (TestManifest::Artifact, content.image(OCI_MANIFEST, UNKNOWN_CONFIG, OCI_LAYER_GZIP, "artifact")),
        (TestManifest::OciIndex, content.index(&image)),
    ] {
        match repository.put_manifest(&manifest.digest().into(), &manifest).await {
            Ok(()) => {
                written.manifests.push(manifest.digest());
                accepted.push(kind);
            }
            Err(error) => {
                not_accepted(kind, error, report);
                return;
            }
        }
    }
    report.add(Check::ManifestTypes, Outcome::Ok(Fact::Accepted(accepted)));
}

fn not_accepted(kind: TestManifest, error: Error, report: &mut Report) {
    match error.kind() {
        ErrorKind::Network(_)
        | ErrorKind::Denied { .. }
        | ErrorKind::Unauthorized { .. }
        | ErrorKind::Refused { reason: Refusal::Quota | Refusal::NoSpace, .. } => {
            report.add_failure(Check::ManifestTypes, error);
        }
        reason => {
            let fact = Fact::NotAccepted(kind, reason.to_string());
            report.add(Check::ManifestTypes, Outcome::Failure(FailureKind::Registry, fact));
        }
    }
}

/// Deletes everything that was written, the newest first.
async fn clean_up(repository: &Repository, written: &Written) -> Outcome {
    for digest in written.manifests.iter().rev() {
        if let Err(error) = repository.delete_manifest(digest).await {
            let image = Leftover::Image(format!("{}:{TAG}", repository.full_name()));
            return Outcome::Warning(Fact::NotDeleted(image, error));
        }
    }
    for digest in &written.blobs {
        if let Err(error) = repository.delete_blob(digest).await {
            let blob = Leftover::Blob(repository.blob_name(digest));
            return Outcome::Warning(Fact::NotDeleted(blob, error));
        }
    }
    Outcome::Ok(Fact::Deleted)
}

fn descriptor(media_type: &str, bytes: &Bytes) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        platform: None,
        annotations: BTreeMap::new(),
    }
}

impl Content {
    fn new(number: u64) -> Self {
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": []},
            "comment": format!("written by dhctl registry check, {number}"),
        });
        let layer = format!("written by dhctl registry check, {number}\n");
        Self { config: config.to_string().into(), layer: layer.into() }
    }

    fn image(&self, media_type: &str, config: &str, layer: &str, annotation: &str) -> RawManifest {
        manifest(
            media_type,
            json!({
                "schemaVersion": 2,
                "mediaType": media_type,
                "config": descriptor(config, &self.config),
                "layers": [descriptor(layer, &self.layer)],
                "annotations": {"io.deckhouse.dhctl.check": annotation},
            }),
        )
    }

    fn index(&self, child: &RawManifest) -> RawManifest {
        let platform = Platform { architecture: "amd64".to_owned(), os: "linux".to_owned() };
        let child = Descriptor { platform: Some(platform), ..child.descriptor() };
        manifest(
            OCI_INDEX,
            json!({
                "schemaVersion": 2,
                "mediaType": OCI_INDEX,
                "manifests": [child],
                "annotations": {"io.deckhouse.dhctl.check": Digest::of(&self.layer).to_string()},
            }),
        )
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for this call")]
fn manifest(media_type: &str, value: Value) -> RawManifest {
    RawManifest::new(Some(media_type), value.to_string().into())
        .unwrap_or_else(|_| unreachable!("a valid manifest"))
}
