//! One command a file: from settings to a printed result.

pub(crate) mod bundle_convert;
pub(crate) mod bundle_inspect;
mod bundle_run;
pub(crate) mod bundle_verify;
pub(crate) mod completions;
mod delivery;
pub(crate) mod mirror_pull;
pub(crate) mod mirror_push;
pub(crate) mod mirror_verify;
mod modules_manifest;
mod modules_plan;
pub(crate) mod modules_pull;
pub(crate) mod modules_push;
mod promised;
mod size;

pub(crate) use size::human;
