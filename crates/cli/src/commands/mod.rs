//! One command a file: from settings to a printed result.

pub(crate) mod bundle;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod mirror;
pub(crate) mod modules;
pub(crate) mod registry;
pub(crate) mod update;
pub(crate) mod version;
