//! `dhctl mirror …`

pub(crate) mod print_config;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod verify;
