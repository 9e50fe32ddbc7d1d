//! Content descriptors: type, digest and size of something stored elsewhere.
//!
//! OCI image specification, `descriptor.md`. Fields that this program does not use are ignored when
//! read; nothing that was read is ever written again, raw bytes are kept for that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// A content descriptor. Field order is the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Type of what is described; empty if the writer left it out (`oci-layout` indexes of old tools).
    #[serde(default)]
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// Digest of the content.
    pub digest: Digest,
    /// Platform that an image is for; only in indexes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Free annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Platform of an image in an index. Missing fields read as empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// CPU architecture in Go's naming (`amd64`).
    #[serde(default)]
    pub architecture: String,
    /// Operating system in Go's naming (`linux`).
    #[serde(default)]
    pub os: String,
}

/// Reads `null` as the empty list or map, which writers in Go emit for it.
///
/// # Errors
/// If the value is of another shape.
pub fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
