//! One command a file: from settings to a printed result.

pub(crate) mod bundle_convert;
pub(crate) mod bundle_inspect;
mod bundle_run;
pub(crate) mod bundle_verify;
pub(crate) mod completions;
mod config_access;
pub(crate) mod config_docker_cfg;
pub(crate) mod config_init_configuration;
pub(crate) mod config_module_source;
pub(crate) mod config_proxy;
mod consent;
mod delivery;
pub(crate) mod mirror_pull;
pub(crate) mod mirror_push;
pub(crate) mod mirror_verify;
mod modules_manifest;
mod modules_plan;
pub(crate) mod modules_pull;
pub(crate) mod modules_push;
mod promised;
mod pull_archives;
mod registry_probe;
mod size;
pub(crate) mod update_approve;
mod update_changes;
mod update_cluster;
mod update_delivery;
pub(crate) mod update_doctor;
pub(crate) mod update_kernel;
pub(crate) mod update_plan;
pub(crate) mod update_prepare;
pub(crate) mod update_rbac;
pub(crate) mod update_status;

pub(crate) use size::human;
