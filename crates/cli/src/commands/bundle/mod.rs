//! `dhctl bundle …`

pub(crate) mod complete;
mod convert;
pub(crate) mod digests;
pub(crate) mod inspect;
pub(crate) mod join;
pub(crate) mod missing_parts;
pub(crate) mod split;
mod split_only;
pub(crate) mod verify;
