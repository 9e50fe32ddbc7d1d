//! From a bundle into a target registry, and the proof that it arrived.

mod absent;
mod blobs;
mod index_image;
mod inventory;
mod layers;
mod mount_rule;
mod older;
pub(crate) mod order;
mod referrers;
mod run;

pub use run::{PushOptions, PushReport, Pushed, push};
