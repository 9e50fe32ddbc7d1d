//! `dhctl registry`

pub(crate) mod check;
