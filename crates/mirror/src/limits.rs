//! How much a registry or a bundle can make this program keep in memory.
//!
//! A full delivery of the platform has about 40 MB of manifests, 40,000 blobs in its repositories, and lists of a few
//! thousand tags.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::atomic::AtomicUsize,
};

use oci::{Digest, RawManifest};
use parking_lot::Mutex;

use crate::Error;

/// The most bytes of all manifests together, each counted once.
pub const MAX_MANIFESTS: u64 = 256 << 20;

/// The most blobs, counted in each repository.
pub const MAX_BLOBS: usize = 500_000;

/// The most tags in all lists of a registry together.
pub const MAX_LISTED: usize = 1_000_000;

/// The manifests that are kept, each once however often it was read.
#[derive(Debug, Default)]
pub(crate) struct ManifestTotal {
    kept: HashMap<Digest, RawManifest>,
    bytes: u64,
}

impl ManifestTotal {
    /// Counts a manifest, and returns the copy that is kept of it: of equal ones the first.
    ///
    /// # Errors
    /// [`Error::OverLimit`] above [`MAX_MANIFESTS`].
    pub(crate) fn keep(&mut self, manifest: RawManifest) -> Result<RawManifest, Error> {
        match self.kept.entry(manifest.digest()) {
            // Of two media types for the same bytes each reader needs its own.
            Entry::Occupied(kept) if kept.get().media_type() == manifest.media_type() => {
                Ok(kept.get().clone())
            }
            Entry::Occupied(kept) => Ok(manifest.with_bytes_of(kept.get())),
            Entry::Vacant(place) => {
                self.bytes += manifest.bytes().len() as u64;
                if self.bytes > MAX_MANIFESTS {
                    return Err(Error::OverLimit(format!("{} MiB of manifests", MAX_MANIFESTS >> 20)));
                }
                Ok(place.insert(manifest).clone())
            }
        }
    }
}

/// What all sources of one run keep together.
#[derive(Debug, Default)]
pub struct Totals {
    pub(crate) manifests: Mutex<ManifestTotal>,
    /// Tags in all lists.
    pub(crate) tags: AtomicUsize,
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
            total.keep(first.clone()).unwrap();
        }
        let refused = (1..100).map(manifest).find_map(|manifest| total.keep(manifest).err()).unwrap();
        assert!(refused.to_string().contains("256 MiB"), "{refused}");
        assert_eq!(total.kept.len(), 67);
        // Another copy of the same bytes does not take memory of its own.
        let again = total.keep(manifest(0)).unwrap();
        assert_eq!(again.bytes().as_ptr(), first.bytes().as_ptr());
    }

    #[test]
    fn counts_have_limits() {
        assert!(check_blobs(MAX_BLOBS).is_ok() && check_tags(MAX_LISTED).is_ok());
        assert!(check_blobs(MAX_BLOBS + 1).unwrap_err().to_string().contains("500000"));
        assert!(check_tags(MAX_LISTED + 1).unwrap_err().to_string().contains("1000000"));
    }
}
