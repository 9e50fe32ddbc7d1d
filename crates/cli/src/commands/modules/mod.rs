//! `dhctl mirror-modules …`

mod cluster_manifest;
pub(crate) mod pull;
mod pull_manifest;
pub(crate) mod push;
pub(crate) mod verify;
