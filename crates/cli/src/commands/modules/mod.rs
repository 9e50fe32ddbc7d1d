//! `dhctl mirror-modules …`

mod bring;
mod cluster_manifest;
mod plan;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod verify;
