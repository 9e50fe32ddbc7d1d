//! When a vulnerability database was made.

use oci::{Manifest, RawManifest};
use registry::client::Repository;
use serde::Deserialize;

use crate::Error;

/// The largest configuration that is read, in bytes.
const MAX_CONFIG: u64 = 1024 * 1024;

/// The annotation with the time (OCI image specification, "Pre-Defined Annotation Keys").
const CREATED: &str = "org.opencontainers.image.created";

#[derive(Deserialize)]
struct Annotated {
    #[serde(default)]
    annotations: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Config {
    created: Option<String>,
}

/// The time (RFC 3339) at which the database was made: by the annotation of its manifest, or else by the configuration of
/// the image. `None` if neither says so.
///
/// # Errors
/// Whatever keeps the configuration from being read, other than that it is missing or damaged.
pub(super) async fn created(
    repository: &Repository,
    manifest: &RawManifest,
) -> Result<Option<String>, Error> {
    if let Some(created) = annotated(manifest.bytes()) {
        return Ok(Some(created));
    }
    let Ok(Manifest::Image { config, .. }) = manifest.parse() else { return Ok(None) };
    if config.size > MAX_CONFIG {
        return Ok(None);
    }
    match repository.blob_bytes(&config, MAX_CONFIG).await.map_err(Error::from) {
        Ok(bytes) => Ok(configured(&bytes)),
        // That a blob is missing or damaged is reported by the check of all blobs.
        Err(error) if error.is_bad_content() => Ok(None),
        Err(error) => Err(error),
    }
}

fn annotated(manifest: &[u8]) -> Option<String> {
    serde_json::from_slice::<Annotated>(manifest).ok()?.annotations?.remove(CREATED)
}

fn configured(config: &[u8]) -> Option<String> {
    serde_json::from_slice::<Config>(config).ok()?.created
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_time_is() {
        let time = "2026-11-27T06:12:00Z";
        let manifest = format!(r#"{{"schemaVersion":2,"annotations":{{"{CREATED}":"{time}"}}}}"#);
        assert_eq!(annotated(manifest.as_bytes()).as_deref(), Some(time));
        for none in ["{}", r#"{"annotations":null}"#, r#"{"annotations":{"other":"x"}}"#, "<html>"] {
            assert_eq!(annotated(none.as_bytes()), None, "{none}");
        }
        assert_eq!(configured(format!(r#"{{"created":"{time}"}}"#).as_bytes()).as_deref(), Some(time));
        assert_eq!(configured(b"{}"), None);
    }
}
