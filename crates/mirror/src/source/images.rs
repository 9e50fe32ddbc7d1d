//! What the search for images asks of wherever they lie.

use std::{fmt::Debug, future::Future};

use oci::{Descriptor, RawManifest, TagOrDigest};

use super::layers::Kept;
use crate::Error;

/// Images by repository path below a root, and reference.
pub trait Images: Debug + Send + Sync {
    /// The repository's name for a user.
    fn name(&self, path: &str) -> String;

    /// Whether there can be a repository at `path`, which some list names.
    fn accepts(&self, path: &str) -> bool;

    /// The manifest, or `None` if it is certainly not there.
    fn manifest(
        &self,
        path: &str,
        reference: &TagOrDigest,
    ) -> impl Future<Output = Result<Option<RawManifest>, Error>> + Send;

    /// A layer of an image in the repository, its digest checked, or `None` if it is certainly not there.
    fn layer(
        &self,
        path: &str,
        layer: &Descriptor,
    ) -> impl Future<Output = Result<Option<Kept>, Error>> + Send;
}
