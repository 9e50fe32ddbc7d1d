//! Thin bundles: what earlier deliveries had is left out.

mod complete;
mod proof;
#[cfg(test)]
mod properties;

use std::path::PathBuf;

use bundle::{Base, BaseKind, BlobEntry, Bundle, BundleDigests, HeldBlobs, Thin};

pub use self::complete::FullBundle;
pub(crate) use self::proof::prove_left_out;
use crate::{Contents, Error, inspect::releases};

/// What earlier deliveries had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bases {
    bases: Vec<Base>,
    held: HeldBlobs,
}

impl Bases {
    /// Adds what the bundle in these files had. If it is thin, that includes what it left out: its push has proved that
    /// the target has it.
    ///
    /// # Errors
    /// [`Error::Bundle`] if it cannot be read; [`Error::Incomplete`] if it is damaged.
    pub fn add_bundle(&mut self, paths: &[PathBuf]) -> Result<(), Error> {
        self.add(digests(&Bundle::open(paths)?)?);
        Ok(())
    }

    /// Adds what the bundle had that this file describes.
    pub fn add(&mut self, BundleDigests { releases, blobs, .. }: BundleDigests) {
        self.bases.push(Base { kind: BaseKind::Bundle, sum: blobs.sum(), releases });
        self.held.extend(blobs);
        self.bases.sort();
        self.bases.dedup();
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bases.is_empty()
    }

    /// What a thin bundle with `blobs` leaves out.
    pub(crate) fn leave_out<'a>(&self, blobs: impl Iterator<Item = &'a BlobEntry>) -> Thin {
        let mut left_out = HeldBlobs::default();
        for blob in blobs {
            if let Some(held) = self.held.get(&blob.digest) {
                left_out.add(blob.digest, blob.size, &held.repository);
            }
        }
        Thin { bases: self.bases.clone(), left_out }
    }
}

/// The blobs of a bundle, for a later pull that leaves them out.
///
/// # Errors
/// [`Error::Incomplete`] or [`Error::Bundle`] if the bundle is damaged.
pub fn digests(bundle: &Bundle) -> Result<BundleDigests, Error> {
    let contents = Contents::read(bundle)?;
    let mut blobs = HeldBlobs::default();
    for repository in &contents.repositories {
        for (digest, size) in &repository.blobs {
            blobs.add(*digest, *size, &repository.path);
        }
    }
    let releases = releases(&contents).iter().map(|release| release.as_str().into()).collect();
    Ok(BundleDigests::new(releases, blobs))
}
