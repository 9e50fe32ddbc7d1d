//! One command a file: from settings to a printed result.

pub(crate) mod bundle;
pub(crate) mod completions;
pub(crate) mod config;
mod consent;
pub(crate) mod mirror;
pub(crate) mod modules;
mod registry_probe;
mod registry_questions;
pub(crate) mod update_approve;
pub(crate) mod update_changes;
mod update_cluster;
mod update_clusters;
mod update_delivery;
pub(crate) mod update_doctor;
pub(crate) mod update_kernel;
mod update_left_out;
pub(crate) mod update_plan;
mod update_plan_registry;
pub(crate) mod update_prepare;
pub(crate) mod update_rbac;
pub(crate) mod update_run;
pub(crate) mod update_status;
mod update_wait;
pub(crate) mod update_watch;
pub(crate) mod version;
