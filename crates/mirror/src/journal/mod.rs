//! What an interrupted pull leaves, so that the next one resumes where it stopped.
//!
//! Next to `d8.tar.partial` is the directory `d8.tar.partial.d` with:
//! - `lock`: held by the pull that runs;
//! - `manifests`: every manifest that planning has read, by digest;
//! - `blobs/HEX`: layers that planning has read, whole or their first bytes;
//! - `plan`: the position of each blob in the partial bundle;
//! - `progress`: how far each blob has come.
//!
//! Nothing in it is believed: manifests and blobs count by their digest only, so a crash at any moment,
//! or a disk that lost its last writes, costs a download and never gives a wrong bundle. Nothing in it
//! knows the address of the source.

mod directory;
mod earlier;
#[cfg(test)]
mod fuzz;
mod manifests;
mod plan_file;
mod progress;
mod salvage;

/// The directory of kept layers.
const BLOBS: &str = "blobs";

/// The name of a kept layer in the journal.
pub(crate) fn blob_name(digest: &oci::Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}

pub use directory::Journal;
pub(crate) use directory::Started;
pub(crate) use earlier::Placed;
pub(crate) use progress::Progress;
