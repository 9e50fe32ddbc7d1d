//! `dhctl bundle …`

pub(crate) mod complete;
mod convert;
pub(crate) mod digests;
pub(crate) mod inspect;
pub(crate) mod join;
pub(crate) mod split;
pub(crate) mod verify;
