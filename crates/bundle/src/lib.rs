//! The bundle: one plain tar of OCI image layouts, whole or in parts, written at planned offsets and
//! read in place. Knows files, no network.

pub mod disk;
pub mod error;
pub mod layout;
mod lock;
mod names;
pub mod reader;
mod replace;
pub mod sums;
mod tar_header;
pub mod tar_index;
mod volumes;
pub mod writer;

pub use disk::{file_size_limit, free_space};
pub use error::BundleError;
pub use layout::{BlobEntry, Layout, LayoutError, PlannedBlob, RepositoryContent};
pub use lock::lock;
pub use reader::{Bundle, Repository};
pub use sums::{GostSum, GostSums, Streebog};
pub use writer::Writer;
