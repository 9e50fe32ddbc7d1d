//! The partial bundle that an earlier run left, as a place to read blobs from.

use std::{collections::HashMap, io, path::Path, sync::Arc};

use bundle::{PrivateDirectory, Writer};
use oci::{BlobSource, Digest};

use super::{
    plan_file::{PlacedBlob, PlanFile},
    progress,
};
use crate::Error;

/// What lies in the partial bundle.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) plan: PlanFile,
    pub(super) writer: Arc<Writer>,
    /// Bytes written of each blob, by its number in the plan.
    pub(super) progress: HashMap<u32, u64>,
}

impl Earlier {
    /// `None` if nothing was left that can be used.
    pub(super) fn open(bundle: &Path, directory: &PrivateDirectory) -> Result<Option<Self>, Error> {
        let Some(plan) = PlanFile::read(directory)? else {
            return Ok(None);
        };
        let mut progress = progress::read(directory)?;
        progress.retain(|number, length| {
            let blob = plan.blobs.get(usize::try_from(*number).unwrap_or(usize::MAX));
            *length > 0 && blob.is_some_and(|blob| *length <= blob.size)
        });
        let writer = Arc::new(Writer::reopen(bundle, plan.size, plan.part_size)?);
        Ok(Some(Self { plan, writer, progress }))
    }

    /// The blobs of which something is there, with the number of bytes.
    pub(super) fn blobs(&self) -> impl Iterator<Item = (&PlacedBlob, u64)> {
        self.progress.iter().filter_map(|(number, length)| {
            Some((self.plan.blobs.get(usize::try_from(*number).ok()?)?, *length))
        })
    }

    /// The first bytes of each blob, to be read in place.
    pub(super) fn sources(&self) -> HashMap<Digest, Placed> {
        let placed = |(blob, length): (&PlacedBlob, u64)| {
            (blob.digest, Placed { writer: self.writer.clone(), offset: blob.offset, size: length })
        };
        self.blobs().map(placed).collect()
    }
}

/// Some bytes in a partial bundle.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) writer: Arc<Writer>,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl BlobSource for Placed {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(buf.len());
        self.writer.read_at(self.offset + offset, &mut buf[..count]).map_err(io::Error::other)?;
        Ok(count)
    }
}
