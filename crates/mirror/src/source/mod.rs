//! The reading side: one registry root whose manifests and layers are each fetched once.

mod layers;
mod manifests;
mod reader;

pub use layers::LayerStore;
pub(crate) use layers::Stream as BlobStream;
pub use reader::{Need, Source};
