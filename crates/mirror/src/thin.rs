//! Thin bundles: what earlier deliveries had is left out.

mod complete;
mod held_images;
mod proof;
#[cfg(test)]
mod properties;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use bundle::{Base, BaseKind, BlobEntry, Bundle, BundleDigests, HeldBlobs, Thin};

pub use self::complete::FullBundle;
use self::held_images::HeldImages;
pub(crate) use self::proof::prove_left_out;
use foreign_text::ForeignText;
use oci::Digest;

use crate::{Contents, Error, inspect::releases, source::Source};

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
        self.add_base(BaseKind::Bundle, releases, blobs);
    }

    /// Adds the images that a registry contains, by repository path below the root. The source must have their manifests:
    /// they tell which blobs an image has. Returns the number of images of which the source does not have them, so that
    /// nothing of these is left out.
    ///
    /// # Errors
    /// [`Error::Registry`] if the source cannot be read.
    pub async fn add_registry(
        &mut self,
        source: &Source,
        images: &BTreeMap<String, BTreeSet<Digest>>,
    ) -> Result<usize, Error> {
        let HeldImages { blobs, unknown } = held_images::read(source, images).await?;
        self.add_base(BaseKind::Registry, Vec::new(), blobs);
        Ok(unknown)
    }

    fn add_base(&mut self, kind: BaseKind, releases: Vec<ForeignText>, blobs: HeldBlobs) {
        self.bases.push(Base { kind, sum: blobs.sum(), releases });
        self.bases.sort();
        self.bases.dedup();
        self.held.extend(blobs);
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
