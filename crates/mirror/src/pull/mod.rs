//! Writing the planned archive: every blob is downloaded once and written at each of its places.

mod adopt;
mod blob;
mod blocking;
mod run;
mod write_back;

pub(crate) use blob::CONTENT_ATTEMPTS;
pub use run::{Destination, PullJob, Written, pull};
