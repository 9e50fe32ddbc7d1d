//! The bundle: one plain tar of OCI image layouts, whole or in parts (or several, as `d8` makes them), written at planned offsets and
//! read in place. Knows files, no network.

#![forbid(unsafe_code)]

mod archive;
mod archive_sums;
mod archives;
mod assemble;
mod convert;
pub mod disk;
pub mod document;
pub mod error;
mod finished;
pub mod held;
pub mod layout;
mod legacy;
mod lock;
mod modules;
mod names;
mod not_ours;
mod on_demand;
mod on_media;
pub mod owned;
mod part_fault;
pub mod parts;
pub mod private_directory;
pub mod progress;
pub mod reader;
mod regular;
mod replace;
mod special_file;
mod spelling;
mod stream;
pub mod sums;
mod tar_header;
pub mod tar_index;
pub mod thin;
pub mod verify;
mod volumes;
mod write_error;
pub mod writer;

pub use archive_sums::archive_sums;
pub use archives::archives_in;
pub use assemble::assemble;
pub use convert::{Converted, WriteSums, join, split};
pub use disk::{file_size_limit, free_space, room_for_all};
pub use document::DocumentError;
pub use error::{BundleError, PartFault};
pub use finished::finished;
pub use gost_hash::Streebog;
pub use held::{BundleDigests, HeldBlob, HeldBlobs};
pub use layout::{BlobEntry, Layout, LayoutError, PlannedBlob, RepositoryContent};
pub use lock::{lock, lock_in};
pub use names::{archive_of, part as part_name};
pub use not_ours::NotOurs;
pub use on_media::{as_spelled, is_archive_name};
pub use parts::{MissingParts, PartsRequest, missing_parts, split_only};
pub use private_directory::{Access, PrivateDirectory};
pub use progress::Progress;
pub use reader::{Bundle, Repository, Stored};
pub use regular::{open_file, read_file, refuse_special};
pub use replace::{earlier, remove_unfinished};
pub use special_file::SpecialFile;
pub use sums::{FrontierSums, GostSum, GostSums};
pub use thin::{Base, BaseKind, Thin};
pub use verify::{Damage, VerifyReport, verify};
pub use writer::Writer;
