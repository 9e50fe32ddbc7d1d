//! The plan that the partial bundle was begun by.

use std::{fs, io, path::Path};

use bundle::Layout;
use oci::Digest;
use serde::{Deserialize, Serialize};

use crate::Error;

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
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        match fs::read(path) {
            Ok(bytes) => {
                let plan = serde_json::from_slice::<Self>(&bytes).ok();
                Ok(plan.filter(|plan| plan.version == VERSION && plan.is_sound()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { path: path.to_owned(), source }),
        }
    }

    /// Written under another name first, so that a plan is there whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::File { path: path.to_owned(), source };
        let bytes = serde_json::to_vec(self).map_err(|error| Error::Internal(error.to_string()))?;
        let fresh = path.with_extension("new");
        fs::write(&fresh, bytes).map_err(failed)?;
        fs::rename(&fresh, path).map_err(failed)
    }

    fn is_sound(&self) -> bool {
        let fits = |blob: &PlacedBlob| blob.offset.checked_add(blob.size).is_some_and(|end| end <= self.size);
        self.blobs.iter().all(fits)
    }
}
