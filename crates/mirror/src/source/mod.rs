//! The reading side: images whose manifests and layers are each fetched once, from a registry root or
//! from a bundle.

mod blob_stream;
mod bundle_images;
mod found;
mod images;
mod layers;
mod listed_images;
mod manifests;
mod reader;
mod registry_images;
mod tag_lists;

pub(crate) use blob_stream::BlobStream;
pub(crate) use bundle_images::{BundleImages, BundleThenTarget};
pub(crate) use found::{Found, ImageNames, Step};
pub use images::Images;
pub use layers::LayerStore;
pub(crate) use layers::{Kept, KeptFile};
pub(crate) use listed_images::ListedImages;
pub use reader::{Need, Source};
pub(crate) use registry_images::FoundPlugins;
pub use registry_images::RegistryImages;
pub(crate) use tag_lists::TagList;
