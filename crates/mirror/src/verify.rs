//! Reading a target back against a bundle, alone: `mirror verify`.

use crate::{
    Contents, Error, Observer, Stage,
    error::Place,
    read_back::{Depth, Target, read_back},
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
    /// Blobs, counted in every repository.
    pub blobs: usize,
    /// Whether every blob was downloaded and hashed.
    pub deep: bool,
}

impl VerifyReport {
    /// The figures of a target that holds all of `contents`.
    pub fn of(contents: &Contents, depth: Depth) -> Self {
        let sum =
            |count: fn(&crate::contents::Repository) -> usize| contents.repositories.iter().map(count).sum();
        Self {
            repositories: contents.repositories.len(),
            tags: sum(|repository| repository.tags.len()),
            manifests: sum(|repository| repository.manifests.len()),
            blobs: sum(|repository| repository.blobs.len()),
            deep: depth == Depth::Digest,
        }
    }
}

/// Proves that the target holds everything in `contents`.
///
/// # Errors
/// [`Error::Incomplete`] with everything that it lacks; [`Error::Registry`] if it cannot be read.
pub async fn verify(
    contents: &Contents,
    target: &Target,
    depth: Depth,
    observer: &dyn Observer,
) -> Result<VerifyReport, Error> {
    let gaps = read_back(contents, target, depth, Stage::ReadBack, observer).await?;
    if gaps.is_empty() {
        return Ok(VerifyReport::of(contents, depth));
    }
    Err(Error::Incomplete { place: Place::Target, items: gaps.items(contents, &target.root()) })
}
