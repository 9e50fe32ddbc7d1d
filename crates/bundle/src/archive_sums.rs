//! The GOST sums of an archive that already exists.

use std::{path::Path, thread};

use oci::BlobSource as _;

use crate::{BundleError, GostSums, progress::Progress, stream, sums::SumThread, volumes::Volumes};

/// The GOST sums of the archive `path` as it is, whole or in parts; that of the whole and those of the parts on a
/// thread each. Nothing is written.
///
/// # Errors
/// As [`crate::Bundle::open`]; [`BundleError::Io`], [`BundleError::Cancelled`].
pub fn archive_sums(path: &Path, progress: &dyn Progress) -> Result<GostSums, BundleError> {
    let volumes = Volumes::open(&[path.to_owned()])?;
    progress.began(volumes.size());
    thread::scope(|scope| {
        let thread = |sizes| SumThread::start(scope, sizes).map_err(|error| volumes.failed(error));
        let whole = thread(vec![volumes.size()])?;
        let parts = if volumes.in_parts() { Some(thread(volumes.sizes())?) } else { None };
        stream::blocks(&volumes, 0..volumes.size(), progress, |_, block| {
            for thread in [Some(&whole), parts.as_ref()].into_iter().flatten() {
                thread.send(block);
            }
            Ok(())
        })?;
        Ok(GostSums { whole: whole.finish()[0], parts: parts.map(SumThread::finish).unwrap_or_default() })
    })
}
