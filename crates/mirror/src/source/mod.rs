//! The reading side: one registry root whose manifests and layers are each fetched once.

mod blob_stream;
mod layers;
mod manifests;
mod reader;

pub(crate) use blob_stream::BlobStream;
pub use layers::LayerStore;
pub use reader::{Need, Source};
