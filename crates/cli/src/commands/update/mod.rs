//! `dhctl update`: a file for each command, and what they share.

pub(crate) mod approve;
mod before_approval;
pub(crate) mod changes;
mod check_images;
mod cluster_registry;
mod clusters;
pub(crate) mod connection;
mod consent;
mod delivery;
pub(crate) mod doctor;
mod documents;
pub(crate) mod kernel;
mod left_out;
pub(crate) mod plan;
mod plan_registry;
pub(crate) mod prepare;
pub(crate) mod rbac;
mod registry_requests;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod support_bundle;
mod wait;
pub(crate) mod want;
pub(crate) mod watch;
