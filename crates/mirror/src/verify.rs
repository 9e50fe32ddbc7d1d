//! Reading a target back against a bundle, alone: `mirror verify`.
//!
//! "Everything in the bundle is there" says nothing of a bundle that has holes itself. So the lists in
//! the bundle are followed too, and the target is asked for whatever they name that the bundle lacks.

use std::collections::BTreeSet;

use bundle::Bundle;

use crate::{
    Contents, Error, Observer, Stage,
    complete::{Completeness, Expected, missing_in_both},
    error::Place,
    read_back::{Depth, Target, all},
    source::{BundleImages, BundleThenTarget},
};

/// What was found in place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// Repositories looked at.
    pub repositories: usize,
    /// Tags that point where they should.
    pub tags: usize,
    /// Manifests with the right digest.
    pub manifests: usize,
    /// Signatures and other objects that the registry lists as attached to an image, as it should.
    pub referrers: usize,
    /// Blobs, counted in every repository.
    pub blobs: usize,
    /// Those of the blobs of which only the size is known, since the registry ignores `Range`.
    pub blobs_by_size: usize,
    /// Whether every blob was downloaded and hashed.
    pub deep: bool,
}

impl VerifyReport {
    /// The figures of a target that holds all of `contents`.
    pub fn of(contents: &Contents, depth: Depth, blobs_by_size: usize) -> Self {
        let sum =
            |count: fn(&crate::contents::Repository) -> usize| contents.repositories.iter().map(count).sum();
        Self {
            repositories: contents.repositories.len(),
            tags: sum(|repository| repository.fixed_tags().count()),
            manifests: sum(crate::contents::Repository::fixed_manifests),
            referrers: sum(|repository| repository.referrers.values().map(BTreeSet::len).sum()),
            blobs: sum(|repository| repository.blobs.len()),
            blobs_by_size,
            deep: depth == Depth::Digest,
        }
    }
}

/// Proves that the target holds everything in the bundle, and all that `found` says is missing in it: what
/// its lists name, and what is `expected` of it. Of images that only
/// the target has, manifests are asked for and no blobs.
///
/// # Errors
/// [`Error::Incomplete`] with everything that the target lacks; [`Error::Registry`] if it cannot be read.
pub async fn verify(
    bundle: &Bundle,
    (contents, found): (&Contents, &Completeness),
    expected: Expected<'_>,
    target: &Target,
    depth: Depth,
    observer: &dyn Observer,
) -> Result<VerifyReport, Error> {
    let mut holes = Vec::new();
    if !found.missing.is_empty() {
        let bundle = BundleImages { bundle, contents };
        let images = BundleThenTarget { bundle, target: target.images() };
        holes = missing_in_both(contents, images, expected).await?;
    }
    let checked = all(contents, target, depth, Stage::ReadBack, observer).await?;
    let gaps = checked.gaps;
    if gaps.is_empty() && holes.is_empty() {
        return Ok(VerifyReport::of(contents, depth, checked.by_size));
    }
    let place = if gaps.is_empty() { Place::TargetAndBundle } else { Place::Target };
    for hole in &mut holes {
        hole.reason += "; also missing in the bundle";
    }
    holes.extend(gaps.items(contents, target));
    Err(Error::Incomplete { place, items: holes })
}
