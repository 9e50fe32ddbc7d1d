//! How much a registry or a bundle can make this program keep in memory.
//!
//! A full delivery of the platform has about 40 MB of manifests, 40,000 blobs in its repositories, and lists of a few
//! thousand tags.

use std::collections::HashSet;

use oci::{Digest, RawManifest};

use crate::Error;

/// The most bytes of all manifests together, each counted once.
pub const MAX_MANIFESTS: u64 = 256 << 20;

/// The most blobs, counted in each repository.
pub const MAX_BLOBS: usize = 500_000;

/// The most tags in all lists of a registry together.
pub const MAX_LISTED: usize = 1_000_000;

/// The manifests that are kept.
#[derive(Debug, Default)]
pub(crate) struct ManifestTotal {
    counted: HashSet<Digest>,
    bytes: u64,
}

impl ManifestTotal {
    /// Counts a manifest.
    ///
    /// # Errors
    /// [`Error::OverLimit`] above [`MAX_MANIFESTS`].
    pub(crate) fn add(&mut self, manifest: &RawManifest) -> Result<(), Error> {
        if self.counted.insert(manifest.digest()) {
            self.bytes += manifest.bytes().len() as u64;
        }
        check_manifests(self.bytes)
    }
}

/// Whether so many bytes of manifests may be kept.
///
/// # Errors
/// [`Error::OverLimit`] above [`MAX_MANIFESTS`].
pub(crate) fn check_manifests(bytes: u64) -> Result<(), Error> {
    let limit = || format!("{} MiB of manifests", MAX_MANIFESTS >> 20);
    if bytes > MAX_MANIFESTS { Err(Error::OverLimit(limit())) } else { Ok(()) }
}

/// Whether so many blobs may be planned.
///
/// # Errors
/// [`Error::OverLimit`] above [`MAX_BLOBS`].
pub(crate) fn check_blobs(count: usize) -> Result<(), Error> {
    check(count, MAX_BLOBS, "blobs")
}

/// Whether so many tags may be kept.
///
/// # Errors
/// [`Error::OverLimit`] above [`MAX_LISTED`].
pub(crate) fn check_tags(count: usize) -> Result<(), Error> {
    check(count, MAX_LISTED, "tags")
}

fn check(count: usize, limit: usize, what: &'static str) -> Result<(), Error> {
    if count > limit { Err(Error::OverLimit(format!("{limit} {what}"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn manifests_are_counted_once_each() {
        let manifest = |number: u32| {
            let space = " ".repeat(4_000_000);
            let text = format!(r#"{{"schemaVersion":2,"manifests":[],"n":{number}{space}}}"#);
            RawManifest::new(None, Bytes::from(text)).unwrap()
        };
        let mut total = ManifestTotal::default();
        let first = manifest(0);
        for _ in 0..100 {
            total.add(&first).unwrap();
        }
        let refused = (1..100).map(manifest).find_map(|manifest| total.add(&manifest).err()).unwrap();
        assert!(refused.to_string().contains("256 MiB"), "{refused}");
        assert_eq!(total.counted.len(), 68);
    }

    #[test]
    fn counts_have_limits() {
        assert!(check_blobs(MAX_BLOBS).is_ok() && check_tags(MAX_LISTED).is_ok());
        assert!(check_blobs(MAX_BLOBS + 1).unwrap_err().to_string().contains("500000"));
        assert!(check_tags(MAX_LISTED + 1).unwrap_err().to_string().contains("1000000"));
    }
}
