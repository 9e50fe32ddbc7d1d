//! From a thin bundle, and what has the blobs that it leaves out, to the full bundle, byte for byte.

use std::{collections::HashSet, iter, path::Path};

use bundle::{Bundle, Converted, Layout, Progress, RepositoryContent, WriteSums};
use oci::Digest;

use crate::{
    Cause, Contents, Error, MissingItem,
    contents::place,
    error::{BaseKinds, Place},
    missing::merge,
    plan::blobs_of,
};

/// The plan of the full bundle that a thin bundle is a part of.
#[derive(Debug)]
pub struct FullBundle(Layout);

impl FullBundle {
    /// Plans it from `thin` and the bundles that have what it leaves out.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with every blob that none of them has, or if `thin` is damaged.
    pub fn plan(thin: &Bundle, bases: &[Bundle]) -> Result<Self, Error> {
        let contents = Contents::read(thin)?;
        let repositories = iter::once(thin).chain(bases).flat_map(Bundle::repositories);
        let here: HashSet<&Digest> = repositories.flat_map(|it| it.blobs.keys()).collect();
        let (mut missing, mut planned) = (Vec::new(), Vec::new());
        for repository in &contents.repositories {
            for digest in repository.blobs.keys().filter(|digest| !here.contains(digest)) {
                missing.push(MissingItem {
                    repository: place(&repository.path).to_owned(),
                    reference: digest.to_string(),
                    wanted_by: repository.users(digest),
                    reason: "the thin bundle leaves it out, and no base has it".to_owned(),
                    cause: Cause::Missing,
                });
            }
            planned.push(RepositoryContent {
                path: repository.path.clone(),
                index: thin.repository(&repository.path).map(|it| it.index.clone()).unwrap_or_default(),
                manifests: repository.manifests.values().cloned().collect(),
                blobs: blobs_of(repository.manifests.values())?,
            });
        }
        if missing.is_empty() {
            Ok(Self(Layout::new(planned)?))
        } else {
            let kinds = thin.thin().map_or(BaseKinds::Bundles, BaseKinds::of);
            Err(Error::Incomplete { place: Place::Bases(kinds), items: merge(missing) })
        }
    }

    /// Writes it into the one file `out`, as [`bundle::assemble`] does. The arguments are those of [`FullBundle::plan`].
    ///
    /// # Errors
    /// As [`bundle::assemble`].
    pub fn write(
        &self,
        (thin, bases): (&Bundle, &[Bundle]),
        out: &Path,
        sums: WriteSums,
        progress: &dyn Progress,
    ) -> Result<Converted, bundle::BundleError> {
        let inputs: Vec<&Bundle> = iter::once(thin).chain(bases).collect();
        bundle::assemble(&self.0, &inputs, out, sums, progress)
    }
}
