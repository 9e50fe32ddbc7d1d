//! `dhctl update` against a real API server.

mod approve;
mod check_images;
mod credential_plugin;
mod disturbed;
mod doctor;
mod hostile;
mod json_lines;
mod kernel;
mod license;
mod newer_modules;
mod packages;
mod plan;
mod plan_registry;
pub(crate) mod platform;
mod prepare;
mod prepare_stopped;
mod promptness;
mod registry_mode;
mod request_faults;
mod rights;
mod run;
mod status;
mod support_bundle;
mod terminal;
mod theatre;
mod watch;
mod watching;
