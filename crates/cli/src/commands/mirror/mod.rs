//! `dhctl mirror …`

pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod verify;
