//! `dhctl update` against a real API server.

mod approve;
mod disturbed;
mod doctor;
mod kernel;
mod platform;
mod prepare;
mod status;
