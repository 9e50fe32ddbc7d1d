//! Filling the planned archive: every blob is fetched once and written at each of its places.

mod adopt;
mod blocking;
mod fill;
mod run;
mod write_back;

pub(crate) use fill::CONTENT_ATTEMPTS;
pub use run::{Destination, Written, pull};
