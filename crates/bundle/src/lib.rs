//! The bundle: one plain tar of OCI image layouts, whole or in parts (or several, as `d8` makes them), written at planned offsets and
//! read in place. Knows files, no network.

mod archive;
mod archives;
mod convert;
pub mod disk;
pub mod error;
mod finished;
pub mod layout;
mod legacy;
mod lock;
mod modules;
mod names;
mod on_demand;
mod on_media;
mod part_fault;
pub mod progress;
pub mod reader;
mod regular;
mod replace;
mod stream;
mod sum_up;
pub mod sums;
mod tar_header;
pub mod tar_index;
pub mod verify;
mod volumes;
pub mod writer;

pub use archives::archives_in;
pub use convert::{Converted, join, split};
pub use disk::{file_size_limit, free_space, room_for_all};
pub use error::{BundleError, PartFault};
pub use finished::finished;
pub use layout::{BlobEntry, Layout, LayoutError, PlannedBlob, RepositoryContent};
pub use lock::lock;
pub use on_media::{as_spelled, is_archive_name};
pub use progress::Progress;
pub use reader::{Bundle, Repository};
pub use regular::{SpecialFile, open_file, read_file, refuse_special};
pub use replace::remove_unfinished;
pub use sum_up::sum_up;
pub use sums::{FrontierSums, GostSum, GostSums, Streebog};
pub use verify::{Damage, VerifyReport, verify};
pub use writer::Writer;
