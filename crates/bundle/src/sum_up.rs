//! Summing up an archive that lies there already, without its being written again.

use std::{path::Path, thread};

use oci::BlobSource as _;

use crate::{BundleError, GostSums, progress::Progress, stream, sums::Lane, volumes::Volumes};

/// The GOST sums of the archive `path` as it is, whole or in parts; that of the whole and those of the parts on a
/// thread each. Nothing is written.
///
/// # Errors
/// As [`crate::Bundle::open`]; [`BundleError::Io`], [`BundleError::Cancelled`].
pub fn sum_up(path: &Path, progress: &dyn Progress) -> Result<GostSums, BundleError> {
    let volumes = Volumes::open(&[path.to_owned()])?;
    progress.began(volumes.size());
    thread::scope(|scope| {
        let lane = |sizes| Lane::start(scope, sizes).map_err(|error| volumes.failed(error));
        let whole = lane(vec![volumes.size()])?;
        let parts = if volumes.in_parts() { Some(lane(volumes.sizes())?) } else { None };
        stream::blocks(&volumes, 0..volumes.size(), progress, |_, block| {
            for lane in [Some(&whole), parts.as_ref()].into_iter().flatten() {
                lane.send(block);
            }
            Ok(())
        })?;
        Ok(GostSums { whole: whole.finish()[0], parts: parts.map(Lane::finish).unwrap_or_default() })
    })
}
