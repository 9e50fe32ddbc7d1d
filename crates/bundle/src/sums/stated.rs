//! The sums that lie beside a bundle.

use std::path::PathBuf;

use super::{GostSum, read_sum};
use crate::{
    BundleError,
    names::{self, Kind},
    volumes::Volumes,
};

/// What `.gostsum` files say of a bundle.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatedSums {
    /// Of the whole, each with its file: with several directories there may be several.
    pub(crate) whole: Vec<(PathBuf, GostSum)>,
    /// Of parts, by number. Empty for a bundle in one file, whatever lies beside it.
    pub(crate) parts: Vec<(u32, PathBuf, GostSum)>,
}

impl StatedSums {
    /// Reads the sums beside `volumes`, in each of its directories. Sums of parts that are not there are
    /// passed over.
    ///
    /// # Errors
    /// [`BundleError::BadSumFile`] or [`BundleError::Io`].
    pub(crate) fn read(volumes: &Volumes) -> Result<Self, BundleError> {
        let mut stated = Self::default();
        for bundle in volumes.named() {
            let siblings = names::siblings(bundle).map_err(BundleError::io(names::directory(bundle)))?;
            for (kind, path) in siblings {
                let of = path.with_extension("");
                match kind {
                    Kind::Sum => stated.whole.extend(read_sum(&of)?.map(|sum| (path, sum))),
                    Kind::PartSum(number) if volumes.in_parts() && (number as usize) < volumes.count() => {
                        stated.parts.extend(read_sum(&of)?.map(|sum| (number, path, sum)));
                    }
                    _ => {}
                }
            }
        }
        Ok(stated)
    }

    /// Whether nothing is stated.
    pub(crate) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.parts.is_empty()
    }
}
