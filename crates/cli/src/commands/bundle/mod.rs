//! `dhctl bundle …`

mod convert;
pub(crate) mod inspect;
pub(crate) mod join;
pub(crate) mod split;
pub(crate) mod verify;
