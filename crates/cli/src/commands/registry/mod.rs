//! `dhctl registry`: a file for each command, and what they share.

pub(crate) mod check;
mod clusters;
mod comparison;
pub(crate) mod contents;
pub(crate) mod list;
pub(crate) mod prune;
pub(crate) mod setup;
