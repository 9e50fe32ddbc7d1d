//! The files next to a bundle: `deckhousereleases.yaml`, and a copy of `dhctl` with its recorded digest.

mod found;
mod own_name;
mod staged;

pub(crate) use found::SideFiles;
pub(crate) use own_name::refuse_own_name;
pub(crate) use staged::{
    BINARY_FILE, BINARY_SUM_FILE, IS_STATIC, SideSizes, StagedFiles, digest_of, files_text, recorded,
    refuse_directories, refuse_directories_of, refuse_directory, refuse_other_files,
};
