//! `dhctl update` against a real API server.

mod approve;
mod disturbed;
mod doctor;
mod kernel;
mod plan;
mod plan_registry;
mod platform;
mod prepare;
mod promptness;
mod run;
mod status;
mod terminal;
mod theatre;
mod watch;
mod watching;
