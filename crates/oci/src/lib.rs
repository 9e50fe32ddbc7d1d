//! The vocabulary of the OCI image and distribution specifications, as plain values.
//!
//! Nothing here does I/O or knows an async runtime. Manifests keep the exact bytes they
//! were read from, because a mirror must never change a digest.

#![forbid(unsafe_code)]

pub mod blob_source;
pub mod descriptor;
pub mod digest;
pub mod layout;
pub mod manifest;
pub mod media_type;
pub mod reference;
pub mod referrer;

pub use blob_source::BlobSource;
pub use descriptor::{Descriptor, Platform};
pub use digest::{Algorithm, Digest, Hasher};
pub use manifest::{Manifest, RawManifest};
pub use reference::{Host, RepositoryName, RepositoryUrl, Tag, TagOrDigest};
pub use referrer::{Referrer, ReferrerDescriptor};
