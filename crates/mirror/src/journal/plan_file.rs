//! The plan that the partial bundle was begun by.

use std::io::Write as _;

use bundle::{Access, Layout, PrivateDirectory};
use oci::Digest;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The file in the journal.
pub(super) const PLAN: &str = "plan";
/// The same while it is written.
const PLAN_WRITTEN: &str = "plan.new";

/// Version of the format; a file of another version counts as none.
const VERSION: u32 = 1;

/// What must be known of a plan to go on with it, or to take over from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlanFile {
    version: u32,
    /// Identity of the layout.
    pub(super) id: Digest,
    /// Size of the bundle in bytes.
    pub(super) size: u64,
    /// Size of a part in bytes, if the bundle is in parts.
    pub(super) part_size: Option<u64>,
    /// The blobs in the order in which `progress` numbers them.
    pub(super) blobs: Vec<PlacedBlob>,
}

/// A blob and its first place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlacedBlob {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) offset: u64,
}

impl PlanFile {
    pub(super) fn of(layout: &Layout, part_size: Option<u64>) -> Self {
        let blobs = layout.blobs().iter().filter_map(|blob| {
            Some(PlacedBlob { digest: blob.digest, size: blob.size, offset: *blob.offsets.first()? })
        });
        Self { version: VERSION, id: layout.id(), size: layout.size(), part_size, blobs: blobs.collect() }
    }

    /// `None` if there is none that we can read.
    pub(super) fn read(directory: &PrivateDirectory) -> Result<Option<Self>, Error> {
        let bytes = directory.read(PLAN);
        let bytes = bytes.map_err(|source| Error::File { path: directory.path_of(PLAN), source })?;
        Ok(bytes.and_then(|bytes| Self::parse(&bytes)))
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let plan = serde_json::from_slice::<Self>(bytes).ok();
        plan.filter(|plan| plan.version == VERSION && plan.is_sound())
    }

    /// Written under another name first, so that a plan is there whole or not at all.
    pub(super) fn write(&self, directory: &PrivateDirectory) -> Result<(), Error> {
        let bytes = serde_json::to_vec(self).map_err(|error| Error::Internal(error.to_string()))?;
        let write = || {
            directory.remove_file(PLAN_WRITTEN)?;
            directory.open_file(PLAN_WRITTEN, Access::New)?.write_all(&bytes)?;
            directory.rename(PLAN_WRITTEN, PLAN)
        };
        write().map_err(|source| Error::File { path: directory.path_of(PLAN), source })
    }

    fn is_sound(&self) -> bool {
        let fits = |blob: &PlacedBlob| blob.offset.checked_add(blob.size).is_some_and(|end| end <= self.size);
        self.blobs.iter().all(fits)
    }
}
