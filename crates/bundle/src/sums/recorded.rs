//! The GOST sums recorded in files next to a bundle.

use std::path::PathBuf;

use super::{GostSum, read_sum};
use crate::{
    BundleError,
    on_media::{self, Readable},
    volumes::Volumes,
};

/// What `.gostsum` files say of a bundle.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecordedSums {
    /// Of the whole, each with its file: with several directories there may be several.
    pub(crate) whole: Vec<(PathBuf, GostSum)>,
    /// Of parts, by number. Empty for a bundle in one file, whatever is next to it.
    pub(crate) parts: Vec<(u32, PathBuf, GostSum)>,
}

impl RecordedSums {
    /// Reads the sums beside `volumes`, in each of its directories. Sums of parts that are not there are
    /// passed over.
    ///
    /// # Errors
    /// [`BundleError::BadSumFile`], [`BundleError::Ambiguous`] or [`BundleError::Io`].
    pub(crate) fn read(volumes: &Volumes) -> Result<Self, BundleError> {
        let mut stated = Self::default();
        for bundle in volumes.named() {
            for (file, path) in on_media::files_of(bundle)? {
                match file {
                    Readable::Sum => stated.whole.extend(read_sum(&path)?.map(|sum| (path, sum))),
                    Readable::PartSum(number)
                        if volumes.in_parts() && (number as usize) < volumes.count() =>
                    {
                        stated.parts.extend(read_sum(&path)?.map(|sum| (number, path, sum)));
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
