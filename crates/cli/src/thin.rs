//! Thin bundles on the command line: the bases of a pull, and what a thin bundle leaves out as text.

use std::path::Path;

use ::bundle::{BaseKind, BundleDigests, BundleError};
use mirror::{Bases, inspect::LeftOut};

use crate::{
    failure::Failure,
    format::{count, human},
    words::list,
};

/// The most releases of a base that are named.
const MOST_RELEASES: usize = 6;

/// Reads what the earlier bundles have. Each path is a bundle, or a file of `dhctl bundle digests`.
pub(crate) fn bases(paths: &[impl AsRef<Path>]) -> Result<Bases, Failure> {
    let mut bases = Bases::default();
    for path in paths.iter().map(AsRef::as_ref) {
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "tar") {
            bases.add_bundle(&[path.to_owned()])?;
        } else {
            bases.add(digests(path)?);
        }
    }
    Ok(bases)
}

fn digests(path: &Path) -> Result<BundleDigests, Failure> {
    let Some(bytes) = ::bundle::read_file(path)? else {
        return Err(BundleError::NotFound { path: path.to_owned(), unfinished: false }.into());
    };
    BundleDigests::parse(&bytes).map_err(|error| {
        Failure::usage(format!("{} {error}", path.display()))
            .hint("name a bundle (.tar), or a file that dhctl bundle digests has written")
    })
}

/// What a thin bundle leaves out, as in `12 blobs (3.4 GiB)`.
pub(crate) fn blobs_text(thin: &LeftOut) -> String {
    format!("{} ({})", count(thin.blobs, "blob"), human(thin.size))
}

/// What has the blobs that a thin bundle leaves out.
pub(crate) fn bases_text(thin: &LeftOut) -> String {
    let bases: Vec<String> = thin
        .bases
        .iter()
        .map(|base| {
            let releases: Vec<String> = base.releases.iter().map(ToString::to_string).collect();
            let name = match base.kind {
                BaseKind::Registry => "the registry of a want list".to_owned(),
                BaseKind::Bundle if releases.is_empty() => "a bundle without releases".to_owned(),
                BaseKind::Bundle => format!("a bundle with {}", list(&releases, MOST_RELEASES)),
            };
            format!("{name} ({})", base.sum)
        })
        .collect();
    bases.join("; ")
}
