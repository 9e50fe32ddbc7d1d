//! What a registry contains of the platform, and whether it is complete against its own lists, without a bundle.
//!
//! The tags of the registry say where to begin and nothing else. Releases, channels and versions of modules are followed
//! by the steps that a pull plans by: every manifest is read, and of every blob the last byte. So "complete" means that
//! a cluster can pull everything that the release names.

mod database;
mod lists;
mod objects;
mod one_release;
mod read;
mod report;
#[cfg(test)]
mod tests;

pub use objects::Use;
pub use one_release::{ReleaseContents, ReleaseGap, read_release};
pub use read::{Request, read};
pub use report::{
    Absent, ChannelHolding, ComponentHolding, DatabaseHolding, Holdings, ReleaseHolding, Totals,
    VersionHolding,
};

pub(crate) use lists::lists;
pub(crate) use read::{others, where_channels_point};
