//! `dhctl bundle …`

pub(crate) mod convert;
pub(crate) mod inspect;
pub(crate) mod verify;
